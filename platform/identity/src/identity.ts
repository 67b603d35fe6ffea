import type { ProofStore } from "@ashlar/auth/proofs"
import type { RateLimits } from "@ashlar/cache/rate-limits"
import type { Clock, IdSource } from "@ashlar/core"
import type { OutboundOptions } from "@ashlar/oauth/client"
import type { SqliteFile } from "@ashlar/sqlite"
import { createAccessTokens } from "./access-tokens.ts"
import type { NoteAccount } from "./account-notes.ts"
import {
  type ChangePassword,
  createChangePassword,
  createRequireStepUp,
  type RequireStepUp,
} from "./account-password.ts"
import { type AccountResets, createAccountResets } from "./account-reset.ts"
import { type Accounts, createAccounts, type User } from "./accounts.ts"
import { createAdmission, type SetupRequest, type SignInRequest, type SignUpRequest } from "./admission.ts"
import { type AttemptLimit, createAttemptLimit, ownLimits } from "./attempt-limit.ts"
import { createDevices, type Devices } from "./devices.ts"
import { noteFactors } from "./factors/noted-factors.ts"
import {
  createSecondFactors,
  type FactorRules,
  type PasskeyPlace,
  type SecondFactors,
} from "./factors/second-factors.ts"
import { createSignInSteps, type SignInSteps } from "./factors/sign-in-steps.ts"
import { createSqliteProofs } from "./factors/sqlite-proofs.ts"
import {
  type AcceptedInvite,
  createInvites,
  type FoundInvite,
  type InviteRequest,
  type PreparedInvite,
  WITHDRAW_INVITE,
} from "./invites.ts"
import { defaultLimits, type IdentityLimits } from "./limits.ts"
import { argon2Passwords, type PasswordHasher } from "./passwords.ts"
import { createPeopleByMail, type PeopleByMail } from "./people/people-by-mail.ts"
import type { PeopleEnteringParts } from "./people/people-entering.ts"
import { createPeopleOAuth, type PeopleOAuth } from "./people/people-oauth.ts"
import { openPeopleProviders, type PeopleProviderInput } from "./people/people-providers.ts"
import type { SendPersonMail } from "./people/person-mail.ts"
import type { Client } from "./person.ts"
import type { JoiningStatement } from "./procedures.ts"
import { type Pruned, prune } from "./prune.ts"
import type { Sealer } from "./sealer.ts"
import { createSessions, type Session, type Sessions } from "./sessions.ts"
import { createSetup, type Setup } from "./setup.ts"
import { openSigningKeys, type PublicJwk } from "./signing-keys.ts"
import { createRefreshTokens } from "./tokens.ts"

export interface IdentityOptions {
  /** The system file, opened with {@link identityFeature}. */
  readonly file: SqliteFile
  readonly sealer: Sealer
  readonly clock: Clock
  readonly ids: IdSource
  /** Who signs the access tokens: the `iss` claim, such as the install's address. */
  readonly issuer: string
  /** Whom the access tokens are for: the `aud` claim. Default "ashlar". */
  readonly audience?: string
  /** Where passkeys are made and shown; undefined: nowhere. Asked when factors are dealt with. Default: nowhere. */
  readonly passkeys?: () => PasskeyPlace | undefined
  /** "open" lets anybody sign up; "closed" only whoever holds an invite. */
  readonly signups: "open" | "closed"
  /** What an accepted invite brings about. The statements commit with the new account, or neither does. */
  readonly onInviteAccepted?: (invite: AcceptedInvite) => readonly JoiningStatement[]
  /** What every new account brings about, in the transaction that makes it. */
  readonly onAccountCreated?: (user: User) => readonly JoiningStatement[]
  /** What notes a change of how somebody gets in. Default: nothing. */
  readonly onAccountChanged?: NoteAccount
  /** Default {@link argon2Passwords} with its defaults. */
  /** Takes people their mail. Default: nobody does, and there is no way in by it. */
  readonly sendMail?: SendPersonMail | undefined
  /** Told when a message could not be sent. Default: ignored. */
  readonly onMailError?: (error: unknown) => void
  /** Where people open the console: links in mail and providers lead there. Asked when one is made. Default: `http://localhost`. */
  readonly consoleUrl?: () => string
  /** Who else signs people in. Default: nobody. */
  readonly providers?: readonly PeopleProviderInput[]
  /** Asks providers. Default: `createSafeFetch` of `@ashlar/security`, which reaches public addresses only. */
  readonly providerFetch?: OutboundOptions["fetch"]
  readonly passwords?: PasswordHasher
  readonly limits?: Partial<IdentityLimits>
  /** Where attempts to sign in are counted for all nodes; who opened them closes them. Default: in this process. */
  readonly rateLimits?: RateLimits
  /** Told when `rateLimits` fail: this node then counts for itself. Default: ignored. */
  readonly onLimitsError?: (error: unknown) => void
}

/** What other parts of the platform may know about people. */
export interface People {
  find(id: string): User | undefined
  /** Finds by any spelling of the address. */
  findByEmail(email: string): User | undefined
  /**
   * Prepares an invite: it exists once the inviter has committed its statements with a change of its own.
   *
   * @throws {IDENTITY_INVALID_INPUT} when the email is no address
   */
  prepareInvite(request: InviteRequest): PreparedInvite
  /** SQL that makes the invite of an address to a scope worthless: the two are its parameters. */
  readonly withdrawInvite: string
  /**
   * What an invite is to, for somebody who has an account already.
   *
   * @throws {IDENTITY_INVITE_SPENT} when it is used, withdrawn, expired or unknown @throws {IDENTITY_INVITE_FOR_ANOTHER}
   */
  findInvite(token: string, holder: Pick<User, "email">): FoundInvite
  /** Everybody, in no order. */
  ids(): readonly string[]
}

/** Accounts of the people who use an install, and their sessions. Every call that returns has its effect on disk. */
export interface Identity {
  readonly signups: "open" | "closed"
  readonly setup: Setup & {
    /**
     * Makes the first administrator and signs them in. Of calls that race with one token exactly one succeeds.
     *
     * @throws {IDENTITY_SETUP_LINK_SPENT} when the token is used, expired or unknown
     * @throws {IDENTITY_INVALID_INPUT} @throws {IDENTITY_WEAK_PASSWORD} the token then still works
     */
    complete(request: SetupRequest): Promise<Session>
  }
  /**
   * Makes an account and signs it in.
   *
   * @throws {IDENTITY_SIGNUPS_CLOSED} without an invite when sign-up is closed
   * @throws {IDENTITY_INVITE_SPENT} @throws {IDENTITY_INVITE_FOR_ANOTHER}
   * @throws {IDENTITY_INVALID_INPUT} @throws {IDENTITY_WEAK_PASSWORD} @throws {IDENTITY_EMAIL_TAKEN}
   * @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {IDENTITY_BUSY}
   */
  signUp(request: SignUpRequest): Promise<Session>
  /**
   * Signs a person in. An unknown address costs the same time and gives the same answer as a wrong password.
   *
   * @throws {IDENTITY_WRONG_CREDENTIALS}
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} with `details.ticket`: go on with `steps.finish`
   * @throws {IDENTITY_TOO_MANY_ATTEMPTS} with `details.retryAfterSeconds`, for known and unknown addresses alike
   * @throws {IDENTITY_BUSY}
   */
  signIn(request: SignInRequest): Promise<Session>
  /**
   * Trades a refresh token for its successor and a new access token. Within the grace the previous token gives the
   * same successor; any other reuse ends the session.
   *
   * @throws {IDENTITY_SESSION_ENDED} with `details.reason`: "unknown", "expired" or "reused"
   */
  refresh(request: { readonly refreshToken: string; readonly client: Client }): Promise<Session>
  /** Ends the session of a refresh token; a token that is not ours ends nothing, quietly. */
  signOut(refreshToken: string): Promise<void>
  /**
   * Who holds this access token, as of now: a revoked session is refused although its token has minutes to live.
   *
   * @throws {IDENTITY_TOKEN_REFUSED} with `details.reason` "expired" or "invalid"
   * @throws {IDENTITY_SESSION_ENDED} when the session was signed out, revoked or has expired
   */
  authenticate(accessToken: string): ReturnType<Sessions["authenticate"]>
  /** The sessions of a person: `list` pages newest first; the others end sessions at once. */
  readonly sessions: Pick<Sessions, "list" | "revokeAll"> & {
    /** @param session `isSignOut`: it ends itself, which is nothing to note. @throws {IDENTITY_SESSION_NOT_FOUND} */
    revoke(session: {
      readonly userId: string
      readonly sessionId: string
      readonly isSignOut?: boolean
    }): Promise<void>
  }
  /** The ways in that lead over a mailbox, and addresses. */
  readonly mail: PeopleByMail
  /** The ways in that lead over other providers. */
  readonly oauth: PeopleOAuth
  /** Sets a new password. @see ChangePassword */
  readonly changePassword: ChangePassword
  /** The way back for who lost their password or their factors. */
  readonly resets: AccountResets
  /** Second factors of people. */
  readonly factors: SecondFactors
  /** Signing in by them. */
  readonly steps: Omit<SignInSteps<User>, "letIn" | "enroller" | "finishEnrolled">
  /** Signing in by a code that somebody confirms in their browser. */
  readonly devices: Devices
  readonly people: People
  /** The public keys that verify access tokens: the signing one, and those it replaced within the overlap. @see RFC 7517 */
  jwks(): { keys: PublicJwk[] }
  /** Deletes sessions, invites and set-up links that are over. To be called now and then. */
  prune(signal?: AbortSignal): Promise<Pruned>
  /** Replaces the signing key now, as after a suspected leak of it. Tokens already out stay valid for their minutes. */
  rotateSigningKey(): Promise<void>
}

/**
 * Opens identity on the system file. The first time it makes the signing key.
 *
 * @throws {IDENTITY_ROOT_KEY_MISMATCH} when the file was sealed by another root key
 */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  const { file, sealer, clock, ids, issuer, audience = "ashlar", signups } = options
  const limits: IdentityLimits = { ...defaultLimits, ...options.limits }
  const { signingKeyMs: maxAgeMs, accessTokenMs: overlapMs } = limits
  const keys = await openSigningKeys({ file, sealer, clock, maxAgeMs, overlapMs })
  const accounts = createAccounts(file)
  const accessTokens = createAccessTokens({ keys, clock, issuer, audience, lifetimeMs: limits.accessTokenMs })
  const refreshTokens = createRefreshTokens(sealer)
  const sessions = createSessions({ file, clock, ids, sealer, accounts, accessTokens, refreshTokens, limits })
  const invites = createInvites({ file, clock, inviteMs: limits.inviteMs })
  const setup = createSetup({ file, clock, accounts, setupTokenMs: limits.setupTokenMs })
  const attempts = {
    ...{ shared: options.rateLimits, own: ownLimits(clock), clock },
    onError: options.onLimitsError ?? (() => {}),
  }
  const store = createSqliteProofs({ file, clock })
  const place = options.passkeys ?? (() => undefined)
  const note = options.onAccountChanged ?? (() => [])
  const rules = (): FactorRules => ({
    name: "Ashlar",
    policy: "optional",
    passkeys: place(),
    deviceDays: limits.rememberDeviceDays,
  })
  const factors = noteFactors(createSecondFactors({ store, sealer, clock, sessions, rules }), {
    file,
    note,
    find: accounts.find,
  })
  const requireStepUp = createRequireStepUp({ factors, clock })
  const passwords = options.passwords ?? argon2Passwords()
  const perAccount = createAttemptLimit("sign-in.account", limits.attemptsPerAccount, attempts)
  const perAddress = createAttemptLimit("sign-in.address", limits.attemptsPerAddress, attempts)
  const shared = { file, clock, accounts, sessions, passwords, perAccount, perAddress, note }
  const { letIn, ...steps } = createSignInSteps({
    ...{ ...shared, store, factors },
    noteLink: (user, { provider, issuer, subject }) =>
      note({ user, action: "account.identity.link", details: { provider, issuer, subject } }),
  })
  const { mail, oauth } = openWays(options, { ...shared, store, requireStepUp, letIn, attempts, limits })
  const { signUp, signIn, completeSetup } = createAdmission({
    ...{ ...shared, ids, signups, invites, setup },
    letIn,
    onInviteAccepted: options.onInviteAccepted ?? (() => []),
    onAccountCreated: options.onAccountCreated ?? (() => []),
  })
  const devices = createDevices({
    ...{ file, clock, sessions, limits, find: accounts.find },
    perAccount: createAttemptLimit("device.account", limits.attemptsPerAccount, attempts),
    perAddress: createAttemptLimit("device.address", limits.attemptsPerAddress, attempts),
  })
  return {
    signups,
    resets: createAccountResets(shared),
    factors,
    steps,
    devices,
    setup: { ...setup, complete: completeSetup },
    signUp,
    signIn,
    refresh: ({ refreshToken, client }) => sessions.refresh(refreshToken, client),
    signOut: (refreshToken) => sessions.endByRefreshToken(refreshToken),
    authenticate: (accessToken) => sessions.authenticate(accessToken),
    changePassword: createChangePassword({ file, passwords, requireStepUp, note, tell: mail.tellPassword }),
    ...{ mail, oauth },
    sessions: { list: sessions.list, revokeAll: sessions.revokeAll, revoke: noteRevoked(shared) },
    people: {
      find: accounts.find,
      findByEmail: accounts.findByEmail,
      prepareInvite: invites.prepare,
      withdrawInvite: WITHDRAW_INVITE,
      findInvite: invites.findFor,
      ids: accounts.ids,
    },
    jwks: () => keys.jwks(),
    prune: (signal) => prune({ file, clock }, signal),
    rotateSigningKey: () => keys.rotate(),
  }
}

/** What the ways in beside a password stand on. */
interface WaysParts extends Pick<PeopleEnteringParts, "accounts" | "passwords" | "note" | "letIn"> {
  readonly store: ProofStore
  readonly requireStepUp: RequireStepUp
  readonly perAddress: AttemptLimit
  readonly attempts: Parameters<typeof createAttemptLimit>[2]
  readonly limits: IdentityLimits
}

/** Over a mailbox, and over providers. */
function openWays(options: IdentityOptions, parts: WaysParts): Pick<Identity, "mail" | "oauth"> {
  const { file, clock, ids, sealer, onMailError: onError = () => {}, onAccountCreated = () => [] } = options
  const consoleUrl = options.consoleUrl ?? (() => "http://localhost")
  const entering = { ...parts, file, clock, sealer, consoleUrl }
  const perMailbox = createAttemptLimit("people.mail", parts.limits.mailPerAddress, parts.attempts)
  return {
    mail: createPeopleByMail({
      ...{ ...entering, perMailbox, limits: parts.attempts.own, send: options.sendMail, onError },
    }),
    oauth: createPeopleOAuth({
      ...{ ...entering, ids, fetch: options.providerFetch, onAccountCreated },
      providers: openPeopleProviders(options.providers ?? []),
    }),
  }
}

/** Ends a session, and notes it unless it ended itself. */
function noteRevoked(parts: {
  readonly file: SqliteFile
  readonly accounts: Accounts
  readonly sessions: Pick<Sessions, "revoke">
  readonly note: NoteAccount
}): Identity["sessions"]["revoke"] {
  const { file, accounts, sessions, note } = parts
  return async ({ isSignOut = false, ...session }) => {
    await sessions.revoke(session)
    const user = isSignOut ? undefined : accounts.find(session.userId)
    if (user === undefined) return
    const noted = note({ user, action: "account.session.end", details: { sessionId: session.sessionId } })
    if (noted.length > 0) await file.write(noted)
  }
}
