/** The three ways in: by the set-up link, by signing up, by signing in. */
import type { Clock, IdSource } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { Accounts, User } from "./accounts.ts"
import { type AttemptLimit, addressKey } from "./attempt-limit.ts"
import { EmailTaken, SignupsClosed, WrongCredentials } from "./errors.ts"
import type { FirstStep } from "./factors/sign-in-writes.ts"
import type { AcceptedInvite, Invites } from "./invites.ts"
import { checkPassword } from "./password-policy.ts"
import type { PasswordHasher } from "./passwords.ts"
import { type Client, foldEmail, normalizeEmail, normalizeName } from "./person.ts"
import type { AccountCreation, JoiningStatement } from "./procedures.ts"
import { rehash } from "./rehash.ts"
import type { Session, Sessions } from "./sessions.ts"
import type { Setup } from "./setup.ts"
import { hashToken } from "./tokens.ts"

/** More code units than any password in use has. */
const MAX_TRIED_CODE_UNITS = 1024

export interface SignUpRequest {
  readonly name: string
  readonly email: string
  readonly password: string
  readonly invite?: string
  readonly client: Client
}

export interface SetupRequest {
  readonly token: string
  readonly name: string
  readonly email: string
  readonly password: string
  readonly client: Client
}

export interface SignInRequest {
  readonly email: string
  readonly password: string
  readonly client: Client
  /** What this device was given when it was remembered. */
  readonly device?: string | undefined
}

export interface Admission {
  completeSetup(request: SetupRequest): Promise<Session>
  signUp(request: SignUpRequest): Promise<Session>
  signIn(request: SignInRequest): Promise<Session>
}

interface AdmissionOptions {
  readonly file: SqliteFile
  readonly clock: Clock
  readonly ids: IdSource
  readonly signups: "open" | "closed"
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly invites: Invites
  readonly setup: Setup
  readonly passwords: PasswordHasher
  readonly perAccount: AttemptLimit
  readonly perAddress: AttemptLimit
  /** What follows on a right password. Throws where a second factor is asked for. */
  readonly letIn: (step: FirstStep) => Promise<Session>
  readonly onInviteAccepted: (invite: AcceptedInvite) => readonly JoiningStatement[]
  readonly onAccountCreated: (user: User) => readonly JoiningStatement[]
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { file, accounts, sessions, invites, setup, passwords, perAccount, perAddress } = options

  async function createAccount(request: NewPerson, way: Way): Promise<Session> {
    const name = normalizeName(request.name)
    checkPassword(request.password, request.email)
    if (accounts.findByEmail(request.email)) throw new EmailTaken()
    const passwordHash = await passwords.hash(request.password)
    const createdAtMs = options.clock.now()
    const account = { id: options.ids(), email: request.email, name, passwordHash, createdAtMs }
    const user: User = {
      id: account.id,
      email: account.email,
      emailVerified: false,
      name,
      administrator: way.ticket?.kind === "setup",
      createdAt: new Date(createdAtMs).toISOString(),
    }
    const session = sessions.prepare(user.id, request.client)
    const { invite } = way
    const brought = invite ? options.onInviteAccepted({ scope: invite.scope, grants: invite.grants, user }) : []
    const creation: AccountCreation = {
      account,
      ...(way.ticket && { ticket: way.ticket }),
      alongside: [...session.statements, ...options.onAccountCreated(user), ...brought],
    }
    await file.call("identity.createAccount", creation)
    return await session.finish(user)
  }

  return {
    /** The token is looked at before the hash is computed, so a stranger cannot make the server work; it is spent after. */
    async completeSetup(request) {
      setup.check(request.token)
      const ticket = { kind: "setup", hash: hashToken(request.token) } as const
      return await createAccount({ ...request, email: normalizeEmail(request.email) }, { ticket })
    },

    async signUp(request) {
      if (request.invite === undefined && options.signups === "closed") throw new SignupsClosed()
      await perAddress.take(addressKey(request.client.address))
      const email = normalizeEmail(request.email)
      if (request.invite === undefined) return await createAccount({ ...request, email }, {})
      const invite = invites.find(request.invite)
      return await createAccount({ ...request, email }, { ticket: { kind: "invite", hash: invite.hash }, invite })
    },

    async signIn({ email, password, client, device }) {
      await perAddress.take(addressKey(client.address))
      // What is no address at all shares one budget: nobody is locked out by it.
      const accountKey = foldEmail(email) ?? ""
      await perAccount.take(accountKey)
      const known = accounts.credentials(email)
      const tried = password.length <= MAX_TRIED_CODE_UNITS ? password : ""
      const matches = await passwords.verify(tried, known?.passwordHash ?? passwords.decoy)
      if (!known || !matches) throw new WrongCredentials()
      const { id } = known.user
      const passwordHash = await rehash({ file, passwords }, { id, hash: known.passwordHash, password })
      const refusal = (cause: unknown) => new WrongCredentials(undefined, { cause })
      const session = await options.letIn({ userId: id, passwordHash, amr: ["pwd"], client, device, refusal })
      await perAccount.forgive(accountKey)
      return session
    },
  }
}

type NewPerson = Omit<SignUpRequest, "invite">

/** What entitles a new account: a ticket that it spends, and what an invite brings. Neither when sign-up is open. */
interface Way {
  readonly ticket?: NonNullable<AccountCreation["ticket"]>
  readonly invite?: Pick<AcceptedInvite, "scope" | "grants">
}
