import type { Caller as ControlCaller, KeyCaller } from "@ashlar/control"
import { CredentialsNeeded, KeyRefused } from "@ashlar/control"
import { type BaseContext, type Layer, layer, type Scope } from "@ashlar/http"
import { hasSecondFactor, SessionEnded, type SignedIn, TokenRefused } from "@ashlar/identity"
import type { Platform } from "../platform.ts"

/** A person with a session. */
export interface PersonCaller {
  readonly kind: "user"
  readonly id: string
  readonly email: string
  /** Whether a second factor stands behind the session. */
  readonly mfa: boolean
  readonly signedIn: SignedIn
}
export type Caller = Exclude<ControlCaller, { kind: "user" }> | PersonCaller | KeyCaller

/** Who sends the request, from its Authorization header. Bad credentials are refused, also where none are needed. */
export function createCallerLayer({ identity, control }: Pick<Platform, "identity" | "control">): CallerLayer {
  const identify = async (ctx: BaseContext): Promise<{ caller: Caller }> => {
    const header = ctx.headers.get("authorization")
    if (header === null) return { caller: { kind: "anonymous" } }
    // A function may have a scheme of its own, such as `Token`; of this platform only `Bearer` is.
    if (ctx.path.startsWith("/f/") && !/^Bearer\b/i.test(header)) return { caller: { kind: "anonymous" } }
    const [, token] = /^Bearer ([\w.~+/=-]{1,4096})$/i.exec(header) ?? []
    if (token === undefined) throw new CredentialsNeeded("Expected `Authorization: Bearer <token or key>`")
    if (token.startsWith("ak_")) return { caller: control.keys.authenticate(token) }
    const signedIn = await identity.authenticate(token)
    const { id, email } = signedIn.user
    return { caller: { kind: "user", id, email, mfa: hasSecondFactor(signedIn), signedIn } }
  }
  return layer({
    name: "caller",
    errors: [CredentialsNeeded, KeyRefused, TokenRefused, SessionEnded],
    before: identify,
  })
}
export type CallerLayer = Layer<{ caller: Caller }, unknown>

/** Where the API's routes stand: the caller is known before any of them runs. */
export type Api = Scope<{ caller: Caller }, unknown>
