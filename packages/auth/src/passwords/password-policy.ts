import { AuthSetupInvalid, PasswordWeak } from "../errors.ts"
import type { BreachList } from "./breach-list.ts"
import { isKnownPassword } from "./known-passwords.ts"
import { isOpaqueString, prepareOpaqueString } from "./opaque-string.ts"

/** Why a password is refused. */
export type WeakReason = "short" | "long" | "characters" | "known" | "repeated" | "context" | "breached"

export interface PasswordPolicyOptions {
  /** Least characters, as people count them: 8 to 64. Default: 8; NIST asks for 15 where a password is all there is. */
  readonly minCharacters?: number
  /** Most characters: 64 to 1,024. Default: 256. */
  readonly maxCharacters?: number
  /** Words of the app that are guessed first: its name, its domain. */
  readonly words?: readonly string[]
  /** Lists of leaked passwords, asked in turn when all else is right. */
  readonly breaches?: BreachList | readonly BreachList[]
}

/** Decides on new passwords. */
export interface PasswordPolicy {
  readonly minCharacters: number
  readonly maxCharacters: number
  /**
   * @param context What is known of the user: name, email address.
   * @throws {AUTH_PASSWORD_WEAK} with `details.reason`, a {@link WeakReason}. {AUTH_BREACH_LIST_AWAY}
   */
  check(password: string, context?: readonly string[]): Promise<void>
}

/**
 * Refuses passwords that are guessed first: short ones, known ones, the user's own name, leaked ones. There are no rules about kinds of
 * characters: they make passwords worse. What a keyboard may not bring again is refused too.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver
 * @see https://www.rfc-editor.org/rfc/rfc8265#section-4.2
 * @example
 * const policy = createPasswordPolicy({ words: ["ashlar"], breaches: breachRange() })
 * await policy.check(password, [user.email, user.name])
 */
export function createPasswordPolicy(options: PasswordPolicyOptions = {}): PasswordPolicy {
  const { minCharacters = 8, maxCharacters = 256, words = [], breaches = [] } = options
  for (const [name, value, least, most] of [
    ["minCharacters", minCharacters, 8, 64],
    ["maxCharacters", maxCharacters, 64, 1_024],
  ] as const)
    if (!Number.isInteger(value) || value < least || value > most)
      throw new AuthSetupInvalid(`Expected \`${name}\` to be a whole number from ${least} to ${most}, got ${value}.`)
  const lists = "has" in breaches ? [breaches] : breaches
  return {
    minCharacters,
    maxCharacters,
    async check(password, context = []) {
      // A code unit is at most one character, so that a huge text is refused before it is looked at.
      if (password.length > 4 * maxCharacters) refuse("long", `at most ${maxCharacters} characters`)
      const prepared = prepareOpaqueString(password)
      const length = [...prepared].length
      if (length < minCharacters) refuse("short", `at least ${minCharacters} characters, got ${length}`)
      if (length > maxCharacters) refuse("long", `at most ${maxCharacters} characters, got ${length}`)
      if (!isOpaqueString(prepared)) refuse("characters", "characters that every keyboard can type again")
      if (isKnownPassword(prepared)) refuse("known", "something that is not among the best known ones")
      if (isRepeated(prepared)) refuse("repeated", "more than one piece again and again, or a row of the keyboard")
      if (isContext(prepared, [...words, ...context]))
        refuse("context", "something else than names that belong to you or to this site")
      for (const list of lists)
        if ((await list.has(password)) || (prepared !== password && (await list.has(prepared))))
          refuse("breached", "something that has never leaked")
    },
  }
}

function refuse(reason: WeakReason, expected: string): never {
  throw new PasswordWeak(`Expected a password of ${expected}. Choose another one.`, { details: { reason } })
}

const ROWS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "azertyuiop",
]

/** One piece again and again (`abcabcabc`), or a part of a row, forwards or backwards. */
function isRepeated(password: string): boolean {
  const text = password.toLowerCase()
  if ((text + text).indexOf(text, 1) < text.length) return true
  const backwards = [...text].reverse().join("")
  return ROWS.some((row) => row.includes(text) || row.includes(backwards))
}

/** Characters beside a name that make it a password of its own. */
const OWN_CHARACTERS = 4
const LEAST_WORD = 3

/** Whether little but names is left: `ana.smith1` of ana.smith@example.org. */
function isContext(password: string, context: readonly string[]): boolean {
  const words = context
    .flatMap((word) => [word, ...word.split("@"), ...word.split(/[^\p{L}\p{N}]+/u)])
    .map(plain)
    .filter((word) => word.length >= LEAST_WORD)
    .toSorted((a, b) => b.length - a.length)
  return [plain(password), plain(unmasked(password))].some((text) => {
    let rest = text
    for (const word of words) rest = rest.replaceAll(word, "")
    return rest.length < text.length && rest.length < OWN_CHARACTERS
  })
}
function plain(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
}
/** Signs that stand for letters in every list of guesses. */
const MASKS: Readonly<Record<string, string>> = {
  "@": "a",
  "4": "a",
  "3": "e",
  "1": "i",
  "!": "i",
  "0": "o",
  $: "s",
  "5": "s",
  "7": "t",
}
function unmasked(text: string): string {
  return text.replaceAll(/[@431!0$57]/g, (sign) => MASKS[sign]!)
}
