import { randomBytes } from "node:crypto"
import { AuthSetupInvalid, PasswordHashUnknown, PasswordWeak } from "../errors.ts"
import { argon2 } from "./argon2.ts"
import { type Argon2Hash, formatArgon2Hash, matchesArgon2, parseArgon2Hash } from "./argon2-hash.ts"
import { toBytes } from "./bytes.ts"
import { readImportedHash } from "./imported-hashes.ts"
import { prepareOpaqueString } from "./opaque-string.ts"
import { createTurnstile } from "./turnstile.ts"

export interface PasswordsOptions {
  /** Memory for one hash in KiB: 8 to 1,048,576. Default: 19,456 (19 MiB), the least that OWASP advises with two passes. */
  readonly memoryKib?: number
  /** Passes over the memory: 1 to 32. Default: 2. */
  readonly passes?: number
  /** Lanes of one hash: 1 to 16. Default: 1. */
  readonly lanes?: number
  /** Hashes made at once in this process, 1 to 64; each holds its memory and a thread. Default: 2. */
  readonly concurrency?: number
  /** Hashes that wait for a turn, 0 to 10,000; one more is refused. Default: 64. */
  readonly queueLimit?: number
  /** How passwords were folded before they were hashed by whatever was here before. Hashes that match so are made anew. */
  readonly formerly?: (password: string) => string
  /** Accept parameters below OWASP's least, for tests. Default: not. */
  readonly allowWeak?: boolean
  /** Told when a better hash could not be saved: whoever signed in is let in all the same. */
  readonly onError?: (error: unknown) => void
}

/** Turns passwords into what may be kept, and compares with it. */
export interface Passwords {
  /**
   * A new hash: argon2id, with a salt of its own, as PHC text of about 97 characters.
   * @throws {AUTH_PASSWORD_WEAK} when it is empty, or longer than 4,096 characters. {AUTH_PASSWORDS_BUSY}
   */
  hash(password: string): Promise<string>
  /**
   * Whether the password is the one of a kept hash. Of nobody's hash (undefined, or null) it is not, and that takes the same time.
   *
   * @param save Is given a better hash when the password is right and its hash is of another system, or of less work than new ones.
   * @throws {AUTH_PASSWORD_HASH_UNKNOWN} {AUTH_PASSWORDS_BUSY}
   */
  verify(
    password: string,
    hash: string | null | undefined,
    save?: (better: string) => Promise<unknown>,
  ): Promise<boolean>
  /** Whether a hash is of another system, or of less work than new ones. */
  isOutdated(hash: string): boolean
}

const MAX_CHARACTERS = 4_096
const SALT_BYTES = 16
const TAG_BYTES = 32
/** OWASP's least work: 19,456 KiB in two passes, or what costs about the same in others. */
const LEAST_WORK = 35_840

/**
 * Passwords by argon2id, off the event loop, a bounded number at a time. Hashes are the same on Bun, Node and Deno, which needs
 * `@node-rs/argon2`.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc9106
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
 * @example
 * const passwords = createPasswords()
 * const isRight = await passwords.verify(typed, user?.passwordHash, (better) => users.setHash(user.id, better))
 */
export function createPasswords(options: PasswordsOptions = {}): Passwords {
  const cost = checkOptions(options)
  const { concurrency = 2, queueLimit = 64, formerly, onError = () => undefined } = options
  const turn = createTurnstile(concurrency, queueLimit)
  // Nobody knows its password, for it is the hash of none.
  const decoy: Argon2Hash = { type: "argon2id", ...cost, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) }

  const hash = async (password: string): Promise<string> => {
    if (password === "" || password.length > MAX_CHARACTERS)
      throw new PasswordWeak(`Expected a password of 1 to ${MAX_CHARACTERS} characters.`)
    const message = toBytes(prepareOpaqueString(password))
    const salt = randomBytes(SALT_BYTES)
    const tag = await turn(() => argon2({ type: "argon2id", ...cost, message, salt, tagBytes: TAG_BYTES }))
    return formatArgon2Hash({ type: "argon2id", ...cost, salt, tag })
  }
  const isOutdated = (text: string): boolean => {
    const known = parseArgon2Hash(text)
    if (known === undefined) return true
    const isLess = known.memoryKib * known.passes < cost.memoryKib * cost.passes
    return known.type !== "argon2id" || isLess || known.salt.length < SALT_BYTES || known.tag.length < TAG_BYTES
  }
  /** The ways in which the password may have been hashed, the right one first. As many whoever asks. */
  const waysOf = (password: string): readonly string[] => {
    const folded = formerly === undefined ? [] : [formerly(password)]
    return [...new Set([prepareOpaqueString(password), password, ...folded])]
  }
  /** Which of the ways it is: -1 for none. */
  const matches = async (password: string, text: string | undefined): Promise<number> => {
    const known = text === undefined ? decoy : parseArgon2Hash(text)
    const imported = known === undefined ? readImportedHash(text!) : undefined
    if (known === undefined && imported === undefined) throw new PasswordHashUnknown()
    for (const [at, way] of waysOf(password).entries()) {
      const isRight = known === undefined ? await imported!(way) : await matchesArgon2(toBytes(way), known)
      if (isRight && text !== undefined) return at
    }
    return -1
  }

  return {
    hash,
    isOutdated,
    async verify(password, kept, save) {
      const isPossible = password !== "" && password.length <= MAX_CHARACTERS
      const text = isPossible ? (kept ?? undefined) : undefined
      const way = await turn(() => matches(isPossible ? password : "-", text))
      if (text === undefined || way === -1) return false
      if (save !== undefined && (way > 0 || isOutdated(text)))
        try {
          await save(await hash(password))
        } catch (error) {
          onError(error)
        }
      return true
    },
  }
}

type Cost = Pick<Argon2Hash, "memoryKib" | "passes" | "lanes">

function checkOptions(options: PasswordsOptions): Cost {
  const { memoryKib = 19_456, passes = 2, lanes = 1, concurrency = 2, queueLimit = 64, allowWeak = false } = options
  const bounds = [
    ["memoryKib", memoryKib, 8 * lanes, 1_048_576],
    ["passes", passes, 1, 32],
    ["lanes", lanes, 1, 16],
    ["concurrency", concurrency, 1, 64],
    ["queueLimit", queueLimit, 0, 10_000],
  ] as const
  for (const [name, value, least, most] of bounds)
    if (!Number.isInteger(value) || value < least || value > most)
      throw new AuthSetupInvalid(`Expected \`${name}\` to be a whole number from ${least} to ${most}, got ${value}.`)
  if (memoryKib * passes < LEAST_WORK && !allowWeak)
    throw new AuthSetupInvalid(
      `Expected memoryKib × passes of at least ${LEAST_WORK}, got ${memoryKib * passes}: less is guessed too fast. Tests may say allowWeak.`,
    )
  if (
    parseArgon2Hash(
      formatArgon2Hash({
        type: "argon2id",
        memoryKib,
        passes,
        lanes,
        salt: new Uint8Array(SALT_BYTES),
        tag: new Uint8Array(TAG_BYTES),
      }),
    ) === undefined
  )
    throw new AuthSetupInvalid("Expected memoryKib × passes of at most 8,388,608: hashes of more are not read again.")
  return { memoryKib, passes, lanes }
}
