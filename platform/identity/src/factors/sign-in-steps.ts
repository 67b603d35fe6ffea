import { createHash, randomBytes } from "node:crypto"
import { type Passed, PasskeyRefused, StepUpRequired } from "@ashlar/auth/mfa"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { Accounts, User } from "../accounts.ts"
import { type AttemptLimit, addressKey } from "../attempt-limit.ts"
import { SecondFactorNeeded, SecondStepOver, WrongCredentials } from "../errors.ts"
import type { PasswordHasher } from "../passwords.ts"
import type { Client } from "../person.ts"
import type { Proven, Session, Sessions, SignedIn } from "../sessions.ts"
import type { FactorProof, PasskeyRequest, SecondFactors } from "./second-factors.ts"

/** Signing in with a second factor, or with a passkey alone; and proving again who one is. */
export interface SignInSteps {
  /**
   * After the right password: nothing when there is no second factor.
   *
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} with `details.ticket`, `details.factors` and `details.expiresAt`
   */
  demand(user: User): Promise<void>
  /** For the passkeys of whoever has the ticket. @throws {IDENTITY_SECOND_STEP_OVER} {IDENTITY_PASSKEYS_UNAVAILABLE} */
  passkeyRequest(ticket: string): Promise<PasskeyRequest>
  /**
   * The second step. A ticket signs in once; a wrong factor leaves it good.
   *
   * @throws {IDENTITY_SECOND_STEP_OVER} {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_PASSKEY_REFUSED} {IDENTITY_TOO_MANY_ATTEMPTS}
   */
  finish(request: { readonly ticket: string; readonly proof: FactorProof; readonly client: Client }): Promise<Session>
  /** @throws {AUTH_PASSKEY_REFUSED} {IDENTITY_TOO_MANY_ATTEMPTS} */
  byPasskey(request: { readonly passkey: unknown; readonly client: Client }): Promise<Session>
  /**
   * Proves again who one is, before factors change: by a factor where there is one, else by the password.
   *
   * @throws {AUTH_STEP_UP_REQUIRED} for a password where a factor is asked for
   * @throws {IDENTITY_WRONG_CREDENTIALS} {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_PASSKEY_REFUSED} {IDENTITY_TOO_MANY_ATTEMPTS}
   */
  stepUp(who: SignedIn, proof: FactorProof): Promise<Proven>
}

export interface SignInStepsOptions {
  readonly file: SqliteFile
  readonly store: ProofStore
  readonly clock: Clock
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly factors: SecondFactors
  readonly passwords: PasswordHasher
  readonly perAccount: AttemptLimit
  readonly perAddress: AttemptLimit
}

const KIND = "sign-in-step"
const STEP_MS = 5 * 60_000
/** Steps of one account that wait; one more ends the oldest. */
const MAX_STEPS = 10
const TICKET = /^si_[A-Za-z0-9_-]{43}$/
const MAX_TRIED_CODE_UNITS = 1024

export function createSignInSteps(options: SignInStepsOptions): SignInSteps {
  const { file, store, clock, accounts, sessions, factors, passwords, perAccount, perAddress } = options

  /** Who showed the password that is still theirs, by their ticket. */
  async function holderOf(ticket: string): Promise<User> {
    const step = TICKET.test(ticket) ? await store.find(KIND, hash(ticket)) : undefined
    const user = step && accounts.find(step.userId)
    if (!step || !user || step.data !== passwordMark(accounts, user)) throw new SecondStepOver()
    return user
  }
  async function begin(user: User, amr: readonly string[], client: Client): Promise<Session> {
    const session = sessions.prepare(user.id, client, { amr: [...new Set(amr)], authTimeMs: clock.now() })
    await file.write(session.statements)
    return await session.finish(user)
  }

  return {
    async demand(user) {
      const kinds = await factors.kinds(user.id)
      if (kinds.length === 0) return
      const waiting = await store.list(user.id, KIND)
      for (const { id } of waiting.slice(0, Math.max(0, waiting.length - MAX_STEPS + 1))) await store.take(KIND, id)
      const ticket = `si_${randomBytes(32).toString("base64url")}`
      const createdMs = clock.now()
      const expiresMs = createdMs + STEP_MS
      const data = passwordMark(accounts, user)
      await store.add({ kind: KIND, id: hash(ticket), userId: user.id, counter: 0, data, createdMs, expiresMs })
      throw new SecondFactorNeeded(undefined, {
        details: { ticket, factors: kinds, expiresAt: new Date(expiresMs).toISOString() },
      })
    },

    passkeyRequest: async (ticket) => factors.passkeyRequest((await holderOf(ticket)).id),

    async finish({ ticket, proof, client }) {
      await perAddress.take(addressKey(client.address))
      const user = await holderOf(ticket)
      const { amr } = await factors.prove(user.id, proof)
      // Of all who finish with one ticket one is signed in.
      if ((await store.take(KIND, hash(ticket))) === undefined) throw new SecondStepOver()
      await perAccount.forgive(user.email)
      return await begin(user, ["pwd", ...amr], client)
    },

    async byPasskey({ passkey, client }) {
      await perAddress.take(addressKey(client.address))
      const { userId, amr } = await factors.proveAlone(passkey)
      const user = accounts.find(userId)
      if (user === undefined) throw new PasskeyRefused()
      return await begin(user, amr, client)
    },

    async stepUp(who, proof) {
      const { user, sessionId } = who
      const passed = await proveAgain(user, proof)
      const proven = { amr: [...new Set(["pwd", ...passed.amr])], authTimeMs: clock.now() }
      await sessions.prove({ userId: user.id, sessionId }, proven)
      return proven
    },
  }

  /** What is proven besides the password, which whoever has a session once showed, or a passkey in its place. */
  async function proveAgain(user: User, proof: FactorProof): Promise<Pick<Passed, "amr">> {
    if (proof.password === undefined) return await factors.prove(user.id, proof)
    if ((await factors.kinds(user.id)).length > 0)
      throw new StepUpRequired("A password is not enough here: show your second factor.", { details: { amr: ["mfa"] } })
    await perAccount.take(user.email)
    const { password } = proof
    const tried = password.length <= MAX_TRIED_CODE_UNITS ? password : ""
    const known = accounts.credentials(user.email)?.passwordHash ?? passwords.decoy
    if (!(await passwords.verify(tried, known))) throw new WrongCredentials("This is not your password.")
    await perAccount.forgive(user.email)
    return { amr: [] }
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url")
}

/** Changes with the password, so that a step of the old one is over. */
function passwordMark(accounts: Accounts, { email }: User): string {
  return hash(accounts.credentials(email)?.passwordHash ?? "")
}
