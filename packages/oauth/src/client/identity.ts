import { decideLinking, type LinkDecision, type LinkedAccounts, type LinkingOptions } from "@ashlar/auth/linking"

/** Who somebody is at a provider. */
export interface ExternalIdentity {
  /** The provider's name in this app. */
  readonly provider: string
  /** Who vouches for it. With `subject` it names the person for good: keep this pair, and never the address. */
  readonly issuer: string
  readonly subject: string
  readonly email: string | undefined
  /** Whether the provider says that it has verified the address. Without an address: false. */
  readonly emailVerified: boolean
  readonly name: string | undefined
  /** A picture's `https:` address, of a host of the provider's choice. */
  readonly picture: string | undefined
  /** All that the provider said of the person, as it said it. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** What a provider's own words come to. Anything may be missing, and nothing is believed before it is checked. */
export interface Profile {
  readonly subject: unknown
  readonly email?: unknown
  readonly emailVerified?: boolean
  readonly name?: unknown
  readonly picture?: unknown
  readonly raw: Readonly<Record<string, unknown>>
}

/** Texts of strangers: what is longer, or would change how a line is read, is left out. */
const MAX_SUBJECT = 255
const MAX_NAME = 200
const MAX_EMAIL = 254
const MAX_PICTURE = 2_048

/** @returns undefined where it does not name anybody. */
export function toIdentity(provider: string, issuer: string, profile: Profile): ExternalIdentity | undefined {
  const subject = subjectOf(profile.subject)
  if (subject === undefined) return undefined
  const email = emailOf(profile.email)
  return {
    provider,
    issuer,
    subject,
    email,
    emailVerified: email !== undefined && profile.emailVerified === true,
    name: nameOf(profile.name),
    picture: pictureOf(profile.picture),
    raw: profile.raw,
  }
}

/** Numbers of providers that count their people; one that lost digits would name somebody else. */
function subjectOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : undefined
  const isFine = typeof value === "string" && value.length >= 1 && value.length <= MAX_SUBJECT && isPlain(value)
  return isFine ? value : undefined
}
function emailOf(value: unknown): string | undefined {
  const isFine = typeof value === "string" && value.length <= MAX_EMAIL && /^[^\s@]+@[^\s@]+$/.test(value)
  return isFine && isPlain(value) ? value : undefined
}
function nameOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined
  const name = value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ").trim()
  return name !== "" && name.isWellFormed() ? name.slice(0, MAX_NAME).toWellFormed() : undefined
}
function pictureOf(value: unknown): string | undefined {
  const url = typeof value === "string" && value.length <= MAX_PICTURE ? URL.parse(value) : null
  return url?.protocol === "https:" && url.username === "" && url.password === "" ? url.href : undefined
}
function isPlain(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}/u.test(text)
}

/**
 * What an identity opens among the accounts of an app: sign in, link, create, or refuse. An address links only where the provider and
 * the app have both verified it.
 * @see decideLinking of `@ashlar/auth/linking`
 * @example
 * const decision = await decideAccount(identity, accounts, { signedInAs: connect })
 */
export async function decideAccount(
  { issuer, subject, email, emailVerified }: ExternalIdentity,
  accounts: LinkedAccounts,
  options: LinkingOptions = {},
): Promise<LinkDecision> {
  return await decideLinking({ issuer, subject, email, isEmailVerified: emailVerified }, accounts, options)
}
