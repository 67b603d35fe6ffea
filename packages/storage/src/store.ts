import type { CopyOptions, ListedObject, SignOptions, StoredObject, Visibility, WriteCondition } from "./storage.ts"

/** Bytes of an object: the first, and one past the last. */
export interface ByteSpan {
  readonly start: number
  readonly end: number
}

/** What a range asks for, before the size is known: see {@link resolveSpan}. */
export interface WantedRange {
  readonly start: number
  readonly end?: number
}

/** What is stored beside the bytes. */
export interface PutFacts extends WriteCondition {
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly visibility: Visibility
  /** What the caller says the bytes have. */
  readonly sha256: string | undefined
  readonly signal: AbortSignal | undefined
}

/** The bytes of a put, and what is known of them when they have come. */
export interface Incoming {
  /** Read once, to its end; what it throws ends the put, and is thrown by it as it is. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** The SHA-256 of all that came, in hex. To be called after the end. Throws when it is not what it must be. */
  readonly finish: () => string
}

export interface Opened {
  readonly object: StoredObject
  readonly range: ByteSpan
  readonly chunks: AsyncIterable<Uint8Array>
  /** Checksums of the whole object, in hex, of which a reader may check one. */
  readonly checksums: Checksums
  /** Lets go of what it holds, also when nothing was read. */
  readonly cancel: () => Promise<void>
}

export interface Checksums {
  readonly sha256?: string
  readonly crc32c?: string
  readonly crc32?: string
}

export interface StorePage {
  readonly objects: readonly ListedObject[]
  readonly prefixes: readonly string[]
  /** Whatever continues the list; absent at its end. */
  readonly next?: string
}

export interface StoreList {
  readonly prefix: string
  readonly delimiter: "/" | undefined
  readonly limit: number
  readonly after: string | undefined
}

/**
 * What keeps objects. Keys, options and ranges come checked. MUST throw errors of this package alone: STORAGE_FAILED with the
 * cause for what it cannot tell.
 */
export interface ObjectStore {
  /**
   * MUST be all or nothing, also when the process is killed: a reader finds the former object, with what was said of it, or
   * the new one. MUST NOT leave anything visible when `chunks` throws, and MUST take away what it wrote. MUST weigh the
   * condition when the object appears, not only before. MUST hold no more of the body in memory than it says in `bufferBytes`.
   */
  put(key: string, incoming: Incoming, facts: PutFacts): Promise<StoredObject>
  /** Undefined when there is none. MUST read the one state that `object` tells of, whatever is written meanwhile. */
  open(key: string, range: WantedRange | undefined, ifMatch: string | undefined): Promise<Opened | undefined>
  head(key: string): Promise<StoredObject | undefined>
  /** MUST be all or nothing. From and to may be the same key: then what is said of it changes. Undefined when there is none. */
  copy(from: string, to: string, changes: CopyOptions): Promise<StoredObject | undefined>
  /** MUST NOT fail for those that are not there. */
  delete(keys: readonly string[]): Promise<void>
  /** MUST be in the order of the keys' bytes, each once, whatever is written between two pages. */
  list(list: StoreList): Promise<StorePage>
  /** Absent where the app has to serve addresses. */
  readonly signer?: StoreSigner
  close(): Promise<void>
}

export interface StoreSigner {
  sign(key: string, options: Required<Pick<SignOptions, "method" | "expiresInSeconds">> & SignOptions): Promise<string>
  publicUrl(key: string): string
}
