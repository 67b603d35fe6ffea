import type { SignedGrant } from "./signed/url-signer.ts"
import type { ByteSpan } from "./store.ts"

/** What can be stored. A stream is read once, a piece at a time. */
export type Body = Uint8Array | ArrayBuffer | string | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

/** Who may read an object without being asked who they are. */
export type Visibility = "private" | "public"

/** What is known of an object. */
export interface StoredObject {
  readonly key: string
  readonly sizeBytes: number
  /** Tells one state of the object from another. Without quotes; opaque. */
  readonly etag: string
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly visibility: Visibility
  readonly modified: Date
  /** In hex. Absent where the object was put there by other means, or on S3 in parts. */
  readonly sha256?: string
}

/** An object and its bytes, on their way. Read `body` to its end or cancel it: it holds a file or a connection. */
export interface OpenedObject {
  readonly object: StoredObject
  /** The bytes that `body` has, of the object's: all of them without a range. */
  readonly range: ByteSpan
  readonly body: ReadableStream<Uint8Array>
}

/** A condition of a write. */
export interface WriteCondition {
  /** `*`: only if there is no object under the key. */
  readonly ifNoneMatch?: "*"
  /** Only if the object is in this state. */
  readonly ifMatch?: string
}

export interface PutOptions extends WriteCondition {
  /** Default: a Blob's own, or by the key's extension, or `application/octet-stream`. */
  readonly contentType?: string
  /** Names of letters, digits and `-` in lower case; at most 2,048 bytes altogether. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Default `private`. */
  readonly visibility?: Visibility
  /** The SHA-256 that the bytes must have, in hex. */
  readonly sha256?: string
  /** The most bytes this body may have. Default: the storage's `maxObjectBytes`. */
  readonly maxBytes?: number
  /** Stops the work; nothing is stored then. */
  readonly signal?: AbortSignal
}

/** How {@link Storage.add} names an object. */
export type ObjectNames =
  | "uuid"
  | "timestamp"
  | "hash"
  | "original"
  | ((facts: { readonly originalName: string; readonly extension: string }) => string)

export interface AddOptions extends Omit<PutOptions, "ifMatch" | "ifNoneMatch"> {
  /**
   * `uuid` (default): random, so that nobody guesses one. `timestamp`: in the order they came. `hash`: by content, so that
   * the same bytes are kept once. `original`: the name it came with, made harmless, and refused when it is taken. Or your own.
   */
  readonly names?: ObjectNames
  /** The prefix to put it under, without a slash behind it. Default: none. */
  readonly folder?: string
  /** The name it had where it came from; its extension is used. */
  readonly originalName?: string
}

export interface ReadOptions {
  /** The first byte to read, and one past the last. A negative `start` counts from the end. */
  readonly range?: { readonly start: number; readonly end?: number }
  /** Hold the bytes against the object's checksum; not with a range. A mismatch fails the read at its end. */
  readonly verify?: boolean
  /** Only if the object is in this state. */
  readonly ifMatch?: string
  readonly signal?: AbortSignal
}

export interface GetOptions extends ReadOptions {
  /** The most bytes to take into memory. Default 64 MiB. */
  readonly maxBytes?: number
}

export interface CopyOptions extends WriteCondition {
  /** Default: those of the object that is copied. So for the others. */
  readonly metadata?: Readonly<Record<string, string>>
  readonly contentType?: string
  readonly visibility?: Visibility
}

export interface ListOptions {
  /** Only keys that begin with this, which may end within a segment. */
  readonly prefix?: string
  /** `/` lists one folder: what lies deeper is told by its prefix alone. */
  readonly delimiter?: "/"
  /** How many objects and prefixes together, 1 to 1,000. Default 100. */
  readonly limit?: number
  /** Of the page before. */
  readonly cursor?: string
}

/** One page of a list, in the order of the keys' bytes. */
export interface ObjectPage {
  readonly objects: readonly ListedObject[]
  /** With a delimiter: folders, each with its slash. */
  readonly prefixes: readonly string[]
  /** For the next page; absent when this is the last. */
  readonly cursor?: string
}

/** What a list tells of an object. */
export type ListedObject = Pick<StoredObject, "key" | "sizeBytes" | "etag" | "modified">

export interface SignOptions {
  /** What the holder of the address may do. Default `GET`. */
  readonly method?: "GET" | "PUT"
  /** From now. 1 second to 7 days; default 15 minutes. */
  readonly expiresInSeconds?: number
  /** For `GET`: the browser saves the object under this name. */
  readonly download?: string
  /** For `PUT`: the content type that must be sent. Default: any. */
  readonly contentType?: string
  /** For `PUT` where the app serves the address: the most bytes. S3 knows no such limit in an address, and refuses the option. */
  readonly maxBytes?: number
}

/** Bounds of a scope. */
export interface Quota {
  /** The most bytes of all objects under the prefix together. */
  readonly maxBytes?: number
  /** The most objects under it. */
  readonly maxObjects?: number
}

/**
 * Objects under keys. Whatever it is kept in, a write is all or nothing, and is as durable as `storageGuarantees` says when its
 * promise resolves; the last of two concurrent writes wins, whole.
 */
export interface Storage {
  /** Opens what is behind it, so that a mistake shows at the start. Else it is opened at the first use. */
  ready(): Promise<void>
  /**
   * Stores an object, or replaces it.
   * @throws {STORAGE_KEY_INVALID} {STORAGE_TOO_LARGE} {STORAGE_QUOTA_EXCEEDED} {STORAGE_PRECONDITION_FAILED} {STORAGE_FULL}
   * @throws {STORAGE_CHECKSUM_MISMATCH} {STORAGE_KEY_CONFLICT} {STORAGE_OPTION_INVALID} {STORAGE_FAILED} {STORAGE_CLOSED}
   */
  put(key: string, body: Body, options?: PutOptions): Promise<StoredObject>
  /**
   * Stores an object under a name of its own; never replaces another, but for `hash`, where it is the same.
   * @throws as `put`.
   */
  add(body: Body, options?: AddOptions): Promise<StoredObject>
  /**
   * All bytes of an object, or of a range.
   * @throws {STORAGE_NOT_FOUND} {STORAGE_TOO_LARGE} beyond `maxBytes`: use `stream`. {STORAGE_RANGE_INVALID}
   * @throws {STORAGE_CHECKSUM_MISMATCH} {STORAGE_CHECKSUM_UNKNOWN} with `verify`. {STORAGE_PRECONDITION_FAILED} {STORAGE_FAILED}
   */
  get(key: string, options?: GetOptions): Promise<Uint8Array<ArrayBuffer>>
  /** The same as text, which must be UTF-8. @throws as `get`. */
  text(key: string, options?: GetOptions): Promise<string>
  /**
   * An object and its bytes as they come, nothing read ahead of who reads.
   * @throws {STORAGE_NOT_FOUND} {STORAGE_RANGE_INVALID} {STORAGE_PRECONDITION_FAILED} {STORAGE_FAILED}
   */
  stream(key: string, options?: ReadOptions): Promise<OpenedObject>
  /** What is known of an object; undefined when there is none. @throws {STORAGE_FAILED} */
  head(key: string): Promise<StoredObject | undefined>
  exists(key: string): Promise<boolean>
  /** Changes what is said of an object, not its bytes. @throws {STORAGE_NOT_FOUND} {STORAGE_PRECONDITION_FAILED} */
  update(key: string, options: Omit<CopyOptions, "ifNoneMatch">): Promise<StoredObject>
  /** @throws {STORAGE_NOT_FOUND} {STORAGE_PRECONDITION_FAILED} (of the target) {STORAGE_QUOTA_EXCEEDED} */
  copy(from: string, to: string, options?: CopyOptions): Promise<StoredObject>
  /** Copies, then deletes: who looks meanwhile may see both, and never none. @throws as `copy`. */
  move(from: string, to: string, options?: CopyOptions): Promise<StoredObject>
  /** Deletes objects; one that is not there is no mistake. */
  delete(keys: string | readonly string[]): Promise<void>
  list(options?: ListOptions): Promise<ObjectPage>
  /** All pages of a list, one object after the other. */
  all(options?: Pick<ListOptions, "prefix">): AsyncIterable<ListedObject>
  /**
   * An address for those who may read or write this one object until it ends, whoever they are.
   * @throws {STORAGE_SIGNING_MISSING} {STORAGE_OPTION_INVALID}
   */
  signedUrl(key: string, options?: SignOptions): Promise<string>
  /**
   * What the holder of a signed address may do, where the app serves them; `storageRoutes` of `@ashlar/storage/http` does.
   * @throws {STORAGE_SIGNATURE_INVALID} {STORAGE_SIGNING_MISSING}
   */
  checkSignedUrl(method: string, key: string, query: URLSearchParams): SignedGrant
  /** The address of a public object. It is not asked whether it is there. @throws {STORAGE_SIGNING_MISSING} */
  publicUrl(key: string): string
  /**
   * The objects under a prefix, as a storage of their own: no key leads out of it, and none shows what is outside.
   * @throws {STORAGE_KEY_INVALID}
   * @example const files = storage.at(`tenants/${tenant.id}`, { maxBytes: 5 * 2 ** 30 })
   */
  at(prefix: string, quota?: Quota): Storage
  /** Closes what is behind it, for all scopes. */
  close(): Promise<void>
}
