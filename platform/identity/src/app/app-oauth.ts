import { createHash, randomBytes } from "node:crypto"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import { createOAuthClient, OAuthStateInvalid, type OutboundOptions } from "@ashlar/oauth/client"
import { createSealer } from "@ashlar/security"
import { RedirectRefused } from "../errors.ts"
import type { Client } from "../person.ts"
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

/** A sign-in that has begun. */
export interface AppAuthorizing {
  /** Where the browser is sent: a page of the provider. */
  readonly url: string
  /** Sealed. Whoever began keeps it; only with it the answer signs somebody in. */
  readonly transaction: string
}

/**
 * Signing in by other providers. The provider answers the platform, which leads the browser on to the app with a ticket that is good once;
 * the app shows it with the transaction that it kept. So neither a code of the provider nor a token of the app is in any address, and
 * nobody is signed in by a link that somebody else began.
 */
export interface AppOAuth {
  /** Those that are enabled. */
  providers(): readonly { readonly name: string; readonly label: string; readonly kind: string }[]
  /**
   * @throws {OAUTH_PROVIDER_UNKNOWN} {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID} {IDENTITY_REDIRECT_REFUSED}
   * {IDENTITY_TOO_MANY_ATTEMPTS}
   */
  authorize(request: AppAuthorize): Promise<AppAuthorizing>
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

const FLOW = "oauth-flow"
const ANSWER = "oauth-answer"
/** As long as a provider's page may be open, and as long as a browser takes to go on. */
const FLOW_MS = 600_000
const ANSWER_MS = 120_000
const TICKET = /^[\w-]{43}$/
const MAX_ANSWER = 16_384
const NOBODY = "ashlar:nobody"

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
  const { clock, settings, proofs, providers, fetch, takeClient } = parts
  let made: ReturnType<typeof createOAuthClient<string>> | undefined
  /** Only now: where the platform can be reached is known once it listens. */
  const oauth = (): ReturnType<typeof createOAuthClient<string>> => {
    made ??= createOAuthClient<string>({
      ...{ url: parts.url(), providers: [], store: proofs, clock, ...(fetch && { fetch }) },
      findProvider: (name) => providers.find(name),
      sealer: createSealer({ keys: { k: parts.sealer.deriveKey("oauth") }, current: "k" }),
    })
    return made
  }
  const note = async (kind: string, id: string, data: object, ttlMs: number): Promise<boolean> => {
    const createdMs = clock.now()
    const kept = { kind, id: hashOf(id), userId: NOBODY, counter: 0, data: JSON.stringify(data), createdMs }
    return await proofs.add({ ...kept, expiresMs: createdMs + ttlMs })
  }
  const take = async <T>(kind: string, id: string): Promise<T | undefined> => {
    const taken = await proofs.take(kind, hashOf(id))
    return taken === undefined ? undefined : (JSON.parse(taken.data) as T)
  }

  return {
    providers: () =>
      providers.list().flatMap(({ name, label, kind, enabled }) => (enabled ? [{ name, label, kind }] : [])),

    async authorize({ provider, client, redirectTo, connect }) {
      const page = chooseRedirect(settings.read().redirectUrls, redirectTo)
      if (page === undefined) throw new RedirectRefused()
      await takeClient(client)
      const { url, state, transaction } = await oauth().begin(provider, connect === undefined ? {} : { connect })
      await note(FLOW, state, { provider, page }, FLOW_MS)
      return { url: url.href, transaction }
    },

    async answer(provider, parameters) {
      const state = parameters.get("state") ?? ""
      const text = parameters.toString()
      const flow = TICKET.test(state) && text.length <= MAX_ANSWER ? await take<Flow>(FLOW, state) : undefined
      // Whoever has no sign-in that was begun here is led nowhere.
      if (flow === undefined || flow.provider !== provider) throw new OAuthStateInvalid()
      const ticket = randomBytes(32).toString("base64url")
      await note(ANSWER, ticket, { provider, text }, ANSWER_MS)
      const page = new URL(flow.page)
      page.searchParams.set("ticket", ticket)
      return page.href
    },

    async finish({ ticket, transaction, client, device, userId }) {
      await takeClient(client)
      const answer = TICKET.test(ticket) ? await take<Answer>(ANSWER, ticket) : undefined
      if (answer === undefined) throw new OAuthStateInvalid()
      const { provider, text } = answer
      const { identity, connect } = await oauth().finish(provider, {
        parameters: new URLSearchParams(text),
        transaction,
      })
      // What one user began no other one finishes.
      if (connect !== undefined && connect !== userId) throw new OAuthStateInvalid()
      return await parts.enter(identity, { client, device }, connect)
    },
  }
}

interface Flow {
  readonly provider: string
  readonly page: string
}
interface Answer {
  readonly provider: string
  readonly text: string
}

/** The store has the hash alone: what is in an address is of no use to who reads the file. */
function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("base64url")
}
