import { CredentialsMissing } from "@ashlar/auth"
import { AshlarError, type DeclaredBy } from "@ashlar/core"
import { type BaseContext, get, type InvalidInput, post, type Route } from "@ashlar/http"
import { OriginRefused } from "@ashlar/security"
import { v } from "@ashlar/validation"
import {
  OAuthAnswerInvalid,
  OAuthProviderFailed,
  OAuthProviderUnknown,
  OAuthSignInDenied,
  OAuthSignInExpired,
  OAuthSignInUsed,
  OAuthStateInvalid,
} from "../../errors.ts"
import { pageAnswer } from "../../server/pages/page-answer.ts"
import { formOf, MAX_FORM_BYTES, queryOf } from "../../server/wire/parameters.ts"
import type { EndedSession } from "../flow/verify-logout.ts"
import type { OAuthClient, SignedIn } from "../oauth-client.ts"
import { type FailurePage, failurePage, onwardPage, wantsPage } from "./failure-page.ts"
import { SignInCookies } from "./sign-in-cookies.ts"

export interface OAuthRoutesOptions<Name extends string> {
  readonly client: OAuthClient<Name>
  /**
   * Finds or makes the account of whoever was proven to be there, and signs in: `decideAccount`, then `guard.signIn(ctx, …)`. What it
   * returns is the answer; nothing: the browser goes on to `next`.
   */
  readonly onSignIn: (ctx: BaseContext, signedIn: SignedIn<Name>) => unknown
  /** Who is signed in, so that they may connect another provider. Ask for a step-up where it matters. Default: nobody may. */
  readonly userIdOf?: (ctx: BaseContext) => string | undefined | Promise<string | undefined>
  /**
   * Ends what a provider says is over: the sessions of that person, or the one that began with that `sessionId`. Register
   * `<url>/sign-in/<provider>/logout` there as the back-channel logout URI. Default: nothing is listened to.
   */
  readonly onLogout?: (ctx: BaseContext, ended: EndedSession & { readonly provider: Name }) => void | Promise<void>
  /** Draws the page of a sign-in that failed, for browsers. Programs are given the error as it is. */
  readonly page?: FailurePage
}

type StartErrors = DeclaredBy<typeof OAuthProviderUnknown | typeof OAuthProviderFailed | typeof OAuthAnswerInvalid>
type AnswerErrors =
  | StartErrors
  | DeclaredBy<typeof OAuthStateInvalid | typeof OAuthSignInExpired | typeof OAuthSignInUsed | typeof OAuthSignInDenied>

export interface OAuthRoutes {
  /** Sends the browser to the provider: a link is enough. */
  readonly start: Route<
    "GET",
    "/sign-in/:provider",
    { query: { readonly next?: string | undefined } },
    unknown,
    InvalidInput | StartErrors
  >
  /** The same for who is signed in already, by a form of this site's page. */
  readonly connect: Route<
    "POST",
    "/sign-in/:provider/connect",
    { query: { readonly next?: string | undefined } },
    unknown,
    InvalidInput | StartErrors | DeclaredBy<typeof OriginRefused | typeof CredentialsMissing>
  >
  readonly callback: Route<"GET", "/sign-in/:provider/callback", unknown, unknown, AnswerErrors>
  /** Of providers that answer by a form (`form_post`). */
  readonly callbackByForm: Route<"POST", "/sign-in/:provider/callback", unknown, unknown, AnswerErrors>
  /** What a provider says when somebody signed out there. No browser comes here. */
  readonly backChannelLogout: Route<"POST", "/sign-in/:provider/logout", unknown, unknown, StartErrors>
}

const Start = v.object({ next: v.string().max(2_048).optional() })

/**
 * Routes of sign-in by providers, mounted where `url` of the client says: `app.add(oauthRoutes(…))`. Around the callbacks put no `csrf()`
 * that does not know the providers which answer by forms (`https://appleid.apple.com`).
 *
 * @example
 * app.add(oauthRoutes({ client, onSignIn: async (ctx, { identity }) => {
 *   const decision = await decideAccount(identity, accounts)
 *   …
 *   await guard.signIn(ctx, { userId, amr: ["fed"] })
 * } }))
 */
export function oauthRoutes<Name extends string>(options: OAuthRoutesOptions<Name>): OAuthRoutes {
  const door = new Door(options)
  const startErrors = [OAuthProviderUnknown, OAuthProviderFailed, OAuthAnswerInvalid] as const
  const answerErrors = [
    ...startErrors,
    OAuthStateInvalid,
    OAuthSignInExpired,
    OAuthSignInUsed,
    OAuthSignInDenied,
  ] as const
  return {
    start: get(
      "/sign-in/:provider",
      { summary: "Sign in with a provider", tags: ["sign-in"], query: Start, errors: startErrors },
      (ctx) => door.answered(ctx, ctx.params.provider, () => door.start(ctx, ctx.params.provider, ctx.query.next)),
    ),
    connect: post(
      "/sign-in/:provider/connect",
      {
        summary: "Connect a provider to the account that is signed in",
        tags: ["sign-in"],
        query: Start,
        errors: [...startErrors, OriginRefused, CredentialsMissing],
      },
      (ctx) => door.answered(ctx, ctx.params.provider, () => door.connect(ctx, ctx.params.provider, ctx.query.next)),
    ),
    callback: get(
      "/sign-in/:provider/callback",
      { summary: "What a provider answers", tags: ["sign-in"], errors: answerErrors },
      (ctx) => door.answered(ctx, ctx.params.provider, () => door.finish(ctx, ctx.params.provider)),
    ),
    callbackByForm: post(
      "/sign-in/:provider/callback",
      {
        summary: "What a provider answers by a form",
        tags: ["sign-in"],
        maxBodyBytes: MAX_FORM_BYTES,
        errors: answerErrors,
      },
      (ctx) => door.answered(ctx, ctx.params.provider, () => door.keepForm(ctx, ctx.params.provider)),
    ),
    backChannelLogout: post(
      "/sign-in/:provider/logout",
      {
        summary: "What a provider says of a sign-out",
        tags: ["sign-in"],
        maxBodyBytes: MAX_FORM_BYTES,
        errors: startErrors,
      },
      (ctx) => door.logout(ctx, ctx.params.provider),
    ),
  }
}

class Door<Name extends string> {
  readonly #options: OAuthRoutesOptions<Name>
  readonly #cookies: SignInCookies

  constructor(options: OAuthRoutesOptions<Name>) {
    const { url, sealer } = options.client
    this.#options = options
    this.#cookies = new SignInCookies({ isSecure: url.startsWith("https:"), sealer })
  }

  async start(ctx: BaseContext, provider: string, next: string | undefined, connect?: string): Promise<Response> {
    const begun = await this.#options.client.begin(provider as Name, { next, connect })
    this.#cookies.open(ctx, begun)
    return onward(ctx, begun.url.href)
  }
  /** By a page of this site only: another one's would connect an account that its maker signs in with. */
  async connect(ctx: BaseContext, provider: string, next: string | undefined): Promise<unknown> {
    const site = ctx.headers.get("sec-fetch-site")
    const isHere = site === null ? ctx.headers.get("origin") === this.#origin : site === "same-origin"
    if (!isHere) throw new OriginRefused()
    const userId = await this.#options.userIdOf?.(ctx)
    if (userId === undefined) throw new CredentialsMissing()
    const answer = await this.start(ctx, provider, next, userId)
    return wantsPage(ctx) ? pageAnswer(ctx, onwardPage(answer.headers.get("location")!)) : answer
  }
  async finish(ctx: BaseContext, provider: string): Promise<unknown> {
    const { client, onSignIn, userIdOf } = this.#options
    const parameters = this.#parametersOf(ctx, provider)
    const transaction = this.#cookies.take(ctx, parameters.get("state"))
    const signedIn = await client.finish(provider as Name, { parameters, transaction })
    if (signedIn.connect !== undefined && (await userIdOf?.(ctx)) !== signedIn.connect)
      throw new OAuthStateInvalid("Somebody else is signed in by now. Begin again.")
    const own = await onSignIn(ctx, signedIn)
    return own === undefined ? onward(ctx, signedIn.next) : own
  }
  /**
   * A form comes from the provider's page, without cookies of this site. The browser is sent on to the callback, and shows them there; what
   * the form said is kept sealed until then, and no URL holds it.
   */
  async keepForm(ctx: BaseContext, name: string): Promise<Response> {
    const { client } = this.#options
    const provider = await client.find(name)
    if (provider === undefined) throw new OAuthProviderUnknown()
    if (provider.formPost !== true) throw new OAuthAnswerInvalid("Expected the provider to answer by a redirect.")
    const form = await formOf(ctx)
    const state = this.#cookies.keepForm(ctx, name, { get: (key) => form.get(key), nowMs: client.clock.now() })
    return onward(ctx, `${client.url}/sign-in/${name}/callback?${new URLSearchParams({ state, form: "1" })}`)
  }
  async logout(ctx: BaseContext, provider: string): Promise<Response> {
    const { client, onLogout } = this.#options
    if (onLogout === undefined) throw new OAuthProviderUnknown("Nobody listens to sign-outs of providers here.")
    const token = (await formOf(ctx)).get("logout_token") ?? ""
    const ended = await client.verifyLogout(provider as Name, token)
    await onLogout(ctx, { ...ended, provider: provider as Name })
    ctx.set("cache-control", "no-store")
    return new Response(null, { status: 200 })
  }
  async answered(ctx: BaseContext, name: string, work: () => Promise<unknown>): Promise<unknown> {
    const { client, page = failurePage } = this.#options
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AshlarError && error.code.startsWith("OAUTH_") && wantsPage(ctx))) throw error
      const provider = await client.find(name).catch(() => undefined)
      const retry = provider === undefined ? undefined : `${client.url}/sign-in/${provider.name}`
      const text = page({ code: error.code, label: provider?.label, retry, ctx })
      return pageAnswer(ctx, text, { status: error.status })
    }
  }

  get #origin(): string {
    return new URL(this.#options.client.url).origin
  }
  #parametersOf(ctx: BaseContext, provider: string): URLSearchParams {
    const query = queryOf(ctx)
    if (query.has("form")) return this.#cookies.takeForm(ctx, provider, this.#options.client.clock.now())
    return new URLSearchParams(query.toRecord() as Record<string, string>)
  }
}

/** No page on the way learns of codes, and nobody keeps the answer. */
function onward(ctx: BaseContext, location: string): Response {
  ctx.set("cache-control", "no-store")
  ctx.set("referrer-policy", "no-referrer")
  return new Response(null, { status: 303, headers: { location } })
}
