/** What is known of whoever calls, as far as it was proven. Guards make it, and put it into the context as `ctx.principal`. */
export interface Principal<Claims extends object = Readonly<Record<string, unknown>>> {
  /** Names the account, key or service for good: never an address or a name that somebody else may have one day. */
  readonly id: string
  /** What it is: a person, an API key, another program; or a word of the app's own. */
  readonly kind: "user" | "key" | "service" | (string & {})
  /** What was proven by: the name of the guard, such as `session`, `jwt` or `key`. */
  readonly method: string
  /** The roles that it has. What they allow, `defineAccess` says. */
  readonly roles: readonly string[]
  /** What it was granted besides, and not by a role. */
  readonly permissions: readonly string[]
  /** What it may do at most, whatever its roles allow: the scopes of a token or key. Absent: no such limit. */
  readonly scopes?: readonly string[]
  /** What else is known of it, by whoever vouches for it. */
  readonly claims: Claims
  /** How it proved who it is, in the words of RFC 8176: `pwd`, `otp`, `hwk`, `mfa` … Empty: nobody says. */
  readonly amr: readonly string[]
  /** How much that is worth, in the issuer's words. */
  readonly acr?: string
  /** When it last proved who it is, in milliseconds since 1970. */
  readonly authTimeMs?: number
  /** Names the session, for lists of devices and logs. It opens nothing. */
  readonly sessionId?: string
  /** Who really acts, where somebody acts as this one (impersonation, token exchange). */
  readonly actor?: Actor
}

/** A principal whatever its claims are. */
export type AnyPrincipal = Principal<object>

/** Who acts in another's name. @see https://www.rfc-editor.org/rfc/rfc8693#section-4.1 */
export interface Actor {
  readonly id: string
  readonly kind: string
  /** Why, for the audit log. */
  readonly reason?: string
}

/** What a principal is made from: what is left out is empty. */
export type PrincipalInit<Claims extends object = Readonly<Record<string, unknown>>> = Pick<Principal, "id" | "kind"> &
  Partial<Omit<Principal<Claims>, "id" | "kind" | "claims">> & { readonly claims?: Claims }

/**
 * A principal, with what was left out empty: for guards of one's own.
 * @example createPrincipal({ id: "device-7", kind: "device", method: "certificate" })
 */
export function createPrincipal<const Claims extends object = Readonly<Record<string, never>>>(
  init: PrincipalInit<Claims>,
): Principal<Claims> {
  const { method = "custom", roles = [], permissions = [], amr = [], claims = {} as Claims } = init
  return { ...init, method, roles, permissions, amr, claims }
}
