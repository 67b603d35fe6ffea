import { type Clock, systemClock } from "@ashlar/core"
import { StorageClosed } from "./errors.ts"
import { DEFAULT_MAX_OBJECT_BYTES, type SigningOptions, type StorageOptions } from "./options.ts"
import { createUrlSigner, type UrlSigner } from "./signed/url-signer.ts"
import type { ObjectStore } from "./store.ts"

/** What all scopes of one open storage share. */
export class Core {
  readonly clock: Clock
  readonly maxObjectBytes: number
  readonly quotaRefreshMs: number
  /** Of addresses that the app serves; absent where there is no secret. */
  readonly signer: UrlSigner | undefined
  readonly #open: () => Promise<ObjectStore>
  #opening: Promise<ObjectStore> | undefined
  #closing: Promise<void> | undefined
  /** Set once it is open. */
  store: ObjectStore | undefined

  constructor(open: () => Promise<ObjectStore>, options: StorageOptions) {
    this.#open = open
    this.clock = options.clock ?? systemClock
    this.maxObjectBytes = options.maxObjectBytes ?? DEFAULT_MAX_OBJECT_BYTES
    this.quotaRefreshMs = options.quotaRefreshMs ?? 60_000
    this.signer = signerOf(options.signing, this.clock)
  }

  /** @throws {STORAGE_CLOSED} and what the driver throws. */
  use(): Promise<ObjectStore> {
    if (this.#closing !== undefined) return Promise.reject(new StorageClosed("The storage was closed."))
    this.#opening ??= this.#connect()
    return this.#opening
  }

  async #connect(): Promise<ObjectStore> {
    try {
      this.store = await this.#open()
      return this.store
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      const store = await this.#opening?.catch(() => undefined)
      await store?.close()
    })()
    return this.#closing
  }
}

function signerOf(signing: SigningOptions | undefined, clock: Clock): UrlSigner | undefined {
  return signing === undefined ? undefined : createUrlSigner(signing, clock)
}
