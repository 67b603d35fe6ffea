import { createHash, randomBytes } from "node:crypto"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { AshlarError, Clock } from "@ashlar/core"
import { type SqliteFile, SqlitePrecondition, type Statement } from "@ashlar/sqlite"
import { SecondFactorNeeded, SecondStepOver } from "../errors.ts"
import type { Client } from "../person.ts"
import { hasSecondFactor, type Session, type Sessions } from "../sessions.ts"

/** Whoever signs in, as far as signing in goes. */
export interface Enterer {
  readonly id: string
  readonly email: string
  readonly name: string | null
}

/** Somebody who has shown the first thing that lets them in. */
export interface FirstStep {
  readonly userId: string
  /** As it was when that was looked at: whoever has another one by now, or may not come in any more, is let in by nothing older. */
  readonly passwordHash: string
  readonly amr: readonly string[]
  readonly client: Client
  /** What this device was given when it was remembered. */
  readonly device?: string | undefined
  /** By whom they came, when they shall be known by it from now on. */
  readonly link?: ProviderLink | undefined
  /** What is said when it is not so any more. Default: {IDENTITY_SECOND_STEP_OVER}. */
  readonly refusal?: (cause: unknown) => AshlarError
}

/** Somebody of a provider. */
export interface ProviderLink {
  readonly provider: string
  readonly issuer: string
  readonly subject: string
}

const KIND = "sign-in-step"
const STEP_MS = 5 * 60_000
/** Steps of one account that wait; one more ends the oldest. */
const MAX_STEPS = 10
const TICKET = /^si_[A-Za-z0-9_-]{43}$/
/** What a ticket stands for. */
interface Waiting {
  readonly amr: readonly string[]
  /** Changes with the password, so that a step of the old one is over. */
  readonly mark: string
  readonly link?: ProviderLink
}

/** Finds whoever may have a session now, and what is kept of their password. */
export interface Enterers<Account> {
  find(id: string): Account | undefined
  passwordHash(id: string): string | undefined
}

/** Somebody who waits for their second step. */
export interface Waiter<Account> {
  readonly account: Account
  readonly step: Omit<FirstStep, "client">
  readonly sinceMs: number
}

/** What signing in writes, each in one commit with what makes it good: whatever ends sessions comes before it, or ends it as well. */
export interface SignInWrites<Account> {
  /** @throws {IDENTITY_SECOND_STEP_OVER} or `refusal` of the step */
  begin(step: FirstStep, guards?: readonly Statement[]): Promise<Session<Account>>
  /** Makes a ticket for the second step. @throws {IDENTITY_SECOND_FACTOR_NEEDED} @throws as `begin` */
  postpone(step: FirstStep, factors: readonly string[]): Promise<never>
  /** Whose a ticket is. @throws {IDENTITY_SECOND_STEP_OVER} */
  holderOf(ticket: string): Promise<Waiter<Account>>
  /** Of all who finish with one ticket one is signed in; none whose ticket was ended meanwhile. */
  spend(ticket: string): Statement
}

export function createSignInWrites<Account extends Enterer>(parts: {
  readonly file: SqliteFile
  readonly store: ProofStore
  readonly clock: Clock
  readonly accounts: Enterers<Account>
  readonly sessions: Pick<Sessions<Account>, "prepare">
  /** What notes that somebody is known by a provider from now on. Default: nothing. */
  readonly noteLink?: (account: Account, link: ProviderLink) => readonly Statement[]
}): SignInWrites<Account> {
  const { file, store, clock, accounts, sessions } = parts

  /** Writes, if all of it is still so. */
  async function write(statements: readonly Statement[], refusal: FirstStep["refusal"]): Promise<void> {
    try {
      await file.write(statements)
    } catch (error) {
      if (!(error instanceof SqlitePrecondition)) throw error
      throw refusal?.(error) ?? new SecondStepOver(undefined, { cause: error })
    }
  }
  async function begin(
    { userId, passwordHash, amr, client, link, refusal }: FirstStep,
    guards: readonly Statement[] = [],
  ): Promise<Session<Account>> {
    const nowMs = clock.now()
    const session = sessions.prepare(userId, client, { amr: [...new Set(amr)], authTimeMs: nowMs })
    const enters = { sql: hasSecondFactor({ amr }) ? ENTER : ENTER_BY_ONE, params: [nowMs, userId, passwordHash] }
    const brought = link === undefined ? [] : linkStatements(link, userId, nowMs)
    await write([...guards, { ...enters, expectChanges: 1 }, ...session.statements, ...brought], refusal)
    const account = accounts.find(userId)
    if (account === undefined) throw new SecondStepOver()
    return await session.finish(account)
  }
  function linkStatements(link: ProviderLink, userId: string, nowMs: number): readonly Statement[] {
    const account = accounts.find(userId)
    return [linkOf(link, userId, nowMs), ...((account && parts.noteLink?.(account, link)) ?? [])]
  }
  async function postpone(
    { userId, passwordHash, amr, link, refusal }: FirstStep,
    known: readonly string[],
  ): Promise<never> {
    const ticket = `si_${randomBytes(32).toString("base64url")}`
    const createdMs = clock.now()
    const expiresMs = createdMs + STEP_MS
    const waiting: Waiting = { amr, mark: hash(passwordHash), ...(link !== undefined && { link }) }
    const row = [KIND, hash(ticket), userId, JSON.stringify(waiting), createdMs, expiresMs, userId, passwordHash]
    await write(
      [
        { sql: MAKE_ROOM, params: [userId] },
        { sql: POSTPONE, params: row, expectChanges: 1 },
      ],
      refusal,
    )
    throw new SecondFactorNeeded(undefined, {
      details: { ticket, factors: known, enrol: known.length === 0, expiresAt: new Date(expiresMs).toISOString() },
    })
  }
  async function holderOf(ticket: string): Promise<Waiter<Account>> {
    const found = TICKET.test(ticket) ? await store.find(KIND, hash(ticket)) : undefined
    const account = found && accounts.find(found.userId)
    const passwordHash = found && accounts.passwordHash(found.userId)
    if (!found || !account || passwordHash === undefined) throw new SecondStepOver()
    const { amr, mark, link } = JSON.parse(found.data) as Waiting
    if (mark !== hash(passwordHash)) throw new SecondStepOver()
    return { account, step: { userId: account.id, passwordHash, amr, link }, sinceMs: found.createdMs }
  }
  const spend = (ticket: string): Statement => ({ sql: SPEND, params: [hash(ticket), clock.now()], expectChanges: 1 })

  return { begin, postpone, holderOf, spend }
}

const ENTER = "UPDATE identity_accounts SET signed_in_at = ? WHERE id = ? AND password_hash = ? AND disabled_at IS NULL"
/** One step is not enough any more where a second one came to be asked of everybody in the meantime. */
const ENTER_BY_ONE = `${ENTER} AND NOT EXISTS (
  SELECT 1 FROM identity_settings WHERE name = 'app' AND value ->> '$.mfa' = 'required')`
const POSTPONE = `INSERT INTO identity_proofs (kind, id, user_id, counter, data, created_at, expires_at)
  SELECT ?, ?, ?, 0, ?, ?, ?
  WHERE EXISTS (SELECT 1 FROM identity_accounts WHERE id = ? AND password_hash = ? AND disabled_at IS NULL)`
const MAKE_ROOM = `DELETE FROM identity_proofs WHERE n IN (
  SELECT n FROM identity_proofs WHERE user_id = ? AND kind = '${KIND}' ORDER BY n DESC LIMIT -1 OFFSET ${MAX_STEPS - 1})`
const SPEND = `DELETE FROM identity_proofs WHERE kind = '${KIND}' AND id = ? AND expires_at > ?`

/** Ends the steps of somebody that wait for their second one: with their sessions, whenever those end. */
export function endSteps(userId: string): Pick<Statement, "sql" | "params"> & { readonly params: readonly string[] } {
  return { sql: `DELETE FROM identity_proofs WHERE user_id = ? AND kind = '${KIND}'`, params: [userId] }
}

/** From now on somebody is known by what a provider calls them. */
export function linkOf({ provider, issuer, subject }: ProviderLink, userId: string, nowMs: number): Statement {
  return {
    sql: "INSERT OR IGNORE INTO identity_links (issuer, subject, user_id, provider, linked_at) VALUES (?, ?, ?, ?, ?)",
    params: [issuer, subject, userId, provider, nowMs],
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url")
}
