import { type AppFactors, createAppFactors } from "./app-factors.ts"
import { type AppMail, createAppMail } from "./app-mail.ts"
import { type AppOAuth, createAppOAuth } from "./app-oauth.ts"
import { isRequestError } from "./errors.ts"
import { path } from "./path.ts"
import { createSessionKeeper, signedOut } from "./session-keeper.ts"
import type { TokenStore } from "./token-store.ts"
import { type Authorizer, createTransport, type TransportOptions } from "./transport.ts"
import type { AppSession, AppSignedUp, AppUser, DeviceToken, Page, PageOptions, SessionInfo } from "./wire.ts"

export interface AppAuthOptions extends TransportOptions {
  /** A slug or an id, or `self`: the project of the key. */
  readonly project: string
  /** Default: memory. */
  readonly store?: TokenStore<AppSession> | undefined
  /** What this device is known by where it is remembered: `webTokenStore(localStorage, "ashlar.device")`. Default: memory. */
  readonly devices?: TokenStore<DeviceToken> | undefined
}

export interface AppSignUp {
  readonly email: string
  readonly password: string
  readonly name?: string
  /** One of the pages that the app's settings name: where the link leads that confirms the address. */
  readonly redirectTo?: string
}

/** The user of an app: signs up and in, keeps the tokens fresh, signs out. Safe to use from many calls at once. */
export interface AppAuth extends AppMail, AppOAuth, AppFactors {
  /**
   * Makes an account of the app and signs in. Where addresses must be confirmed first, nobody is signed in yet: `verify({ code })` is
   * next, with the code that was sent.
   *
   * @throws {IDENTITY_SIGNUPS_CLOSED} @throws {IDENTITY_EMAIL_TAKEN} @throws {IDENTITY_WEAK_PASSWORD}
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} where everybody shows one: the account is made, and `secondStep.enrollApp` is next
   */
  signUp(input: AppSignUp): Promise<AppUser>
  /**
   * @throws {IDENTITY_WRONG_CREDENTIALS} The same for an unknown address. @throws {IDENTITY_EMAIL_UNVERIFIED}
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} `secondStepOf` reads it: go on with `secondStep`. So do the ways in by mail and by providers.
   */
  signIn(input: { readonly email: string; readonly password: string }): Promise<AppUser>
  /** Ends the session on the server, and forgets it here even when the server cannot be reached. */
  signOut(): Promise<void>
  /** Where the user is signed in. @throws {SDK_SIGNED_OUT} Without a session. */
  readonly sessions: {
    /** Newest first. */
    list(page?: PageOptions): Promise<Page<SessionInfo>>
    /** Ends one of them at once. @throws {IDENTITY_SESSION_NOT_FOUND} */
    revoke(id: string): Promise<void>
  }
  /** The kept user, or null. Asks no server: what the rules see of the user may be newer. */
  user(): Promise<AppUser | null>
  /** The user as the server sees them now. @throws {SDK_SIGNED_OUT} Without a session. */
  me(): Promise<AppUser>
  /** Renews the tokens now. Calls renew by themselves, so this is rarely needed. @throws {SDK_SIGNED_OUT} Without a session. */
  refresh(): Promise<AppUser>
  /** The kept session, or null. Asks no server. */
  session(): Promise<AppSession | null>
  /** Tells of every sign-in, renewal and sign-out. The answer stops the telling. */
  onChange(listener: (user: AppUser | null) => void): () => void
  /** The user's token for a transport: renewed before it runs out, and once after a 401. */
  readonly authorizer: Authorizer
}

/** Makes the session of one user with one project's app. `authorizer` holds the project's key. */
export function createAppAuth({ project, store, devices, ...options }: AppAuthOptions): AppAuth {
  const root = path`/v1/projects/${project}/auth`
  const nobody = createTransport({ ...options, user: undefined })
  const keeper = createSessionKeeper<AppSession>({
    ...{ transport: nobody, store, cookie: false },
    refreshPath: `${root}/refresh`,
  })
  const signedIn = createTransport({ ...options, user: keeper.authorizer })
  const { device, ...factors } = createAppFactors({ root, nobody, signedIn, keeper, devices })
  const { expect, ...mail } = createAppMail({ root, nobody, signedIn, keeper, device })
  return {
    ...factors,
    ...mail,
    ...createAppOAuth({ root, nobody, signedIn, keeper, device }),
    sessions: {
      list: ({ limit, cursor } = {}) => signedIn.json({ path: `${root}/sessions`, query: { limit, cursor } }),
      revoke: (id) => signedIn.json({ method: "DELETE", path: root + path`/sessions/${id}` }),
    },
    authorizer: keeper.authorizer,
    session: keeper.load,
    onChange: (listener) => keeper.onChange((session) => listener(session === null ? null : session.user)),
    user: async () => (await keeper.load())?.user ?? null,
    refresh: async () => (await keeper.renew()).user,
    async signUp({ email, password, name, redirectTo }) {
      const json = {
        email,
        password,
        ...(name !== undefined && { name }),
        ...(redirectTo !== undefined && { redirectTo }),
      }
      const { user, session, verification } = await nobody.json<AppSignedUp>({
        method: "POST",
        path: `${root}/signup`,
        json,
      })
      if (verification) expect("verify", verification)
      await keeper.change(session)
      return user
    },
    async signIn({ email, password }) {
      const json = { email, password, ...(await device()) }
      const session = await nobody.json<AppSession>({ method: "POST", path: `${root}/signin`, json })
      await keeper.change(session)
      return session.user
    },
    async signOut() {
      try {
        if (await keeper.load()) await signedIn.json({ method: "POST", path: `${root}/signout` })
      } catch (error) {
        // Without a session any more to sign out of, there is nothing left to do.
        if (!isRequestError(error) || (error.status !== 401 && error.code !== "SDK_SIGNED_OUT")) throw error
      } finally {
        await keeper.change(null)
      }
    },
    async me() {
      if (!(await keeper.load())) throw signedOut()
      return signedIn.json<AppUser>({ path: `${root}/me` })
    },
  }
}
