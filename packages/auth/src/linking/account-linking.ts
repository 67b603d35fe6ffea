import type { EmailAccount } from "../email/email-accounts.ts"
import { parseEmail } from "../email/email-address.ts"

/** Who somebody is elsewhere, as an issuer says whom we believe: the claims of an ID token that was verified. */
export interface ProvenIdentity {
  /** `iss`. */
  readonly issuer: string
  /** `sub`: names the user there for good. */
  readonly subject: string
  readonly email?: string | undefined
  /** `email_verified`, and only if it is true: a text `"true"` or nothing at all is no. */
  readonly isEmailVerified: boolean
}

export interface LinkedAccounts {
  /** The account that an identity of an issuer was linked to. */
  findByIdentity(issuer: string, subject: string): Promise<{ readonly id: string } | undefined>
  findByEmail(email: string): Promise<EmailAccount | undefined>
}

export interface LinkingOptions {
  /** Who is signed in and asked to connect the identity. Ask for a step-up first. */
  readonly signedInAs?: string | undefined
  /**
   * Whether an issuer's word about addresses is to be believed. Say no to those who let users, or admins of other tenants, write any
   * address. Default: yes, where it says that it is verified.
   */
  readonly trustsEmailOf?: (issuer: string) => boolean
}

/** What is to be done about an identity. */
export type LinkDecision =
  /** It is linked: sign in. */
  | { readonly action: "sign-in"; readonly userId: string }
  /** Link it to the account, then sign in. The pair of issuer and subject must be unique in the store. */
  | { readonly action: "link"; readonly userId: string }
  /** Make an account, with the identity. */
  | { readonly action: "create"; readonly email: string | undefined; readonly isEmailVerified: boolean }
  /**
   * `linked-elsewhere`: to another account than the one that is signed in. `unverified-identity`, `unverified-account`: an account has
   * the address, and one side never proved it. Whoever owns the mailbox signs in by e-mail, and connects then.
   */
  | { readonly action: "refuse"; readonly reason: "linked-elsewhere" | "unverified-identity" | "unverified-account" }

/**
 * Decides what an identity of elsewhere opens here. It is the pair of issuer and subject that counts; an address links only where both
 * sides have verified it, so that neither an account that a stranger made of somebody's address, nor an identity that a stranger gave it,
 * lets one into the other.
 *
 * @see https://www.usenix.org/conference/usenixsecurity22/presentation/sudhodanan
 * @example
 * const decision = await decideLinking({ issuer: claims.iss, subject: claims.sub, email: claims.email,
 *   isEmailVerified: claims.email_verified === true }, accounts)
 */
export async function decideLinking(
  identity: ProvenIdentity,
  accounts: LinkedAccounts,
  { signedInAs, trustsEmailOf = () => true }: LinkingOptions = {},
): Promise<LinkDecision> {
  const { issuer, subject } = identity
  const linked = await accounts.findByIdentity(issuer, subject)
  if (linked !== undefined && signedInAs !== undefined && linked.id !== signedInAs)
    return { action: "refuse", reason: "linked-elsewhere" }
  if (linked !== undefined) return { action: "sign-in", userId: linked.id }
  if (signedInAs !== undefined) return { action: "link", userId: signedInAs }
  const email = emailIn(identity)
  if (email === undefined) return { action: "create", email, isEmailVerified: false }
  const isEmailVerified = identity.isEmailVerified === true && trustsEmailOf(issuer)
  const account = await accounts.findByEmail(email)
  if (account === undefined) return { action: "create", email, isEmailVerified }
  if (!isEmailVerified) return { action: "refuse", reason: "unverified-identity" }
  // An account that is found by another address than this one is not this one's.
  if (!account.isVerified || account.email !== email) return { action: "refuse", reason: "unverified-account" }
  return { action: "link", userId: account.id }
}

/** An address that is none here links to nothing. */
function emailIn({ email }: ProvenIdentity): string | undefined {
  try {
    return email === undefined ? undefined : parseEmail(email)
  } catch {
    return undefined
  }
}
