import { randomBytes } from "node:crypto"
import { createPasswords, PasswordsBusy } from "@ashlar/auth/passwords"
import { Busy } from "./errors.ts"

/** Turns passwords into what may be stored, and checks them against it. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** False for a wrong password. Takes as long for {@link PasswordHasher.decoy} as for a real hash. */
  verify(password: string, hash: string): Promise<boolean>
  /** Whether the hash was made with other parameters than new ones are. */
  isOutdated(hash: string): boolean
  /** A hash that no password matches, another one each time: to spend the same time on an account that does not exist, and to have none. */
  readonly decoy: string
}

export interface Argon2Options {
  /** Memory per hash in KiB. Default 19456 (19 MiB), the least that OWASP advises with two passes. Bounds: 8 and up. */
  readonly memoryKib?: number
  /** Passes over the memory. Default 2. */
  readonly passes?: number
  /** Hashes computed at once; each holds its memory and a thread. Default 2. */
  readonly concurrency?: number
  /** Hashes that may wait for a turn; one more is refused. Default 64. */
  readonly queueLimit?: number
}

/**
 * Argon2id by `@ashlar/auth`, a bounded number at a time. Parameters below OWASP's least are for tests: they are refused unless `NODE_ENV`
 * is `test`, as `bun test` sets it.
 *
 * The decoy is a hash, and not the `undefined` that `@ashlar/auth` takes for nobody's, because rows of users without a password hold one.
 *
 * @throws {AUTH_SETUP_INVALID}
 * `hash` and `verify` reject with `IDENTITY_BUSY` when `queueLimit` calls wait already.
 */
export function argon2Passwords(options: Argon2Options = {}): PasswordHasher {
  const { memoryKib = 19_456, passes = 2 } = options
  const allowWeak = process.env.NODE_ENV === "test"
  const passwords = createPasswords({ ...options, memoryKib, passes, formerly: fold, allowWeak })
  return {
    hash: (password) => unlessBusy(passwords.hash(password)),
    verify: (password, hash) => unlessBusy(passwords.verify(password, hash)),
    isOutdated: (hash) => passwords.isOutdated(hash),
    get decoy() {
      return `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`
    },
  }
}

async function unlessBusy<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof PasswordsBusy) throw new Busy(undefined, { details: { retryAfterSeconds: 1 }, cause: error })
    throw error
  }
}

/** As passwords were folded before hashes were made by `@ashlar/auth`. */
function fold(password: string): string {
  return password.normalize("NFKC")
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "")
}
