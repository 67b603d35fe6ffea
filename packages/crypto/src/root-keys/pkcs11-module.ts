import { RootKeyInvalid } from "../errors.ts"

/** What is used of the npm package `pkcs11js`, whose names are those of the standard. */
export interface Pkcs11 {
  load(path: string): void
  C_Initialize(): void
  C_GetSlotList(tokenPresent: boolean): Handle[]
  C_GetTokenInfo(slot: Handle): { readonly label: string }
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseSession(session: Handle): void
  C_Login(session: Handle, user: number, pin: string): void
  C_FindObjectsInit(session: Handle, template: Attribute[]): void
  C_FindObjects(session: Handle, most: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: Attribute[]): Handle
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_Encrypt(session: Handle, plain: Buffer, room: Buffer): Buffer
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_Decrypt(session: Handle, sealed: Buffer, room: Buffer): Buffer
}
export interface Pkcs11Package {
  readonly PKCS11: new () => Pkcs11
}
export type Handle = Buffer
export interface Attribute {
  readonly type: number
  readonly value: number | boolean | string
}
export interface Mechanism {
  readonly mechanism: number
  readonly parameter?: {
    readonly type: number
    readonly iv: Buffer
    readonly aad: Buffer
    readonly ivBits: number
    readonly tagBits: number
  }
}

/** @see PKCS #11 v3.1, the header files; PARAMS_AES_GCM is of pkcs11js. */
export const CK = {
  SERIAL_SESSION: 4,
  RW_SESSION: 2,
  USER: 1,
  SECRET_KEY: 4,
  AES: 0x1f,
  CLASS: 0,
  TOKEN: 1,
  PRIVATE: 2,
  LABEL: 3,
  KEY_TYPE: 0x100,
  SENSITIVE: 0x103,
  ENCRYPT: 0x104,
  DECRYPT: 0x105,
  VALUE_LEN: 0x161,
  EXTRACTABLE: 0x162,
  AES_KEY_GEN: 0x1080,
  AES_GCM: 0x1087,
  PARAMS_AES_GCM: 7,
  USER_ALREADY_LOGGED_IN: 0x100,
  ALREADY_INITIALIZED: 0x191,
  /** Encrypted data invalid, or of a wrong length; what SoftHSM says instead. */
  DECRYPT_PROBLEMS: [0x40, 0x41, 0x05] as readonly (number | undefined)[],
  /** PIN incorrect, invalid, of a wrong length, expired, locked. */
  LOGIN_PROBLEMS: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4] as readonly number[],
  /** Device error or removed, key handle, session closed or invalid, token not present, not logged in. */
  SESSION_PROBLEMS: [0x30, 0x32, 0x60, 0xb0, 0xb3, 0xe0, 0x101] as readonly number[],
} as const

/** A module is initialized once for a process, whoever uses it. */
const loaded = new Map<string, Pkcs11>()

/** @throws {CRYPTO_ROOT_KEY_INVALID} */
export function loadModule({ PKCS11 }: Pkcs11Package, path: string): Pkcs11 {
  const known = loaded.get(path)
  if (known !== undefined) return known
  const module = new PKCS11()
  try {
    module.load(path)
  } catch (cause) {
    throw new RootKeyInvalid(`The PKCS #11 module ${path} cannot be loaded. Is it installed?`, { cause })
  }
  try {
    module.C_Initialize()
  } catch (cause) {
    if (problemOf(cause) !== CK.ALREADY_INITIALIZED)
      throw new RootKeyInvalid(`The PKCS #11 module ${path} does not start.`, { cause })
  }
  loaded.set(path, module)
  return module
}

/** The standard's number of what went wrong; undefined for an error of another kind. */
export function problemOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "number") return undefined
  return /^CKR_/.test(error.message) || "method" in error ? error.code : undefined
}
