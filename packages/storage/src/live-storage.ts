import { createHash, randomUUID } from "node:crypto"
import { contentTypeOf } from "@ashlar/core/files"
import { gather, toPieces, toStream } from "./body.ts"
import { checkedChunks } from "./checked-read.ts"
import type { Core } from "./core.ts"
import {
  StorageChecksumMismatch,
  StorageNotFound,
  StorageOptionInvalid,
  StoragePreconditionFailed,
  StorageSigningMissing,
} from "./errors.ts"
import { toIncoming, tooLarge } from "./incoming.ts"
import { checkKey, checkPrefix } from "./key.ts"
import { nameObject } from "./object-name.ts"
import {
  checkFacts,
  checkList,
  checkPut,
  checkQuota,
  checkRead,
  checkSign,
  checkWhole,
  DEFAULT_SIGNED_SECONDS,
} from "./options.ts"
import type { SignedGrant } from "./signed/url-signer.ts"
import type {
  AddOptions,
  Body,
  CopyOptions,
  GetOptions,
  ListedObject,
  ListOptions,
  ObjectPage,
  OpenedObject,
  PutOptions,
  Quota,
  ReadOptions,
  SignOptions,
  Storage,
  StoredObject,
} from "./storage.ts"
import type { Opened } from "./store.ts"
import { type Reservation, Usage } from "./usage.ts"

const DEFAULT_GET_BYTES = 64 * 1024 * 1024
const DEFAULT_PAGE = 100
/** As many as S3 deletes at once. */
const DELETE_BATCH = 1_000

/** What callers see: keys within a scope, bounds, checksums and names, the same over every store. */
export class LiveStorage implements Storage {
  readonly #core: Core
  /** Empty, or with its slash. */
  readonly #prefix: string
  /** Of this scope and of those around it. */
  readonly #usages: readonly Usage[]

  constructor(core: Core, prefix: string, usages: readonly Usage[]) {
    this.#core = core
    this.#prefix = prefix
    this.#usages = usages
  }

  async ready(): Promise<void> {
    await this.#core.use()
  }

  async put(key: string, body: Body, options: PutOptions = {}): Promise<StoredObject> {
    const full = this.#key(key)
    checkPut(options)
    options.signal?.throwIfAborted()
    const { chunks, sizeBytes, type } = toPieces(body)
    const store = await this.#core.use()
    const maxBytes = Math.min(options.maxBytes ?? this.#core.maxObjectBytes, this.#core.maxObjectBytes)
    if (sizeBytes !== undefined && sizeBytes > maxBytes) throw tooLarge(maxBytes)
    const room = await this.#reserve(full)
    try {
      const { sha256, signal } = options
      const incoming = toIncoming(chunks, { maxBytes, sha256, signal, reserve: (bytes) => room.bytes(bytes) })
      const { metadata = {}, visibility = "private", ifMatch, ifNoneMatch } = options
      const contentType = options.contentType ?? (type || contentTypeOf(full))
      checkFacts({ contentType })
      const condition = { ...(ifMatch !== undefined && { ifMatch }), ...(ifNoneMatch !== undefined && { ifNoneMatch }) }
      const facts = { contentType, metadata, visibility, sha256, signal, ...condition }
      const stored = await store.put(full, incoming, facts)
      room.done()
      return this.#shown(stored)
    } finally {
      room.undo()
    }
  }

  async add(
    body: Body,
    { names = "uuid", folder, originalName = "", ...options }: AddOptions = {},
  ): Promise<StoredObject> {
    const prefix = folder === undefined || folder === "" ? "" : `${folder}/`
    const facts = { originalName, clock: this.#core.clock }
    const contentType = options.contentType ?? (body instanceof Blob && body.type !== "" ? body.type : undefined)
    const full = { ...options, contentType: contentType ?? contentTypeOf(originalName) }
    if (names !== "hash") return await this.put(prefix + nameObject(names, facts), body, { ...full, ifNoneMatch: "*" })
    if (typeof body === "string" || body instanceof Uint8Array) {
      const sha256 = createHash("sha256").update(body).digest("hex")
      if (options.sha256 !== undefined && options.sha256 !== sha256) throw new StorageChecksumMismatch()
      return await this.#addOnce(prefix + nameObject("hash", { ...facts, sha256 }), (key) =>
        this.put(key, body, { ...full, ifNoneMatch: "*" }),
      )
    }
    // The name is known when all of it has come: until then it stands under another one.
    const stored = await this.put(`${prefix}incoming-${randomUUID()}`, body, { ...full, ifNoneMatch: "*" })
    try {
      const sha256 = stored.sha256!
      return await this.#addOnce(prefix + nameObject("hash", { ...facts, sha256 }), (key) =>
        this.copy(stored.key, key, { ifNoneMatch: "*" }),
      )
    } finally {
      await this.delete(stored.key)
    }
  }

  async #addOnce(key: string, store: (key: string) => Promise<StoredObject>): Promise<StoredObject> {
    try {
      return await store(key)
    } catch (error) {
      if (!(error instanceof StoragePreconditionFailed)) throw error
      const same = await this.head(key)
      if (same === undefined) throw error
      return same
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    const { maxBytes = DEFAULT_GET_BYTES } = options
    checkWhole("maxBytes", maxBytes, 0, Number.MAX_SAFE_INTEGER)
    const opened = await this.#open(key, options)
    const sizeBytes = opened.range.end - opened.range.start
    if (sizeBytes > maxBytes) {
      await opened.cancel()
      throw tooLarge(maxBytes)
    }
    return await gather(opened.chunks, sizeBytes)
  }

  async text(key: string, options?: GetOptions): Promise<string> {
    return new TextDecoder().decode(await this.get(key, options))
  }

  async stream(key: string, options: ReadOptions = {}): Promise<OpenedObject> {
    const { object, range, chunks, cancel } = await this.#open(key, options)
    return { object: this.#shown(object), range, body: toStream(chunks, cancel) }
  }

  async #open(key: string, options: ReadOptions): Promise<Opened> {
    const full = this.#key(key)
    checkRead(options)
    options.signal?.throwIfAborted()
    const store = await this.#core.use()
    const opened = await store.open(full, options.range, options.ifMatch)
    if (opened === undefined) throw notFound(key)
    try {
      const checked = options.verify === true ? checkedChunks(opened) : opened.chunks
      return { ...opened, chunks: abortable(checked, options.signal) }
    } catch (error) {
      await opened.cancel()
      throw error
    }
  }

  async head(key: string): Promise<StoredObject | undefined> {
    const full = this.#key(key)
    const found = await (await this.#core.use()).head(full)
    return found === undefined ? undefined : this.#shown(found)
  }

  async exists(key: string): Promise<boolean> {
    return (await this.head(key)) !== undefined
  }

  async update(key: string, options: Omit<CopyOptions, "ifNoneMatch">): Promise<StoredObject> {
    const full = this.#key(key)
    checkFacts(options)
    const updated = await (await this.#core.use()).copy(full, full, options)
    if (updated === undefined) throw notFound(key)
    return this.#shown(updated)
  }

  async copy(from: string, to: string, options: CopyOptions = {}): Promise<StoredObject> {
    const [source, target] = [this.#key(from), this.#key(to)]
    if (source === target)
      throw new StorageOptionInvalid(
        "Expected another key to copy to. To change what is said of an object use `update`.",
      )
    checkFacts(options)
    checkPut(options)
    const store = await this.#core.use()
    const found = this.#usages.length === 0 ? undefined : await store.head(source)
    const room = await this.#reserve(target)
    try {
      if (found !== undefined) room.bytes(found.sizeBytes)
      const copied = await store.copy(source, target, options)
      if (copied === undefined) throw notFound(from)
      room.done()
      return this.#shown(copied)
    } finally {
      room.undo()
    }
  }

  async move(from: string, to: string, options: CopyOptions = {}): Promise<StoredObject> {
    const moved = await this.copy(from, to, options)
    await this.delete(from)
    return moved
  }

  async delete(keys: string | readonly string[]): Promise<void> {
    const full = (typeof keys === "string" ? [keys] : keys).map((key) => this.#key(key))
    const store = await this.#core.use()
    try {
      for (let at = 0; at < full.length; at += DELETE_BATCH) await store.delete(full.slice(at, at + DELETE_BATCH))
    } finally {
      for (const usage of this.#usages) usage.forget()
    }
  }

  async list(options: ListOptions = {}): Promise<ObjectPage> {
    const { prefix = "", delimiter, limit = DEFAULT_PAGE, cursor } = options
    checkPrefix(prefix)
    checkList(options)
    const store = await this.#core.use()
    const after = cursor === undefined ? undefined : this.#openCursor(cursor)
    const page = await store.list({ prefix: this.#prefix + prefix, delimiter, limit, after })
    return {
      objects: page.objects.map((object) => ({ ...object, key: this.#inner(object.key) })),
      prefixes: page.prefixes.map((one) => this.#inner(one)),
      ...(page.next !== undefined && { cursor: Buffer.from(this.#inner(page.next)).toString("base64url") }),
    }
  }

  /** A cursor is where the last page ended, in this scope: one that is made up leads to no other. */
  #openCursor(cursor: string): string {
    const key = Buffer.from(cursor, "base64url").toString()
    if (key === "" || Buffer.from(key).toString("base64url") !== cursor)
      throw new StorageOptionInvalid("Expected `cursor` to be the one of a page before.")
    return this.#prefix + key
  }

  async *all({ prefix = "" }: Pick<ListOptions, "prefix"> = {}): AsyncGenerator<ListedObject> {
    let cursor: string | undefined
    do {
      const page = await this.list({ prefix, limit: 1_000, ...(cursor !== undefined && { cursor }) })
      yield* page.objects
      cursor = page.cursor
    } while (cursor !== undefined)
  }

  async signedUrl(key: string, options: SignOptions = {}): Promise<string> {
    const full = this.#key(key)
    checkSign(options)
    const { method = "GET", expiresInSeconds = DEFAULT_SIGNED_SECONDS } = options
    const { signer } = await this.#core.use()
    if (signer !== undefined) return await signer.sign(full, { ...options, method, expiresInSeconds })
    if (this.#core.signer === undefined) throw new StorageSigningMissing()
    const expires = Math.floor(this.#core.clock.now() / 1000) + expiresInSeconds
    const { download, contentType, maxBytes } = options
    return this.#core.signer.sign({ method, key: full, expires, download, contentType, maxBytes })
  }

  checkSignedUrl(method: string, key: string, query: URLSearchParams): SignedGrant {
    const full = this.#key(key)
    if (this.#core.signer === undefined) throw new StorageSigningMissing()
    return { ...this.#core.signer.verify(method, full, query), key }
  }

  publicUrl(key: string): string {
    const full = this.#key(key)
    const signer = this.#core.store?.signer ?? this.#core.signer
    if (signer === undefined) throw new StorageSigningMissing()
    return signer.publicUrl(full)
  }

  at(prefix: string, quota?: Quota): Storage {
    const full = this.#key(prefix)
    checkQuota(quota)
    const { quotaRefreshMs, clock } = this.#core
    const own = quota === undefined ? [] : [new Usage(`${full}/`, quota, quotaRefreshMs, clock)]
    return new LiveStorage(this.#core, `${full}/`, [...this.#usages, ...own])
  }

  close(): Promise<void> {
    return this.#core.close()
  }

  #key(key: string): string {
    checkKey(key)
    if (this.#prefix === "") return key
    const full = this.#prefix + key
    checkKey(full) // together they may be too long
    return full
  }
  #inner(key: string): string {
    return key.slice(this.#prefix.length)
  }
  #shown(object: StoredObject): StoredObject {
    return this.#prefix === "" ? object : { ...object, key: this.#inner(object.key) }
  }

  /** Room in every quota around the key. */
  async #reserve(key: string): Promise<Reservation> {
    if (this.#usages.length === 0) return NO_RESERVATION
    const store = await this.#core.use()
    const replacedBytes = (await store.head(key))?.sizeBytes
    const rooms: Reservation[] = []
    try {
      for (const usage of this.#usages) rooms.push(await usage.begin(store, replacedBytes))
    } catch (error) {
      for (const room of rooms) room.undo()
      throw error
    }
    return {
      bytes: (count) => {
        for (const room of rooms) room.bytes(count)
      },
      done: () => {
        for (const room of rooms) room.done()
      },
      undo: () => {
        for (const room of rooms) room.undo()
      },
    }
  }
}

const NO_RESERVATION: Reservation = { bytes: () => undefined, done: () => undefined, undo: () => undefined }

function notFound(key: string): InstanceType<typeof StorageNotFound> {
  return new StorageNotFound(`There is no object ${JSON.stringify(key)}.`)
}

async function* abortable(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    yield chunk
  }
}
