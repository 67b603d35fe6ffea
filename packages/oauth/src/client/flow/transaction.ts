import { timingSafeEqual } from "node:crypto"
import type { Sealer } from "@ashlar/security"
import { OAuthSignInExpired, OAuthStateInvalid } from "../../errors.ts"
import { hashOf } from "../../server/store/records.ts"

/** A sign-in that was begun: what the browser keeps, sealed, until it comes back. */
export interface Transaction {
  readonly provider: string
  /** Whom it was begun with: a provider of this name may be another one by now. */
  readonly issuer: string
  readonly clientId: string
  readonly state: string
  readonly verifier: string
  readonly nonce: string
  /** A path of this app. */
  readonly next: string
  /** Who is signed in, and asked to connect this provider. */
  readonly connect: string | undefined
  readonly maxAgeSeconds: number | undefined
  readonly untilMs: number
}

/** So that nothing else that the same keys seal passes for it. */
const CONTEXT = "ashlar oauth sign-in/"
const MAX_SEALED = 8_192

export function sealTransaction(sealer: Sealer, transaction: Transaction): string {
  return sealer.seal(JSON.stringify(transaction), CONTEXT + transaction.provider)
}

/**
 * The transaction that an answer is of.
 * @throws {OAUTH_STATE_INVALID} {OAUTH_SIGN_IN_EXPIRED}
 */
export function openTransaction(
  sealer: Sealer,
  sealed: string | undefined,
  answer: { readonly provider: string; readonly state: string | undefined; readonly nowMs: number },
): Transaction {
  const { provider, state, nowMs } = answer
  if (sealed === undefined || state === undefined || sealed.length > MAX_SEALED) throw new OAuthStateInvalid()
  let transaction: Transaction
  try {
    transaction = JSON.parse(sealer.open(sealed, CONTEXT + provider)) as Transaction
  } catch {
    throw new OAuthStateInvalid()
  }
  // Of the same length whatever was sent.
  const isSame = timingSafeEqual(Buffer.from(hashOf(transaction.state)), Buffer.from(hashOf(state)))
  if (!isSame || transaction.provider !== provider) throw new OAuthStateInvalid()
  if (transaction.untilMs <= nowMs) throw new OAuthSignInExpired()
  return transaction
}

/** Tells sign-ins of one browser apart, in the names of cookies. */
export function shortName(state: string): string {
  return hashOf("cookie", state).slice(0, 12)
}
