import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import type { OutboundOptions } from "@ashlar/oauth/client"
import { RedirectRefused } from "../errors.ts"
import type { Client } from "../person.ts"
import { createProviderFlow, type ProviderAuthorizing } from "../providers/provider-flow.ts"
import type { Sealer } from "../sealer.ts"
import type { Session } from "../sessions.ts"
import type { AppEntering } from "./app-entering.ts"
import type { createAppProviders } from "./app-providers.ts"
import type { AppSettingsStore } from "./app-settings.ts"
import type { AppUser } from "./app-user.ts"
import { chooseRedirect } from "./redirects.ts"

export interface AppAuthorize {
  readonly provider: string
  readonly client: Client
  /** One of `redirectUrls`. Default: the first. */
  readonly redirectTo?: string | undefined
  /** Who is signed in, and wants to be known by the provider as well. */
  readonly connect?: string | undefined
}

/** Signing in to an app by other providers, of which it leads on to pages that the app names. @see ProviderFlow */
export interface AppOAuth {
  /** Those that are enabled. */
  providers(): readonly { readonly name: string; readonly label: string; readonly kind: string }[]
  /**
   * @throws {OAUTH_PROVIDER_UNKNOWN} {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID} {IDENTITY_REDIRECT_REFUSED}
   * {IDENTITY_TOO_MANY_ATTEMPTS}
   */
  authorize(request: AppAuthorize): Promise<ProviderAuthorizing>
  /** What a provider answered through the browser. @returns the page of the app to go on to @throws {OAUTH_STATE_INVALID} */
  answer(provider: string, parameters: URLSearchParams): Promise<string>
  /**
   * @throws {OAUTH_STATE_INVALID} {OAUTH_SIGN_IN_EXPIRED} {OAUTH_SIGN_IN_USED} {OAUTH_SIGN_IN_DENIED} {OAUTH_ANSWER_INVALID}
   * {OAUTH_PROVIDER_FAILED} {OAUTH_PROVIDER_UNKNOWN} {IDENTITY_LINK_REFUSED} {IDENTITY_SIGNUPS_CLOSED} {IDENTITY_ACCOUNT_DISABLED}
   * {IDENTITY_EMAIL_UNVERIFIED} {IDENTITY_SECOND_FACTOR_NEEDED}
   */
  finish(shown: {
    readonly ticket: string
    readonly transaction: string
    readonly client: Client
    /** What this device was given when it was remembered. */
    readonly device?: string | undefined
    /** Who is signed in where it is finished. */
    readonly userId: string | undefined
  }): Promise<Session<AppUser>>
}

export function createAppOAuth(parts: {
  readonly clock: Clock
  readonly sealer: Sealer
  readonly settings: AppSettingsStore
  readonly proofs: ProofStore
  readonly providers: ReturnType<typeof createAppProviders>
  readonly url: () => string
  readonly fetch: OutboundOptions["fetch"]
  readonly enter: AppEntering
  takeClient(client: Client): Promise<void>
}): AppOAuth {
  const { clock, sealer, proofs, fetch, url, settings, providers, takeClient } = parts
  const flow = createProviderFlow({ clock, sealer, proofs, fetch, url, findProvider: (name) => providers.find(name) })

  return {
    providers: () =>
      providers.list().flatMap(({ name, label, kind, enabled }) => (enabled ? [{ name, label, kind }] : [])),

    async authorize({ provider, client, redirectTo, connect }) {
      const page = chooseRedirect(settings.read().redirectUrls, redirectTo)
      if (page === undefined) throw new RedirectRefused()
      await takeClient(client)
      return await flow.begin(provider, { page, connect })
    },

    answer: (provider, parameters) => flow.answer(provider, parameters),

    async finish({ ticket, transaction, client, device, userId }) {
      await takeClient(client)
      const { identity, connect } = await flow.finish({ ticket, transaction, userId })
      return await parts.enter(identity, { client, device }, connect)
    },
  }
}
