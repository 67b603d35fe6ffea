import { type Passed, PasskeyRefused, StepUpRequired } from "@ashlar/auth/mfa"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import type { SqliteFile, Statement } from "@ashlar/sqlite"
import { type AttemptLimit, addressKey } from "../attempt-limit.ts"
import { WrongCredentials } from "../errors.ts"
import type { PasswordHasher } from "../passwords.ts"
import type { Client } from "../person.ts"
import { DEVICE, type Proven, type Session, type Sessions, type SignedIn } from "../sessions.ts"
import type { FactorOwner, FactorProof, PasskeyRequest, SecondFactors } from "./second-factors.ts"
import {
  createSignInWrites,
  type Enterer,
  type Enterers,
  type FirstStep,
  type ProviderLink,
  type Waiter,
} from "./sign-in-writes.ts"

/** Signing in with a second factor, or with a passkey alone; and proving again who one is. */
export interface SignInSteps<Account> {
  /**
   * The one way in, after a first step of whatever kind: at once, or by a second one.
   *
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} with `details.ticket`, `details.factors`, `details.enrol` and `details.expiresAt`
   */
  letIn(step: FirstStep): Promise<Session<Account>>
  /** For the passkeys of whoever has the ticket. @throws {IDENTITY_SECOND_STEP_OVER} {IDENTITY_PASSKEYS_UNAVAILABLE} */
  passkeyRequest(ticket: string): Promise<PasskeyRequest>
  /**
   * The second step. A ticket signs in once; a wrong factor leaves it good.
   *
   * @throws {IDENTITY_SECOND_STEP_OVER} {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_PASSKEY_REFUSED} {IDENTITY_TOO_MANY_ATTEMPTS}
   */
  finish(request: SecondStep): Promise<Session<Account>>
  /**
   * Whose a ticket is who has no factor yet, and must add one to be let in: what `SecondFactors` is asked with.
   *
   * @throws {IDENTITY_SECOND_STEP_OVER} {AUTH_STEP_UP_REQUIRED} where there is a factor by now
   */
  enroller(ticket: string): Promise<FactorOwner>
  /** Lets in whoever has just added their first factor, known as `proven` by it. @throws {IDENTITY_SECOND_STEP_OVER} */
  finishEnrolled(request: {
    readonly ticket: string
    readonly proven: Proven
    readonly client: Client
  }): Promise<Session<Account>>
  /** @throws {AUTH_PASSKEY_REFUSED} {IDENTITY_TOO_MANY_ATTEMPTS} {IDENTITY_MFA_OFF} */
  byPasskey(request: { readonly passkey: unknown; readonly client: Client }): Promise<Session<Account>>
  /**
   * Proves again who one is, before factors change: by a factor where there is one, else by the password.
   *
   * @throws {AUTH_STEP_UP_REQUIRED} for a password where a factor is asked for
   * @throws {IDENTITY_WRONG_CREDENTIALS} {AUTH_FACTOR_WRONG} {AUTH_MFA_LOCKED} {AUTH_PASSKEY_REFUSED} {IDENTITY_TOO_MANY_ATTEMPTS}
   */
  stepUp(who: SignedIn<Account>, proof: FactorProof): Promise<Proven>
}

export interface SecondStep {
  readonly ticket: string
  readonly proof: FactorProof
  readonly client: Client
}

export interface SignInStepsOptions<Account> {
  readonly file: SqliteFile
  readonly store: ProofStore
  readonly clock: Clock
  readonly accounts: Enterers<Account>
  readonly sessions: Pick<Sessions<Account>, "prepare" | "prove">
  readonly factors: SecondFactors
  readonly passwords: PasswordHasher
  readonly perAccount: AttemptLimit
  readonly perAddress: AttemptLimit
  /** What notes that somebody is known by a provider from now on. Default: nothing. */
  readonly noteLink?: (account: Account, link: ProviderLink) => readonly Statement[]
  /** Refuses whoever may not come in, whatever they have shown. Default: nobody. */
  readonly check?: (account: Account) => void
}

const MAX_TRIED_CODE_UNITS = 1024

export function createSignInSteps<Account extends Enterer>(options: SignInStepsOptions<Account>): SignInSteps<Account> {
  const { clock, accounts, sessions, factors, passwords, perAccount, perAddress } = options
  const check = options.check ?? (() => {})

  const { begin, postpone, holderOf: findHolder, spend } = createSignInWrites(options)
  async function holderOf(ticket: string): Promise<Waiter<Account>> {
    const waiter = await findHolder(ticket)
    check(waiter.account)
    return waiter
  }

  return {
    async letIn(step) {
      const account = accounts.find(step.userId)
      if (account !== undefined) check(account)
      const policy = factors.policy()
      const known = policy === "off" ? [] : await factors.kinds(step.userId)
      if (known.length === 0) return policy === "required" ? await postpone(step, known) : await begin(step)
      if (!(await factors.devices.isKnown(step.userId, step.device))) return await postpone(step, known)
      const enrolled = { sql: STILL_ENROLLED, params: [step.userId, step.userId], expectChanges: 1 }
      return await begin({ ...step, amr: [...step.amr, DEVICE] }, [enrolled])
    },

    passkeyRequest: async (ticket) => factors.passkeyRequest((await holderOf(ticket)).account.id),

    async finish({ ticket, proof, client }) {
      await perAddress.take(addressKey(client.address))
      const { account, step } = await holderOf(ticket)
      const { amr } = await factors.prove(account.id, proof)
      const session = await begin({ ...step, client, amr: [...step.amr, ...amr] }, [spend(ticket)])
      await perAccount.forgive(account.email)
      return session
    },

    async enroller(ticket) {
      const { account: user, step, sinceMs: authTimeMs } = await holderOf(ticket)
      // Who has the password of somebody with a factor adds none of their own.
      if ((await factors.kinds(user.id)).length > 0)
        throw new StepUpRequired("Show your second factor: you have one by now.", { details: { amr: ["mfa"] } })
      return { user, amr: step.amr, authTimeMs }
    },

    async finishEnrolled({ ticket, proven: { amr }, client }) {
      const { step } = await holderOf(ticket)
      return await begin({ ...step, client, amr }, [spend(ticket)])
    },

    async byPasskey({ passkey, client }) {
      await perAddress.take(addressKey(client.address))
      const { userId, factorId = "", amr } = await factors.proveAlone(passkey)
      const [account, passwordHash] = [accounts.find(userId), accounts.passwordHash(userId)]
      if (account === undefined || passwordHash === undefined) throw new PasskeyRefused()
      check(account)
      const stands = { sql: STANDS, params: [factorId, userId], expectChanges: 1 }
      const refusal = (cause: unknown) => new PasskeyRefused(undefined, { cause })
      return await begin({ userId, passwordHash, amr, client, refusal }, [stands])
    },

    async stepUp(who, proof) {
      const { user, sessionId } = who
      const passed = await proveAgain(user, proof)
      const before = who.amr.filter((word) => FIRST.has(word))
      const first = passed.amr.includes("mfa") ? before : [...before, "pwd"]
      const proven = { amr: [...new Set([...first, ...passed.amr])], authTimeMs: clock.now() }
      await sessions.prove({ userId: user.id, sessionId }, proven)
      return proven
    },
  }

  /** What is proven besides the password, which whoever has a session once showed, or a passkey in its place. */
  async function proveAgain(user: Account, proof: FactorProof): Promise<Pick<Passed, "amr">> {
    if (proof.password === undefined) return await factors.prove(user.id, proof)
    if ((await factors.kinds(user.id)).length > 0)
      throw new StepUpRequired("A password is not enough here: show your second factor.", { details: { amr: ["mfa"] } })
    await perAccount.take(user.email)
    const { password } = proof
    const tried = password.length <= MAX_TRIED_CODE_UNITS ? password : ""
    const known = accounts.passwordHash(user.id) ?? passwords.decoy
    if (!(await passwords.verify(tried, known))) throw new WrongCredentials("This is not your password.")
    await perAccount.forgive(user.email)
    return { amr: [] }
  }
}

/** Words of a first step: they stay true of a session when a factor is shown. */
const FIRST: ReadonlySet<string> = new Set(["pwd", "email", "federated"])
/** Once an operator took somebody's factors away, no device of theirs stands for one. */
const STILL_ENROLLED = `UPDATE identity_accounts SET id = id WHERE id = ?
  AND EXISTS (SELECT 1 FROM identity_proofs WHERE user_id = ? AND kind IN ('totp', 'passkey'))`
/** A passkey that was taken away while it was looked at lets nobody in. */
const STANDS = "UPDATE identity_proofs SET counter = counter WHERE kind = 'passkey' AND id = ? AND user_id = ?"
