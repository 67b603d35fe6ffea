import type { AnyPrincipal } from "../principal.ts"

/** What somebody can prove who they are by, besides a password. */
export type FactorKind = "totp" | "passkey" | "sent-code"

/** A factor, as its owner may see it: nothing in it proves anything. */
export interface Factor {
  readonly id: string
  readonly kind: FactorKind
  /** What its owner calls it. */
  readonly label: string
  readonly createdMs: number
  readonly usedMs: number | undefined
  /** Of a passkey: whether it is kept in more than one place. */
  readonly isBackedUp?: boolean
  /** Of sent codes: how they come, such as `sms`. */
  readonly channel?: string
}

/** A factor was proven. */
export interface Passed {
  readonly userId: string
  /** Undefined for a recovery code, which is gone. */
  readonly factorId: string | undefined
  /** What it adds to what is known of how the user proved who they are (RFC 8176, and `recovery`, `email`). */
  readonly amr: readonly string[]
  /** `phr`: it resists phishing; `mfa`: it does not. @see https://openid.net/specs/openid-connect-eap-acr-values-1_0.html */
  readonly acr: "phr" | "mfa"
}

/** Who asks for a change of factors, and how and when they proved who they are: a principal of a guard. */
export type Asker = Pick<AnyPrincipal, "id" | "amr" | "authTimeMs" | "actor">
