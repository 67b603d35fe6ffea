import type { BaseContext } from "@ashlar/http"
import { type Cookies, createCookies } from "@ashlar/http/cookies"
import type { Sealer } from "@ashlar/security"
import { OAuthAnswerInvalid, OAuthStateInvalid } from "../../errors.ts"
import { shortName } from "../flow/transaction.ts"

/** Sign-ins that a browser may have open at once: the oldest makes room. */
const MAX_OPEN = 4
/** Between a provider's form and the page that reads it. */
const FORM_SECONDS = 60
const MAX_FORM = 2_500
const FORM = "ashlar oauth form/"
/** One for all: pages of other sites can have such forms sent, and must not fill a browser with what they leave. */
const FORM_COOKIE = "oauthform"
/** What an answer may say. An ID token that came through the browser is none that we look at. */
const KEPT: readonly string[] = ["code", "state", "iss", "error", "user"]

/** What a browser keeps of its sign-ins. No other host can set it, where there is TLS. */
export class SignInCookies {
  readonly #jarOf: (ctx: BaseContext) => Cookies
  readonly #prefix: string
  readonly #sealer: Sealer

  constructor({ isSecure, sealer }: { readonly isSecure: boolean; readonly sealer: Sealer }) {
    this.#prefix = isSecure ? "__Host-" : ""
    this.#jarOf = createCookies({ prefix: isSecure ? "__Host-" : "", secure: isSecure, sameSite: "lax" })
    this.#sealer = sealer
  }

  open(ctx: BaseContext, begun: { state: string; transaction: string; lifetimeSeconds: number }): void {
    const jar = this.#jarOf(ctx)
    const start = `${this.#prefix}oauth-`
    const open = Object.keys(jar.all()).filter((name) => name.startsWith(start))
    for (const name of open.slice(0, Math.max(0, open.length - MAX_OPEN + 1)))
      if (/^[\w-]{1,64}$/.test(name)) jar.delete(name.slice(this.#prefix.length))
    jar.set(`oauth-${shortName(begun.state)}`, begun.transaction, { maxAgeSeconds: begun.lifetimeSeconds })
  }
  /** What was kept for an answer. It is taken away: an answer is good once. */
  take(ctx: BaseContext, state: string | null): string | undefined {
    return state === null ? undefined : this.#take(ctx, `oauth-${shortName(state)}`)
  }
  /** Keeps the answer of a form until the page after it, which the browser asks for with all of its cookies. */
  keepForm(ctx: BaseContext, provider: string, form: { get(name: string): string | undefined; nowMs: number }): string {
    const state = form.get("state")
    if (state === undefined) throw new OAuthStateInvalid()
    const pairs = KEPT.map((name) => [name, form.get(name)] as const).filter(([, value]) => value !== undefined)
    const text = JSON.stringify({ pairs, untilMs: form.nowMs + FORM_SECONDS * 1000 })
    if (text.length > MAX_FORM) throw new OAuthAnswerInvalid("Expected a shorter answer of the provider.")
    const sealed = this.#sealer.seal(text, FORM + provider)
    this.#jarOf(ctx).set(FORM_COOKIE, sealed, { maxAgeSeconds: FORM_SECONDS })
    return state
  }
  takeForm(ctx: BaseContext, provider: string, nowMs: number): URLSearchParams {
    const sealed = this.#take(ctx, FORM_COOKIE)
    try {
      const { pairs, untilMs } = JSON.parse(this.#sealer.open(sealed ?? "", FORM + provider)) as {
        readonly pairs: [string, string][]
        readonly untilMs: number
      }
      if (untilMs > nowMs) return new URLSearchParams(pairs)
    } catch {
      // The same as none: what was sealed for another provider, too.
    }
    throw new OAuthStateInvalid()
  }

  #take(ctx: BaseContext, name: string): string | undefined {
    const jar = this.#jarOf(ctx)
    const value = jar.get(name)
    if (value !== undefined) jar.delete(name)
    return value
  }
}
