import { createHash, randomBytes } from "node:crypto"
import { readFile } from "node:fs/promises"
import type { DriverUrl } from "@ashlar/core"
import { encodeContext } from "../context.ts"
import {
  CryptoClosed,
  RootKeyInvalid,
  RootKeyMissing,
  RootKeyRefused,
  RootKeyUnavailable,
  UnwrapFailed,
} from "../errors.ts"
import type { Attribute, Handle, Mechanism, Pkcs11, Pkcs11Package } from "./pkcs11-module.ts"
import { CK, loadModule, problemOf } from "./pkcs11-module.ts"
import type { RootKey } from "./root-key.ts"

export interface Pkcs11Options {
  readonly "module-path": string
  readonly "pin-value": string | undefined
  readonly "pin-source": string | undefined
  readonly create: boolean
}

/** By another name than a literal, for those who compile without it. */
const PACKAGE: string = "pkcs11js"
/** version (1), nonce (12), ciphertext with its tag */
const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The driver with its binding, which is loaded before anything is opened. */
export async function load(): Promise<{ readonly open: (url: DriverUrl, options: Pkcs11Options) => Promise<RootKey> }> {
  const loaded: { readonly default?: Partial<Pkcs11Package> } & Partial<Pkcs11Package> = await import(PACKAGE)
  const PKCS11 = loaded.PKCS11 ?? loaded.default?.PKCS11
  if (PKCS11 === undefined) throw new RootKeyInvalid("Expected the package pkcs11js to bring PKCS11.")
  return { open: (url, options) => openPkcs11(url, options, { PKCS11 }) }
}

/**
 * `pkcs11:token=app;object=root?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin`: an AES key of 256 bits in a
 * hardware module, which does the encryption itself (`CKM_AES_GCM`). `create=true` makes the key when it is missing: sensitive, and
 * not extractable. The PIN is in a file, in a variable (`pin-source=env:NAME`), or in the URL.
 *
 * @see RFC 7512 (the URI scheme; of its attributes `token` and `object` are understood)
 */
export async function openPkcs11(url: DriverUrl, options: Pkcs11Options, binding: Pkcs11Package): Promise<RootKey> {
  const place = parsePlace(url)
  const token = new Token(loadModule(binding, options["module-path"]), place, await readPin(options))
  token.open()
  token.findKey(options.create)
  return {
    id: `pkcs11:${createHash("sha256").update(`${place.token}\0${place.object}`).digest("hex").slice(0, 16)}`,
    async wrap(key, context) {
      const nonce = randomBytes(NONCE_BYTES)
      return Buffer.concat([Buffer.of(VERSION), nonce, token.encrypt(key, mechanism(nonce, encodeContext(context)))])
    },
    async unwrap(wrapped, context) {
      const aad = encodeContext(context)
      if (wrapped.length <= 1 + NONCE_BYTES + TAG_BYTES || wrapped.length > 8_192 || wrapped[0] !== VERSION)
        throw new UnwrapFailed()
      const nonce = Buffer.from(wrapped.subarray(1, 1 + NONCE_BYTES))
      return token.decrypt(wrapped.subarray(1 + NONCE_BYTES), mechanism(nonce, aad))
    },
    async close() {
      token.close()
    },
  }
}

interface Place {
  readonly token: string
  readonly object: string
}

function parsePlace(url: DriverUrl): Place {
  const parts = new Map(url.name.split(";").map((part) => [part.split("=", 1)[0]!, part.slice(part.indexOf("=") + 1)]))
  const [token, object] = [parts.get("token"), parts.get("object")]
  if (url.host !== undefined || !token || !object || parts.size !== 2 || Buffer.byteLength(token) > 32)
    throw new RootKeyInvalid(`Expected pkcs11:token=name;object=name?module-path=…, got ${url}.`)
  return { token, object }
}

async function readPin(options: Pkcs11Options): Promise<string> {
  const source = options["pin-source"]
  if ((source === undefined) === (options["pin-value"] === undefined))
    throw new RootKeyInvalid("Expected either `pin-source=file:path`, `pin-source=env:NAME` or `pin-value`.")
  if (source === undefined) return options["pin-value"] ?? ""
  if (source.startsWith("env:")) {
    const pin = process.env[source.slice(4)]
    if (!pin) throw new RootKeyRefused(`Expected the PIN in the variable ${source.slice(4)}, which is not set.`)
    return pin
  }
  try {
    return (await readFile(source.replace(/^file:(\/\/(?=\/))?/, ""), "utf8")).replace(/\r?\n$/, "")
  } catch (cause) {
    throw new RootKeyRefused("The file with the PIN cannot be read.", { cause })
  }
}

function mechanism(iv: Buffer, aad: Buffer): Mechanism {
  const parameter = { type: CK.PARAMS_AES_GCM, iv, aad, ivBits: 8 * NONCE_BYTES, tagBits: 8 * TAG_BYTES }
  return { mechanism: CK.AES_GCM, parameter }
}

/** A session with a token, opened anew when the module lost it. Calls are synchronous, so two never mix. */
class Token {
  readonly #module: Pkcs11
  readonly #place: Place
  readonly #pin: string
  #session: Handle | undefined
  #key: Handle | undefined
  #isClosed = false

  constructor(module: Pkcs11, place: Place, pin: string) {
    this.#module = module
    this.#place = place
    this.#pin = pin
  }

  open(): void {
    this.#do(() => {
      const slot = this.#module
        .C_GetSlotList(true)
        .find((one) => this.#module.C_GetTokenInfo(one).label.trimEnd() === this.#place.token)
      if (slot === undefined) throw new RootKeyMissing(`No token has the label "${this.#place.token}".`)
      const session = this.#module.C_OpenSession(slot, CK.SERIAL_SESSION | CK.RW_SESSION)
      try {
        this.#module.C_Login(session, CK.USER, this.#pin)
      } catch (error) {
        if (problemOf(error) !== CK.USER_ALREADY_LOGGED_IN) throw error
      }
      this.#session = session
    })
  }

  findKey(create: boolean): void {
    this.#do(() => {
      const session = this.#need(this.#session)
      const own: Attribute[] = [
        { type: CK.CLASS, value: CK.SECRET_KEY },
        { type: CK.KEY_TYPE, value: CK.AES },
        { type: CK.LABEL, value: this.#place.object },
      ]
      this.#module.C_FindObjectsInit(session, own)
      const found = this.#module.C_FindObjects(session, 2)
      this.#module.C_FindObjectsFinal(session)
      if (found.length > 1) throw new RootKeyInvalid(`Two keys of the token have the label "${this.#place.object}".`)
      this.#key = found[0] ?? (create ? this.#make(session, own) : undefined)
      if (this.#key === undefined)
        throw new RootKeyMissing(`The token has no AES key "${this.#place.object}". Add &create=true for a new one.`)
    })
  }

  #make(session: Handle, own: readonly Attribute[]): Handle {
    return this.#module.C_GenerateKey(session, { mechanism: CK.AES_KEY_GEN }, [
      ...own,
      ...[CK.TOKEN, CK.PRIVATE, CK.SENSITIVE, CK.ENCRYPT, CK.DECRYPT].map((type) => ({ type, value: true })),
      { type: CK.EXTRACTABLE, value: false },
      { type: CK.VALUE_LEN, value: 32 },
    ])
  }

  encrypt(plain: Uint8Array, how: Mechanism): Uint8Array {
    return this.#withKey((session, key) => {
      this.#module.C_EncryptInit(session, how, key)
      return this.#module.C_Encrypt(session, toBuffer(plain), Buffer.alloc(plain.length + TAG_BYTES))
    })
  }
  decrypt(sealed: Uint8Array, how: Mechanism): Uint8Array {
    return this.#withKey((session, key) => {
      this.#module.C_DecryptInit(session, how, key)
      const room = Buffer.alloc(sealed.length)
      try {
        return Uint8Array.from(this.#module.C_Decrypt(session, toBuffer(sealed), room))
      } catch (error) {
        // What modules say of a tag that is not right: the standard's words, or a general error.
        if (CK.DECRYPT_PROBLEMS.includes(problemOf(error))) throw new UnwrapFailed()
        throw error
      } finally {
        room.fill(0)
      }
    })
  }

  #withKey<T>(work: (session: Handle, key: Handle) => T): T {
    if (this.#isClosed) throw new CryptoClosed("The root key was closed.")
    const once = (): T => this.#do(() => work(this.#need(this.#session), this.#need(this.#key)))
    try {
      return once()
    } catch (error) {
      if (!(error instanceof RootKeyUnavailable)) throw error
      this.open()
      this.findKey(false)
      return once()
    }
  }
  #need(handle: Handle | undefined): Handle {
    if (handle === undefined) throw new CryptoClosed("The root key was closed.")
    return handle
  }

  #do<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      const problem = problemOf(error)
      if (problem === undefined) throw error
      if (CK.LOGIN_PROBLEMS.includes(problem)) throw new RootKeyRefused("The token refused the PIN.", { cause: error })
      if (CK.SESSION_PROBLEMS.includes(problem))
        throw new RootKeyUnavailable("The token is away, or ended the session.", { cause: error })
      throw new RootKeyRefused(`The token answered 0x${problem.toString(16)}.`, { cause: error })
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    try {
      if (this.#session !== undefined) this.#module.C_CloseSession(this.#session)
    } catch {
      // A token that is gone has no session to end.
    }
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
