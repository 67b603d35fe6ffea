import type { Service } from "@ashlar/core"
import type { BaseContext } from "@ashlar/http"
import { type CookieAttributes, type Cookies, createCookies } from "@ashlar/http/cookies"
import { CredentialsMissing } from "../errors.ts"
import { authorizationOf } from "../guards/authorization.ts"
import { type CredentialSource, type Guard, guardOf, refused } from "../guards/guard.ts"
import type { Principal } from "../principal.ts"
import type { Session, SessionBeginning, SessionClient, SignIn } from "./session.ts"
import type { SessionChanges, Sessions } from "./sessions.ts"

type MaybePromise<T> = T | Promise<T>

/** What is true of a user now, where the session says what was when it began. */
export interface Loaded<Claims extends object> {
  readonly roles?: readonly string[]
  readonly permissions?: readonly string[]
  readonly claims: Claims
}

export interface SessionGuardOptions<Claims extends object> {
  /** What {@link openSessions} gives, or the service that is one. */
  readonly sessions: Sessions | Service<Sessions>
  /** Default `session`. */
  readonly name?: string
  /** The cookie. Default: `__Host-session`, `SameSite=Lax`, `Secure`, `HttpOnly`, as long as the session. */
  readonly cookie?: Pick<CookieAttributes, "domain" | "sameSite" | "secure" | "partitioned"> & {
    /** Default: the guard's name. */
    readonly name?: string
    readonly prefix?: "__Host-" | "__Secure-" | ""
  }
  /** Take tokens as `Authorization: Bearer` too, for apps that are no browser. Default: no. */
  readonly bearer?: boolean
  /**
   * Asked in each request what is true of the user now, so that a role that was taken away counts at once. `undefined`: the user may not
   * come in any more. Default: what the session says.
   */
  readonly load?: (session: Session, ctx: BaseContext) => MaybePromise<Loaded<Claims> | undefined>
}

/** `remember: false`: the browser forgets it when it is closed. `lifetimeMs`: where it ends, at most as long as all sessions. */
export type SignInOptions = Pick<SessionBeginning, "remember" | "lifetimeMs">

/** A guard by session, and what signs in and out. */
export interface SessionGuard<Claims extends object = Readonly<Record<string, unknown>>>
  extends Guard<Principal<Claims>> {
  /**
   * Begins a session and sets its cookie. One that the caller showed ends, whoever planted it (no fixation). Prove who it is before.
   * @throws {AUTH_STORE_FAILED} {AUTH_STORE_FULL} {AUTH_SETUP_INVALID}
   */
  signIn(ctx: BaseContext, who: SignIn, options?: SignInOptions): Promise<Session>
  /** Ends the session of the caller, and takes the cookie away. @returns whether there was one. */
  signOut(ctx: BaseContext): Promise<boolean>
  /**
   * Gives the caller's session another token, and changes what it says: after another factor was proven, or when rights change.
   * @throws {AUTH_CREDENTIALS_MISSING} when there is no session, or another request rotates it at the same time.
   */
  rotate(ctx: BaseContext, changes?: SessionChanges): Promise<Session>
  /** The session of this request; undefined where the guard did not run, or found another credential. */
  sessionOf(ctx: BaseContext): Session | undefined
}

/** What the guard found in a request. */
interface Seen {
  readonly token: string
  readonly session: Session
}

/**
 * A guard by session: a cookie for browsers, and tokens for others where `bearer` says so. A cookie whose session is over is the same
 * as none. Browsers add cookies to what other sites' pages send, too: put `csrf()` of `@ashlar/security` around it.
 *
 * @throws {HTTP_COOKIE_INVALID} {AUTH_SETUP_INVALID}
 * @example
 * const signedIn = sessionGuard({ sessions: openSessions("sqlite:./data/app.db") })
 * app.post("/login", { body: Login }, async (ctx) => {
 *   const user = await users.check(ctx.body)
 *   if (user === undefined) return fail(CredentialsInvalid)
 *   await signedIn.signIn(ctx, { userId: user.id, amr: ["pwd"] })
 *   return null
 * })
 * app.get("/me", { layers: [signedIn] }, (ctx) => ctx.principal.id)
 */
export function sessionGuard<Claims extends object = Readonly<Record<string, unknown>>>(
  options: SessionGuardOptions<Claims>,
): SessionGuard<Claims> {
  const door = new SessionDoor(options)
  return Object.freeze({
    ...guardOf(door.sources()),
    signIn: door.signIn.bind(door),
    signOut: door.signOut.bind(door),
    rotate: door.rotate.bind(door),
    sessionOf: (ctx: BaseContext) => door.seen.get(ctx)?.session,
  })
}

class SessionDoor<Claims extends object> {
  readonly seen = new WeakMap<BaseContext, Seen>()
  readonly #options: SessionGuardOptions<Claims>
  readonly #name: string
  readonly #cookie: string
  readonly #fullCookie: string
  readonly #jarOf: (ctx: BaseContext) => Cookies

  constructor(options: SessionGuardOptions<Claims>) {
    const { name: cookie, prefix = "__Host-", ...attributes } = options.cookie ?? {}
    this.#options = options
    this.#name = options.name ?? "session"
    this.#cookie = cookie ?? this.#name
    this.#fullCookie = this.#cookie.startsWith("__") ? this.#cookie : prefix + this.#cookie
    this.#jarOf = createCookies({ prefix, ...attributes })
  }

  sources(): readonly CredentialSource<Principal<Claims>>[] {
    const byCookie: CredentialSource<Principal<Claims>> = {
      name: this.#name,
      security: { [this.#name]: { type: "apiKey", in: "cookie", name: this.#fullCookie } },
      challenge: { scheme: "Cookie", params: { "cookie-name": this.#fullCookie } },
      identify: (ctx) => {
        const token = this.#jarOf(ctx).get(this.#cookie)
        return token === undefined ? undefined : this.#identify(ctx, token)
      },
    }
    if (this.#options.bearer !== true) return [byCookie]
    const name = `${this.#name}-token`
    const byToken: CredentialSource<Principal<Claims>> = {
      name,
      security: { [name]: { type: "http", scheme: "bearer" } },
      challenge: { scheme: "Bearer" },
      identify: (ctx) => {
        const token = authorizationOf(ctx, "bearer")
        if (token === undefined || !/^[\w-]{43}$/.test(token)) return undefined
        const found = this.#identify(ctx, token)
        return found instanceof Promise ? found.then((one) => one ?? refused()) : (found ?? refused())
      },
    }
    // What is presented deliberately comes before what a browser adds by itself.
    return [byToken, byCookie]
  }
  async signIn(ctx: BaseContext, who: SignIn, options: SignInOptions = {}): Promise<Session> {
    const sessions = await this.#sessions(ctx)
    const before = this.#tokenOf(ctx)
    if (before !== undefined) await sessions.end(before)
    const { token, session } = await sessions.create(who, { ...clientOf(ctx), ...options })
    this.#open(ctx, { token, session })
    return session
  }
  async signOut(ctx: BaseContext): Promise<boolean> {
    const token = this.#tokenOf(ctx)
    const hadOne = token !== undefined && (await (await this.#sessions(ctx)).end(token))
    this.seen.delete(ctx)
    this.#jarOf(ctx).delete(this.#cookie, this.#options.cookie)
    return hadOne
  }
  async rotate(ctx: BaseContext, changes: SessionChanges = {}): Promise<Session> {
    const token = this.#tokenOf(ctx)
    const sessions = await this.#sessions(ctx)
    const opened = token === undefined ? undefined : await sessions.rotate(token, changes, clientOf(ctx))
    if (opened === undefined) throw new CredentialsMissing()
    this.#open(ctx, opened)
    return opened.session
  }

  /** The token that this request shows or was given, whether it opens anything or not. */
  #tokenOf(ctx: BaseContext): string | undefined {
    const known = this.seen.get(ctx)?.token
    if (known !== undefined) return known
    const token = this.#options.bearer === true ? authorizationOf(ctx, "bearer") : undefined
    return token ?? this.#jarOf(ctx).get(this.#cookie)
  }
  #open(ctx: BaseContext, seen: Seen): void {
    this.seen.set(ctx, seen)
    const leftSeconds = Math.max(1, Math.floor((seen.session.expiresAtMs - seen.session.lastSeenMs) / 1_000))
    this.#jarOf(ctx).set(this.#cookie, seen.token, seen.session.remember ? { maxAgeSeconds: leftSeconds } : {})
    // Nobody on the way may keep an answer that opens a session.
    ctx.set("cache-control", "no-store")
  }
  #sessions(ctx: BaseContext): MaybePromise<Sessions> {
    const { sessions } = this.#options
    return "rotate" in sessions ? sessions : ctx.use(sessions)
  }
  #identify(ctx: BaseContext, token: string): MaybePromise<Principal<Claims> | undefined> {
    const sessions = this.#sessions(ctx)
    if (sessions instanceof Promise) return sessions.then((opened) => this.#look(ctx, token, opened))
    return this.#look(ctx, token, sessions)
  }
  #look(ctx: BaseContext, token: string, sessions: Sessions): MaybePromise<Principal<Claims> | undefined> {
    const found = sessions.find(token)
    const go = (session: Session | undefined) =>
      session === undefined ? undefined : this.#enter(ctx, { token, session }, sessions)
    return found instanceof Promise ? found.then(go) : go(found)
  }
  #enter(ctx: BaseContext, seen: Seen, sessions: Sessions): MaybePromise<Principal<Claims> | undefined> {
    const { session, token } = seen
    const enter = (now: Loaded<Claims> | undefined): Principal<Claims> | undefined => {
      if (now === undefined) return undefined
      this.seen.set(ctx, seen)
      if (sessions.isStale(session)) ctx.defer(async () => void (await sessions.touch(token, clientOf(ctx))))
      return principalOf(this.#name, session, now)
    }
    // Without `load` the claims are what the session says: of the type that nobody said otherwise of.
    const loaded =
      this.#options.load === undefined ? (session as unknown as Loaded<Claims>) : this.#options.load(session, ctx)
    return loaded instanceof Promise ? loaded.then(enter) : enter(loaded)
  }
}

function principalOf<Claims extends object>(method: string, session: Session, now: Loaded<Claims>): Principal<Claims> {
  return {
    id: session.userId,
    kind: "user",
    method,
    roles: now.roles ?? session.roles,
    permissions: now.permissions ?? session.permissions,
    ...(session.scopes !== undefined && { scopes: session.scopes }),
    claims: now.claims,
    amr: session.amr,
    ...(session.acr !== undefined && { acr: session.acr }),
    authTimeMs: session.authTimeMs,
    sessionId: session.id,
    ...(session.actor !== undefined && { actor: session.actor }),
  }
}

function clientOf(ctx: BaseContext): SessionClient {
  return { userAgent: ctx.headers.get("user-agent") ?? undefined, address: ctx.address }
}
