import type { RateLimits } from "@ashlar/cache/rate-limits"
import type { Clock, IdSource } from "@ashlar/core"
import type { OutboundOptions } from "@ashlar/oauth/client"
import type { SqliteFile } from "@ashlar/sqlite"
import { createAccessTokens } from "../access-tokens.ts"
import { type AttemptLimit, addressKey, createAttemptLimit, ownLimits } from "../attempt-limit.ts"
import { SignupsClosed } from "../errors.ts"
import { createSqliteProofs } from "../factors/sqlite-proofs.ts"
import { defaultLimits, type IdentityLimits } from "../limits.ts"
import { argon2Passwords, type PasswordHasher } from "../passwords.ts"
import type { Client } from "../person.ts"
import { type Pruned, prune } from "../prune.ts"
import { type Sealer, scopeSealer } from "../sealer.ts"
import { createSessions, type Session, type Sessions, type SignedIn } from "../sessions.ts"
import { openSigningKeys, type PublicJwk } from "../signing-keys.ts"
import { createRefreshTokens } from "../tokens.ts"
import { type AppByMail, createAppByMail } from "./app-by-mail.ts"
import { type AppDirectory, createAppDirectory } from "./app-directory.ts"
import { createAppEntering } from "./app-entering.ts"
import { type AppFactors, createAppFactors } from "./app-factors.ts"
import { type AppMailer, createAppMailFlows } from "./app-mail.ts"
import { type AppOAuth, createAppOAuth } from "./app-oauth.ts"
import { type AppProviders, createAppProviders } from "./app-providers.ts"
import { type AppSettingsStore, createAppSettings } from "./app-settings.ts"
import { type AppSignIn, createPasswordSignIn } from "./app-sign-in.ts"
import { type AppSignedUp, type AppSignUp, createUnverifiedSignUp } from "./app-sign-up.ts"
import { type AppUser, claimsOf, findAppUser, toAppUser } from "./app-user.ts"

/** What the users of all projects' apps share: nothing that one project could see of another. */
export interface AppUsersOptions {
  readonly sealer: Sealer
  readonly clock: Clock
  readonly ids: IdSource
  /** Default {@link argon2Passwords} with its defaults: one queue of hashes for all projects. */
  readonly passwords?: PasswordHasher
  readonly limits?: Partial<IdentityLimits>
  /** Where attempts to sign in are counted for all nodes; who opened them closes them. Default: in this process. */
  readonly rateLimits?: RateLimits
  /** Told when `rateLimits` fail: this node then counts for itself. Default: ignored. */
  readonly onLimitsError?: (error: unknown) => void
  /** Takes users their mail. Default: nobody does. */
  readonly mailer?: AppMailer
  /** Where the routes of a project's app are, for providers to answer to. Default: nowhere. */
  readonly urlOf?: (projectId: string) => string
  /** Asks providers. Default: `createSafeFetch` of `@ashlar/security`, which reaches public addresses only. */
  readonly providerFetch?: OutboundOptions["fetch"]
  /** Told when a message could not be sent. Default: ignored. */
  readonly onMailError?: (error: unknown) => void
}

/** Where the users of one project's app are kept. */
export interface AppUsersPlace {
  readonly projectId: string
  /** The project's own file, opened with `identityFeature`. */
  readonly file: SqliteFile
}

/**
 * The users of one project's app, with tables, signing keys, issuer and sessions of their own: a token of one project, or of the
 * install, is none in another. Every call that returns has its effect on disk.
 */
export interface AppUsers extends AppFactors {
  readonly settings: AppSettingsStore
  readonly directory: AppDirectory
  /** The ways in that lead over a mailbox. */
  readonly mail: AppByMail
  /** The ways in that lead over other providers. */
  readonly oauth: AppOAuth
  readonly providers: AppProviders
  /**
   * Makes an account and signs it in. Where addresses must be confirmed first, `session` is null, mail is on its way, and an address that
   * has an account is answered as any other: only its mailbox is told.
   *
   * @throws {IDENTITY_SIGNUPS_CLOSED} @throws {IDENTITY_EMAIL_TAKEN} @throws {IDENTITY_INVALID_INPUT}
   * @throws {IDENTITY_WEAK_PASSWORD} @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {IDENTITY_BUSY} @throws {IDENTITY_REDIRECT_REFUSED}
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} where everybody shows one; the account is made then
   */
  signUp(request: AppSignUp): Promise<AppSignedUp>
  /**
   * An unknown address costs the same time and gives the same answer as a wrong password; what is wrong with an account is told to
   * who knows its password.
   *
   * @throws {IDENTITY_WRONG_CREDENTIALS} @throws {IDENTITY_ACCOUNT_DISABLED} @throws {IDENTITY_EMAIL_UNVERIFIED}
   * @throws {IDENTITY_TOO_MANY_ATTEMPTS} @throws {IDENTITY_BUSY}
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} with `details.ticket`: go on with `steps.finish`, or with `enrolling`
   */
  signIn(request: AppSignIn): Promise<Session<AppUser>>
  /** @see Identity.refresh */
  refresh(request: { readonly refreshToken: string; readonly client: Client }): Promise<Session<AppUser>>
  signOut(refreshToken: string): Promise<void>
  /**
   * Who holds this access token, as of now: a user who is disabled or deleted holds none.
   *
   * @throws {IDENTITY_TOKEN_REFUSED} @throws {IDENTITY_SESSION_ENDED}
   */
  authenticate(accessToken: string): Promise<SignedIn<AppUser>>
  readonly sessions: Pick<Sessions<AppUser>, "list" | "revoke" | "revokeAll">
  /** The public keys that verify the app's access tokens. */
  jwks(): { keys: PublicJwk[] }
  /** Deletes what is over. @param signal Ends it between two writes. */
  prune(signal?: AbortSignal): Promise<Pruned>
}

/** The `iss` of the tokens of a project's app. */
export function appIssuer(projectId: string): string {
  return `ashlar/projects/${projectId}`
}

/**
 * Makes what opens the users of a project's app. The first time it makes the project's signing key.
 *
 * @returns rejects with {IDENTITY_ROOT_KEY_MISMATCH} when the file was sealed by another root key
 */
export function createAppUsers(options: AppUsersOptions): (place: AppUsersPlace) => Promise<AppUsers> {
  const { clock, ids, passwords = argon2Passwords() } = options
  const limits: IdentityLimits = { ...defaultLimits, ...options.limits }
  const onError = options.onLimitsError ?? (() => {})
  const own = ownLimits(clock)
  const attempts = { shared: options.rateLimits, own, clock, onError }
  const perAccount = createAttemptLimit("app.account", limits.attemptsPerAccount, attempts)
  const perAddress = createAttemptLimit("app.address", limits.attemptsPerAddress, attempts)
  const perMailbox = createAttemptLimit("app.mail", limits.mailPerAddress, attempts)
  const mailer = options.mailer ?? { nameOf: (projectId) => projectId, send: async () => undefined }

  return async ({ projectId, file }) => {
    // Everything that is sealed or derived is of this project alone: refresh tokens, cursors, signing keys.
    const sealer = scopeSealer(options.sealer, `project/${projectId}`)
    const { signingKeyMs: maxAgeMs, accessTokenMs: overlapMs } = limits
    const keys = await openSigningKeys({ file, sealer, clock, maxAgeMs, overlapMs })
    const issued = { issuer: appIssuer(projectId), audience: projectId, lifetimeMs: limits.accessTokenMs }
    const accounts = {
      find(id: string): AppUser | undefined {
        const row = findAppUser(file, "id", id)
        return row === undefined || row.disabled_at !== null ? undefined : toAppUser(row)
      },
      passwordHash: (id: string): string | undefined => findAppUser(file, "id", id)?.password_hash,
    }
    const accessTokens = createAccessTokens({ keys, clock, ...issued })
    const signed = { accessTokens, refreshTokens: createRefreshTokens(sealer), limits, claimsOf }
    const sessions = createSessions({ file, clock, ids, sealer, accounts, ...signed })
    const settings = createAppSettings(file)
    const { add, ...directory } = createAppDirectory({ file, clock, ids, sealer, passwords, settings })
    const account = within(perAccount, projectId)
    const address = within(perAddress, projectId)
    const mailbox = within(perMailbox, projectId)
    const proofs = createSqliteProofs({ file, clock })
    const { flows, tell, settled } = createAppMailFlows({
      ...{ projectId, file, clock, sealer, passwords, settings, proofs, mailer, limits: own },
      onError: options.onMailError ?? (() => {}),
      add: (user) => add(user, () => []),
    })
    const takeClient = (client: Client): Promise<void> => address.take(addressKey(client.address))
    const { letIn, ...factors } = createAppFactors({
      ...{ file, clock, sealer, proofs, accounts, sessions, settings, passwords },
      ...{ perAccount: account, perAddress: address, name: () => mailer.nameOf(projectId) },
      // Counted by themselves: neither does anybody keep them back by asking for other mail, nor fill a mailbox with them.
      tell: (kind, to) => tell(kind, to, () => mailbox.take(`factors ${to}`)),
    })
    const byMail = createAppByMail({
      ...{ flows, tell, settled, file, clock, settings, proofs, letIn, takeClient },
      takeAddress: mailbox.take,
    })

    const url = (): string => options.urlOf?.(projectId) ?? ""
    const providers = createAppProviders({ file, clock, sealer, url })
    const enter = createAppEntering({ file, clock, settings, letIn, add })
    const asking = { url, fetch: options.providerFetch, enter, takeClient }
    const oauth = createAppOAuth({ clock, sealer, settings, proofs, providers, ...asking })
    const signUpUnverified = createUnverifiedSignUp({
      ...{ clock, ids, passwords, settings, byMail, add: (user) => add(user, () => []) },
      ask: (userId, page) => flows.askVerification(userId, page),
    })

    return {
      ...{ settings, directory, mail: byMail },
      ...{ oauth, providers: { list: providers.list, put: providers.put, remove: providers.remove } },
      async signUp(request) {
        const { client, email, password, name = null } = request
        const { signups, verifiedEmailOnly } = settings.read()
        if (signups === "closed") throw new SignupsClosed("This app lets nobody make an account by themselves.")
        await takeClient(client)
        if (verifiedEmailOnly) return await signUpUnverified(request)
        const { id: userId } = await add({ email, password, name }, () => [])
        const passwordHash = accounts.passwordHash(userId) ?? ""
        const session = await letIn({ userId, passwordHash, amr: ["pwd"], client })
        return { user: session.user, session, verification: null }
      },

      signIn: createPasswordSignIn({ file, passwords, takeClient, letIn, perAccount: account }),
      ...factors,
      refresh: ({ refreshToken, client }) => sessions.refresh(refreshToken, client),
      signOut: (refreshToken) => sessions.endByRefreshToken(refreshToken),
      authenticate: (accessToken) => sessions.authenticate(accessToken),
      sessions: { list: sessions.list, revoke: sessions.revoke, revokeAll: sessions.revokeAll },
      jwks: () => keys.jwks(),
      prune: (signal) => prune({ file, clock }, signal),
    }
  }
}

/** What is counted in one project is of no matter to others. */
function within(limit: AttemptLimit, projectId: string): AttemptLimit {
  return {
    take: (key) => limit.take(`${projectId}\n${key}`),
    forgive: (key) => limit.forgive(`${projectId}\n${key}`),
  }
}
