import type { Actor } from "../principal.ts"

/** Who signs in, and what is proven of it. */
export interface SignIn {
  /** The account, by what names it for good: 1 to 255 characters. */
  readonly userId: string
  readonly roles?: readonly string[]
  readonly permissions?: readonly string[]
  /** What this session may do at most. Default: no such limit. */
  readonly scopes?: readonly string[]
  /** More that the principal says. As JSON, with all of the session, at most 8 KiB. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** How it was proven (RFC 8176): `["pwd"]`, `["pwd", "otp", "mfa"]`. */
  readonly amr?: readonly string[]
  readonly acr?: string
  /** When it was proven, in milliseconds since 1970. Default: now. */
  readonly authTimeMs?: number
  readonly actor?: Actor
}

/** Where a session is used from. */
export interface SessionClient {
  /** As sent; the first 256 characters are kept. */
  readonly userAgent?: string | undefined
  readonly address?: string | undefined
}

/** How a session begins. */
export interface SessionBeginning extends SessionClient {
  /** Whether a browser keeps it when it is closed. Default: true. */
  readonly remember?: boolean
  /** Where it ends, in milliseconds from now: at most as long as all sessions. */
  readonly lifetimeMs?: number
}

/** A session, as its user may see it: nothing in it opens it. */
export interface Session extends Required<Omit<SignIn, "scopes" | "acr" | "actor">> {
  /** Names it, for lists of devices and for `revoke`. */
  readonly id: string
  readonly scopes?: readonly string[]
  readonly acr?: string
  readonly actor?: Actor
  /** Whether a browser keeps it when it is closed. */
  readonly remember: boolean
  readonly createdAtMs: number
  /** When it was last used, up to `touchEvery` earlier. */
  readonly lastSeenMs: number
  /** Where it ends, however much it is used. */
  readonly expiresAtMs: number
  readonly userAgent?: string
  /** Where it was last seen. */
  readonly address?: string
}

/** A session, and what opens it. */
export interface OpenedSession {
  /** What the caller shows from now on. It is told once, and kept nowhere. */
  readonly token: string
  readonly session: Session
}
