import { randomBytes } from "node:crypto"
import { Busy } from "./errors.ts"

/** Turns passwords into what may be stored, and checks them against it. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** False for a wrong password. Takes as long for {@link PasswordHasher.decoy} as for a real hash. */
  verify(password: string, hash: string): Promise<boolean>
  /** Whether the hash was made with other parameters than new ones are. */
  isOutdated(hash: string): boolean
  /** A hash that no password matches, to spend the same time on an account that does not exist. */
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
 * Argon2id by the runtime, off the event loop, a bounded number at a time.
 *
 * `hash` and `verify` reject with `IDENTITY_BUSY` when `queueLimit` calls wait already.
 *
 * @see RFC 9106; OWASP Password Storage Cheat Sheet (m=19456, t=2, p=1)
 */
export function argon2Passwords(options: Argon2Options = {}): PasswordHasher {
  const { memoryKib = 19_456, passes = 2, concurrency = 2, queueLimit = 64 } = options
  const turn = createTurnstile(concurrency, queueLimit)
  const parameters = `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$`
  return {
    hash: (password) =>
      turn(() => Bun.password.hash(fold(password), { algorithm: "argon2id", memoryCost: memoryKib, timeCost: passes })),
    verify: (password, hash) => turn(() => Bun.password.verify(fold(password), hash)),
    isOutdated: (hash) => !hash.startsWith(parameters),
    decoy: `${parameters}${unpadded(randomBytes(32))}$${unpadded(randomBytes(32))}`,
  }
}

/** One password typed on two keyboards may differ in code points: fold them. The runtime refuses an empty password. */
function fold(password: string): string {
  return password === "" ? "\0" : password.normalize("NFKC")
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "")
}

/** Lets `concurrency` tasks run; the others wait in the order they came. */
function createTurnstile(concurrency: number, queueLimit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= concurrency) {
      if (waiting.length >= queueLimit) throw new Busy(undefined, { details: { retryAfterSeconds: 1 } })
      // Whoever leaves hands the place over, so `running` stays as it is.
      await new Promise<void>((enter) => waiting.push(enter))
    } else {
      running += 1
    }
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
