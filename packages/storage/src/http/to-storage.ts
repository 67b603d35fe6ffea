import { systemClock } from "@ashlar/core"
import {
  StorageFull as HttpStorageFull,
  type IncomingFile,
  UploadNameTaken,
  type UploadTarget,
  type UploadWriter,
} from "@ashlar/http/uploads"
import { StorageFull, StorageOptionInvalid, StoragePreconditionFailed } from "../errors.ts"
import { nameObject } from "../object-name.ts"
import type { ObjectNames, Storage, StoredObject, Visibility } from "../storage.ts"

export interface ToStorageOptions {
  /** As `storage.add` names objects, but for `hash`: the name must be there before the bytes are. Default `uuid`. */
  readonly names?: Exclude<ObjectNames, "hash">
  /** The prefix of objects, without a slash behind it. */
  readonly folder?: string
  /** Default `private`. */
  readonly visibility?: Visibility
  /** What is said of an object beside its bytes. Default: its original name, as `original-name`. */
  readonly metadata?: (file: IncomingFile) => Readonly<Record<string, string>>
}

/** What a handler gets of a file in a storage. */
export interface StoredInStorage {
  readonly object: StoredObject
}

/** Where files wait for the rest of their form. */
const INCOMING = "incoming"

/**
 * Puts the files of a form, or a body that is a file, into a storage, as they come: nothing is gathered on the way. An object stands
 * under `incoming/` until the whole form is there, and gets its key then; of a form that is not taken nothing stays.
 *
 * @throws {HTTP_STORAGE_FULL} {HTTP_UPLOAD_NAME_TAKEN} and what `storage.put` throws.
 * @example const photos = uploads({ target: toStorage(storage, { folder: "photos" }), files: { photo: { types: ["image/*"] } } })
 */
export function toStorage(storage: Storage, options: ToStorageOptions = {}): UploadTarget<StoredInStorage> {
  const { names = "uuid", folder = "", visibility = "private", metadata = originalName } = options
  if ((names as ObjectNames) === "hash")
    throw new StorageOptionInvalid('Expected `names` other than "hash": an upload has its name before its bytes.')
  return {
    open(file) {
      const facts = { originalName: plainName(file), clock: systemClock }
      const name = nameObject(names, facts)
      const key = folder === "" ? name : `${folder}/${name}`
      const about = { contentType: file.type, visibility, metadata: metadata(file) }
      return new StorageWriter(storage, { name, key, about })
    },
  }
}

/** The extension is that of the content, never the sender's alone. */
function plainName({ originalName, extension }: IncomingFile): string {
  const stem = originalName.replace(/\.[A-Za-z0-9]{1,12}$/, "")
  return extension === "" ? originalName : stem + extension
}

function originalName({ originalName }: IncomingFile): Record<string, string> {
  return { "original-name": originalName }
}

interface Destination {
  readonly name: string
  readonly key: string
  readonly about: {
    readonly contentType: string
    readonly visibility: Visibility
    readonly metadata: Readonly<Record<string, string>>
  }
}

class StorageWriter implements UploadWriter<StoredInStorage> {
  readonly name: string
  readonly #storage: Storage
  readonly #destination: Destination
  readonly #incoming: string = `${INCOMING}/${crypto.randomUUID()}`
  readonly #pipe: Pipe = new Pipe()
  readonly #stop = new AbortController()
  /** Settles with what became of the put: its error, when it failed. */
  readonly #put: Promise<{ readonly error: unknown } | undefined>
  #isCommitted = false
  #isDiscarded = false

  constructor(storage: Storage, destination: Destination) {
    this.name = destination.name
    this.#storage = storage
    this.#destination = destination
    this.#put = storage
      .put(this.#incoming, this.#pipe, { contentType: destination.about.contentType, signal: this.#stop.signal })
      .then(
        () => undefined,
        (error: unknown) => {
          this.#pipe.fail(error)
          return { error }
        },
      )
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#pipe.write(chunk).catch(refuseFull)
  }

  async end(): Promise<void> {
    this.#pipe.end()
    const failure = await this.#put
    if (failure !== undefined) refuseFull(failure.error)
  }

  async commit(): Promise<StoredInStorage> {
    const { key, about } = this.#destination
    try {
      const object = await this.#storage.move(this.#incoming, key, { ...about, ifNoneMatch: "*" })
      this.#isCommitted = true
      return { object }
    } catch (cause) {
      if (!(cause instanceof StoragePreconditionFailed)) throw cause
      throw new UploadNameTaken(`A file named ${JSON.stringify(this.name)} is stored already`, { cause })
    }
  }

  async discard(): Promise<void> {
    if (this.#isDiscarded) return
    this.#isDiscarded = true
    this.#stop.abort(new DOMException("The upload was given up", "AbortError"))
    this.#pipe.end()
    await this.#put
    await this.#storage.delete(this.#isCommitted ? [this.#incoming, this.#destination.key] : [this.#incoming])
  }
}

function refuseFull(cause: unknown): never {
  if (cause instanceof StorageFull) throw new HttpStorageFull(undefined, { cause })
  throw cause
}

/** Turns writes into something to read, one piece at a time: a write resolves when the reader asks for the next piece. */
class Pipe implements AsyncIterable<Uint8Array> {
  #piece: Uint8Array | undefined
  #isEnded = false
  #failure: { readonly error: unknown } | undefined
  #wakeReader: (() => void) | undefined
  #wakeWriter: (() => void) | undefined

  async write(chunk: Uint8Array): Promise<void> {
    this.#check()
    this.#piece = chunk
    this.#wakeReader?.()
    await new Promise<void>((resolve) => {
      this.#wakeWriter = resolve
    })
    this.#check()
  }
  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
  end(): void {
    this.#isEnded = true
    this.#wakeReader?.()
    this.#wakeWriter?.()
  }
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.#wakeWriter?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#piece === undefined && !this.#isEnded)
        await new Promise<void>((resolve) => {
          this.#wakeReader = resolve
        })
      const piece = this.#piece
      if (piece === undefined) return
      yield piece
      // Asked for the next one: the last is written or copied.
      this.#piece = undefined
      this.#wakeWriter?.()
    }
  }
}
