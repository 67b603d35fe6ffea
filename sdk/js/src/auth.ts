import { isRequestError } from "./errors.ts"
import type { FactorProof } from "./factors.ts"
import type { PasskeyOptions } from "./passkeys.ts"
import { createSessionKeeper, type SessionKeeper, signedOut } from "./session-keeper.ts"
import type { TokenStore } from "./token-store.ts"
import { type Authorizer, createTransport, type Transport, type TransportOptions } from "./transport.ts"
import type { Authorizing, DeviceFacts, DeviceStart, MailAsked, Session, SignInWays, User } from "./wire.ts"

export interface AuthOptions extends TransportOptions {
  /** Default: memory. */
  readonly store?: TokenStore | undefined
  /** True keeps the refresh token in an HttpOnly cookie of the server; for pages that the server's own origin serves. */
  readonly cookie?: boolean | undefined
}

export interface SignUp {
  readonly name: string
  readonly email: string
  readonly password: string
  /** From an invitation; needed while the install is closed to sign-ups. */
  readonly invite?: string
}

/** What was sent by mail: the token of a link, or the code with the handle that whoever asked was given. */
export type MailShown = { readonly token: string } | { readonly handle: string; readonly code: string }

export interface SignIn {
  readonly email: string
  readonly password: string
}

/** A sign-in that waits for its second factor, for five minutes. */
export interface SecondStep {
  readonly ticket: string
  /** Empty where one is to be added. */
  readonly factors: readonly ("totp" | "passkey" | "recovery")[]
  /** Whether a factor is asked of everybody, and this one has none yet: signing in goes on by adding one. */
  readonly enrol: boolean
  readonly expiresAt: string
}

/** The second step that a sign-in asks for; undefined for any other failure. */
export function secondStepOf(error: unknown): SecondStep | undefined {
  return isRequestError(error, "IDENTITY_SECOND_FACTOR_NEEDED") ? (error.details as unknown as SecondStep) : undefined
}

export interface SetUp {
  /** From the one-time link that the server printed. */
  readonly token: string
  readonly name: string
  readonly email: string
  readonly password: string
}

/** A person's session: signs in, keeps the tokens fresh, signs out. Safe to use from many calls at once. */
export interface Auth {
  /** Creates an account and signs in. @throws {IDENTITY_SIGNUPS_CLOSED} Without an invite on a closed install. */
  signUp(input: SignUp): Promise<User>
  /** Creates the install's first administrator and signs in. @throws {IDENTITY_SETUP_LINK_SPENT} Each token works once. */
  setUp(input: SetUp): Promise<User>
  /**
   * @throws {IDENTITY_WRONG_CREDENTIALS} The same for an unknown address.
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} `secondStepOf` reads it: go on with `secondStep.finish`.
   */
  signIn(input: SignIn): Promise<User>
  /** Signing in where there is a second factor. */
  readonly secondStep: {
    /** For `showPasskey`. @throws {IDENTITY_SECOND_STEP_OVER} */
    passkeyOptions(ticket: string): Promise<PasskeyOptions>
    /** @throws {AUTH_FACTOR_WRONG} @throws {AUTH_MFA_LOCKED} @throws {AUTH_PASSKEY_REFUSED} @throws {IDENTITY_SECOND_STEP_OVER} */
    finish(step: { readonly ticket: string; readonly remember?: boolean } & FactorProof): Promise<User>
  }
  /** Signing in by a passkey, without a password. */
  readonly passkey: {
    /** For `showPasskey`. @throws {IDENTITY_PASSKEYS_UNAVAILABLE} */
    options(): Promise<PasskeyOptions>
    /** @param passkey What `showPasskey` gave. @throws {AUTH_PASSKEY_REFUSED} */
    signIn(passkey: object): Promise<User>
  }
  /** How people sign in here, besides by password and passkey. */
  ways(): Promise<SignInWays>
  /** Signing in over a mailbox, where the install sends mail and the address is confirmed. */
  readonly mail: {
    /** The answer is the same for every address. @throws {IDENTITY_MAIL_UNAVAILABLE} */
    send(email: string): Promise<MailAsked>
    /** @param shown The token of the link, or the code with the handle. @throws {AUTH_PROOF_INVALID} @throws as `signIn` */
    signIn(shown: MailShown): Promise<User>
  }
  /** Signing in by another provider, which the operator chose. */
  readonly provider: {
    /** Send the browser to `url`. `connect`: let the provider sign in whoever is signed in, from now on. */
    begin(provider: string, options?: { readonly connect?: boolean }): Promise<Authorizing>
    /**
     * Where the browser came back with a ticket. Null when a provider was connected.
     *
     * @throws {OAUTH_STATE_INVALID} {OAUTH_SIGN_IN_DENIED} {IDENTITY_LINK_REFUSED} {IDENTITY_SIGNUPS_CLOSED} @throws as `signIn`
     */
    finish(shown: { readonly ticket: string; readonly transaction?: string }): Promise<User | null>
  }
  /** Signing in by a code that a person confirms in their browser, where a password cannot be typed. */
  readonly device: {
    /** Show the person `userCode` and `verificationUrl`, then ask with `deviceCode` every `intervalSeconds`. */
    start(): Promise<DeviceStart>
    /** Null while nobody has decided. @throws {IDENTITY_DEVICE_DENIED} @throws {IDENTITY_DEVICE_CODE_SPENT} */
    claim(deviceCode: string): Promise<User | null>
    /** Who asks with this code, for the person who is signed in. @throws {IDENTITY_DEVICE_CODE_SPENT} */
    check(userCode: string): Promise<DeviceFacts>
    /** Lets them in as the person who is signed in, or refuses them. @throws {IDENTITY_DEVICE_CODE_SPENT} */
    decide(decision: { readonly userCode: string; readonly approve: boolean }): Promise<void>
  }
  /** Takes up a session that the store or the cookie still has; null when there is none. Call it once when a page loads. */
  restore(): Promise<User | null>
  /** Renews the tokens now. Calls renew by themselves, so this is rarely needed. @throws {SDK_SIGNED_OUT} Without a session. */
  refresh(): Promise<User>
  /** Ends the session on the server, and forgets it here even when the server cannot be reached. */
  signOut(): Promise<void>
  /** The signed-in person, as the server sees them now. @throws {SDK_SIGNED_OUT} Without a session. */
  me(): Promise<User>
  /** The kept session, or null. Asks no server. */
  session(): Promise<Session | null>
  /** Tells of every sign-in, renewal and sign-out. The answer stops the telling. */
  onChange(listener: (session: Session | null) => void): () => void
  /** Credentials for a transport: renewed before they run out, and once after a 401. */
  readonly authorizer: Authorizer
}

/** Makes the session of one person with one server. */
export function createAuth(options: AuthOptions): Auth {
  const cookie = options.cookie === true
  const anonymous = createTransport({ ...options, authorizer: undefined })
  const keeper = createSessionKeeper<Session>({
    ...{ transport: anonymous, store: options.store, cookie },
    refreshPath: "/v1/auth/refresh",
  })
  const signedIn = createTransport({ ...options, authorizer: keeper.authorizer })

  const kept = (input: object): object => (cookie ? { ...input, cookie } : input)
  async function begin(path: string, input: object): Promise<User> {
    const session = await anonymous.json<Session>({ method: "POST", path, json: kept(input) })
    await keeper.change(session)
    return session.user
  }

  return {
    authorizer: keeper.authorizer,
    onChange: keeper.onChange,
    session: keeper.load,
    signUp: (input) => begin("/v1/auth/signup", input),
    signIn: ({ email, password }) => begin("/v1/auth/signin", { email, password }),
    setUp: (input) => begin("/v1/setup", input),
    secondStep: {
      passkeyOptions: (ticket) =>
        anonymous.json({ method: "POST", path: "/v1/auth/signin/factor/options", json: { ticket } }),
      finish: (step) => begin("/v1/auth/signin/factor", step),
    },
    passkey: {
      options: () => anonymous.json({ method: "POST", path: "/v1/auth/signin/passkey/options" }),
      signIn: (passkey) => begin("/v1/auth/signin/passkey", { passkey }),
    },
    ways: () => anonymous.json({ path: "/v1/auth/ways" }),
    mail: {
      send: (email) => anonymous.json({ method: "POST", path: "/v1/auth/mail/send", json: kept({ email }) }),
      signIn: (shown) => begin("/v1/auth/mail", shown),
    },
    provider: {
      begin: (provider, { connect = false } = {}) =>
        (connect ? signedIn : anonymous).json({
          ...{ method: "POST", path: "/v1/auth/authorize" },
          json: kept({ provider, ...(connect && { connect }) }),
        }),
      async finish(shown) {
        // Who is signed in may have begun it to connect a provider.
        const transport = (await keeper.load()) === null ? anonymous : signedIn
        const { session } = await transport.json<{ readonly session: Session | null }>({
          ...{ method: "POST", path: "/v1/auth/callback" },
          json: kept(shown),
        })
        if (session === null) return null
        await keeper.change(session)
        return session.user
      },
    },
    device: createDevice({ anonymous, signedIn, keeper }),
    refresh: async () => (await keeper.renew()).user,
    async restore() {
      const kept = await keeper.load()
      if (kept) return kept.user
      if (!cookie) return null
      try {
        return (await keeper.renew()).user
      } catch (error) {
        if (isRequestError(error) && error.status === 401) return null
        throw error
      }
    },
    async signOut() {
      try {
        await signedIn.json({ method: "POST", path: "/v1/auth/signout" })
      } catch (error) {
        if (!isEnded(error)) throw error
      } finally {
        await keeper.change(null)
      }
    },
    async me() {
      if (!(await keeper.load())) throw signedOut()
      return signedIn.json<User>({ path: "/v1/auth/me" })
    },
  }
}

/** True when there was no session any more to sign out of, which is what signing out wants. */
function isEnded(error: unknown): boolean {
  if (!isRequestError(error)) return false
  return error.status === 401 || error.code === "SDK_SIGNED_OUT" || error.code === "IDENTITY_SESSION_NOT_FOUND"
}

function createDevice(parts: {
  readonly anonymous: Transport
  readonly signedIn: Transport
  readonly keeper: Pick<SessionKeeper<Session>, "change">
}): Auth["device"] {
  const { anonymous, signedIn, keeper } = parts
  return {
    start: () => anonymous.json({ method: "POST", path: "/v1/auth/device" }),
    async claim(deviceCode) {
      try {
        const path = "/v1/auth/device/claim"
        const session = await anonymous.json<Session>({ method: "POST", path, json: { deviceCode } })
        await keeper.change(session)
        return session.user
      } catch (error) {
        if (isRequestError(error, "IDENTITY_DEVICE_PENDING")) return null
        throw error
      }
    },
    check: (userCode) => signedIn.json({ method: "POST", path: "/v1/auth/device/check", json: { userCode } }),
    decide: (json) => signedIn.json({ method: "POST", path: "/v1/auth/device/decide", json }),
  }
}
