import { randomBytes } from "node:crypto"
import { audited } from "../audit.ts"
import { encodeContext, type KeyContext } from "../context.ts"
import { CiphertextInvalid, CryptoLimitReached, KeyUseRefused } from "../errors.ts"
import { wipe } from "../wipe.ts"
import { isMac, isSame, isSignature, macWith, type PublicJwk, signWith, verifyWith } from "./algorithms.ts"
import type { KeyCore } from "./core.ts"
import {
  DATA_KEY,
  type Format,
  MESSAGE,
  openMessage,
  readHead,
  sealMessage,
  unwrapDataKey,
  wrapDataKey,
} from "./envelope.ts"
import type { KeyRecord, KeyUse } from "./key.ts"
import type { DataKey, KeyOperations, PublicKey, Signature } from "./keys.ts"
import { checkUse, checkVersion } from "./use-check.ts"

const MAX_PLAIN_BYTES = 64 * 1024 * 1024

/** What one caller does with the keys of one tenant. */
export class LiveOperations implements KeyOperations {
  readonly tenant: string
  protected readonly core: KeyCore
  readonly #caller: string | null

  constructor(core: KeyCore, tenant: string, caller: string | null) {
    this.core = core
    this.tenant = tenant
    this.#caller = caller
  }

  async encrypt(name: string, plain: Uint8Array | string, context: KeyContext): Promise<Uint8Array> {
    return await this.#use({ name, use: "encrypt", context }, (record) => this.#seal(record, toBytes(plain), context))
  }
  async #seal(record: KeyRecord, plain: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    if (plain.length > MAX_PLAIN_BYTES)
      throw new CryptoLimitReached(`Expected at most ${MAX_PLAIN_BYTES} bytes, got ${plain.length}. Use a data key.`)
    const aad = encodeContext(context)
    return await this.core.dataKeys.seal(
      record,
      () => this.core.reserve(record),
      ({ bytes, wrapped, nonce }) => sealMessage(bytes, { wrapped, nonce, plain, context: aad }),
    )
  }

  async decrypt(name: string, sealed: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    return await this.#use({ name, use: "decrypt", context }, (record) => this.#open(record, sealed, context))
  }
  async decryptText(name: string, sealed: Uint8Array, context: KeyContext): Promise<string> {
    const plain = await this.decrypt(name, sealed, context)
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(plain)
  }
  async #open(record: KeyRecord, sealed: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    const aad = encodeContext(context)
    const version = this.#versionOf(record, sealed, MESSAGE)
    return await this.core.dataKeys.open(record, version, sealed, (key) => openMessage(key, sealed, aad))
  }
  /** What it says of itself leads to a key; that it is true is proven by opening it. */
  #versionOf(record: KeyRecord, sealed: Uint8Array, format: Format): number {
    const head = readHead(sealed)
    if (head.keyId !== record.id || head.format !== format) throw new CiphertextInvalid()
    checkVersion(record, head.version)
    return head.version
  }

  async rewrap(name: string, sealed: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    return await this.#use({ name, use: "decrypt", context }, async (record) => {
      this.#check(record, "encrypt", context)
      const plain = await this.#open(record, sealed, context)
      try {
        return await this.#seal(record, plain, context)
      } finally {
        wipe(plain)
      }
    })
  }
  async isOld(name: string, sealed: Uint8Array): Promise<boolean> {
    this.core.checkOpen()
    const { keyId, version } = readHead(sealed)
    const record = await this.core.records.find(this.tenant, name)
    if (keyId !== record.id) throw new CiphertextInvalid()
    return version < record.current
  }

  async generateDataKey(name: string, context: KeyContext): Promise<DataKey> {
    return await this.#use({ name, use: "data-key", context }, async (found) => {
      const aad = encodeContext(context)
      const record = await this.core.reserve(found)
      const plain = randomBytes(32)
      const to = { format: DATA_KEY, keyId: record.id, version: record.current, context: aad } as const
      const wrapped = await this.core.material.use(record, record.current, (key) => wrapDataKey(key, plain, to))
      return { plain: new Uint8Array(plain.buffer, plain.byteOffset, plain.length), wrapped }
    })
  }
  async generateWrappedDataKey(name: string, context: KeyContext): Promise<Uint8Array> {
    const { plain, wrapped } = await this.generateDataKey(name, context)
    wipe(plain)
    return wrapped
  }
  async openDataKey(name: string, wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array> {
    return await this.#use({ name, use: "decrypt", context }, async (record) => {
      const aad = encodeContext(context)
      const version = this.#versionOf(record, wrapped, DATA_KEY)
      return await this.core.material.use(record, version, (key) => unwrapDataKey(key, wrapped, aad))
    })
  }

  async sign(name: string, data: Uint8Array | string): Promise<Signature> {
    return await this.#use({ name, use: "sign" }, async (record) => {
      if (!isSignature(record.algorithm)) throw new KeyUseRefused()
      const pair = await this.core.material.pair(record, record.current)
      return { bytes: await signWith(record.algorithm, pair, toBytes(data)), version: record.current }
    })
  }
  async verify(name: string, data: Uint8Array | string, { bytes, version }: Signature): Promise<boolean> {
    return await this.#use({ name, use: "verify" }, async (record) => {
      if (!isSignature(record.algorithm)) throw new KeyUseRefused()
      checkVersion(record, version)
      const { publicKey } = await this.core.material.pair(record, version)
      return await verifyWith(record.algorithm, publicKey, { data: toBytes(data), signature: bytes })
    })
  }
  async mac(name: string, data: Uint8Array | string): Promise<Signature> {
    return await this.#use({ name, use: "mac" }, async (record) => {
      const bytes = await this.#mac(record, record.current, toBytes(data))
      return { bytes, version: record.current }
    })
  }
  async verifyMac(name: string, data: Uint8Array | string, { bytes, version }: Signature): Promise<boolean> {
    return await this.#use({ name, use: "verify" }, async (record) => {
      checkVersion(record, version)
      return isSame(await this.#mac(record, version, toBytes(data)), bytes)
    })
  }
  async #mac(record: KeyRecord, version: number, data: Uint8Array): Promise<Uint8Array> {
    const { algorithm } = record
    if (!isMac(algorithm)) throw new KeyUseRefused()
    return await this.core.material.use(record, version, (key) => macWith(algorithm, key, data))
  }
  async publicKeys(name: string): Promise<readonly PublicKey[]> {
    return await this.#use({ name, use: "verify" }, async (record) => {
      if (!isSignature(record.algorithm)) throw new KeyUseRefused()
      const all: PublicKey[] = []
      for (const { version, material } of record.versions.toReversed()) {
        if (version < record.minimum || material === null) continue
        const { jwk, pem } = await this.core.material.pair(record, version)
        const named: PublicJwk = { ...jwk, kid: `${record.id}.${version}` }
        all.push({ version, jwk: named, pem })
      }
      return all
    })
  }

  #check(record: KeyRecord, use: KeyUse, context: KeyContext | undefined): void {
    const wish = { use, caller: this.#caller, nowMs: this.core.clock.now() }
    checkUse(record, context === undefined ? wish : { ...wish, context })
  }

  async #use<T>(
    { name, use, context }: { readonly name: string; readonly use: KeyUse; readonly context?: KeyContext },
    work: (record: KeyRecord) => Promise<T>,
  ): Promise<T> {
    this.core.checkOpen()
    const { tenant } = this
    let version: number | null = null
    const about = { atMs: this.core.clock.now(), action: `key.${use}`, tenant, name, caller: this.#caller }
    const run = async (): Promise<T> => {
      const record = await this.core.records.find(tenant, name)
      version = record.current
      this.#check(record, use, context)
      return await work(record)
    }
    if (this.core.auditUses)
      return await audited(
        this.core.audit,
        {
          ...about,
          get version() {
            return version
          },
        },
        run,
      )
    return await run()
  }
}

function toBytes(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? Buffer.from(data) : data
}
