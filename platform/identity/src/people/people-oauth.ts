import { createHash } from "node:crypto"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { OutboundOptions } from "@ashlar/oauth/client"
import type { RequireStepUp } from "../account-password.ts"
import { type AttemptLimit, addressKey } from "../attempt-limit.ts"
import { IdentityNotFound } from "../errors.ts"
import type { Client } from "../person.ts"
import { createProviderFlow, type ProviderAuthorizing } from "../providers/provider-flow.ts"
import { type Sealer, scopeSealer } from "../sealer.ts"
import type { Session, SignedIn } from "../sessions.ts"
import { createPeopleEntering, type PeopleEnteringParts } from "./people-entering.ts"

/** Somebody elsewhere whom a person is known by. */
export interface LinkedIdentity {
  readonly id: string
  /** The provider's name, and what people read of it: the name again, when it is configured no more. */
  readonly provider: string
  readonly label: string
  readonly linkedAt: string
}

/** Signing in by providers that the operator chose, with tables, keys and addresses of their own beside those of apps. */
export interface PeopleOAuth {
  providers(): readonly { readonly name: string; readonly label: string; readonly kind: string }[]
  /**
   * @param request `connect`: who is signed in, and wants to be known by the provider as well.
   * @throws {OAUTH_PROVIDER_UNKNOWN} {OAUTH_PROVIDER_FAILED} {OAUTH_ANSWER_INVALID} {IDENTITY_TOO_MANY_ATTEMPTS} {AUTH_STEP_UP_REQUIRED}
   */
  authorize(request: {
    readonly provider: string
    readonly client: Client
    readonly connect?: SignedIn | undefined
  }): Promise<ProviderAuthorizing>
  /** @returns the page of the console to go on to @throws {OAUTH_STATE_INVALID} */
  answer(provider: string, parameters: URLSearchParams): Promise<string>
  /**
   * Signs in, or connects what was begun to be connected: then there is no new session.
   *
   * @throws {OAUTH_STATE_INVALID} {OAUTH_SIGN_IN_EXPIRED} {OAUTH_SIGN_IN_USED} {OAUTH_SIGN_IN_DENIED} {OAUTH_ANSWER_INVALID}
   * {OAUTH_PROVIDER_FAILED} {OAUTH_PROVIDER_UNKNOWN} {IDENTITY_LINK_REFUSED} {IDENTITY_SIGNUPS_CLOSED}
   * @throws {IDENTITY_SECOND_FACTOR_NEEDED} as `Identity.signIn`
   */
  finish(shown: {
    readonly ticket: string
    readonly transaction: string
    readonly client: Client
    readonly device?: string | undefined
    /** Who is signed in where it is finished. */
    readonly who: SignedIn | undefined
  }): Promise<Session | null>
  /** Whom a person is known by. */
  identities(userId: string): readonly LinkedIdentity[]
  /** @throws {AUTH_STEP_UP_REQUIRED} {IDENTITY_IDENTITY_NOT_FOUND} */
  disconnect(who: SignedIn, id: string): Promise<void>
}

interface LinkRow {
  readonly issuer: string
  readonly subject: string
  readonly provider: string
  readonly linked_at: number
}

export function createPeopleOAuth(
  parts: PeopleEnteringParts & {
    readonly sealer: Sealer
    readonly store: ProofStore
    readonly requireStepUp: RequireStepUp
    readonly perAddress: AttemptLimit
    /** Where the console is. */
    readonly consoleUrl: () => string
    readonly fetch: OutboundOptions["fetch"]
  },
): PeopleOAuth {
  const { file, clock, providers, requireStepUp, note, perAddress } = parts
  const flow = createProviderFlow({
    ...{ clock, sealer: scopeSealer(parts.sealer, "people"), proofs: parts.store, fetch: parts.fetch },
    providers: [...providers.values()].map(({ provider }) => provider),
    url: () => new URL("/v1/auth", parts.consoleUrl()).href,
  })
  const linksOf = (userId: string): readonly LinkRow[] =>
    file.all<LinkRow>("SELECT * FROM identity_links WHERE user_id = ? ORDER BY linked_at, provider", [userId])
  const { enter, link } = createPeopleEntering(parts)

  return {
    providers: () => [...providers].map(([name, { label, kind }]) => ({ name, label, kind })),

    async authorize({ provider, client, connect }) {
      await perAddress.take(addressKey(client.address))
      if (connect !== undefined) await requireStepUp(connect)
      const page = new URL("/sign-in/provider", parts.consoleUrl()).href
      return await flow.begin(provider, { page, connect: connect?.user.id })
    },

    answer: (provider, parameters) => flow.answer(provider, parameters),

    async finish({ ticket, transaction, client, device, who }) {
      await perAddress.take(addressKey(client.address))
      const { identity, connect } = await flow.finish({ ticket, transaction, userId: who?.user.id })
      if (connect !== undefined && who !== undefined) {
        await link(identity, who)
        return null
      }
      return await enter(identity, { client, device })
    },

    identities: (userId) =>
      linksOf(userId).map(({ issuer, subject, provider, linked_at }) => ({
        ...{ id: idOf(issuer, subject), provider, label: providers.get(provider)?.label ?? provider },
        linkedAt: new Date(linked_at).toISOString(),
      })),

    async disconnect(who, id) {
      await requireStepUp(who)
      const { user } = who
      const found = linksOf(user.id).find(({ issuer, subject }) => idOf(issuer, subject) === id)
      if (found === undefined) throw new IdentityNotFound()
      const { provider, issuer, subject } = found
      const sql = "DELETE FROM identity_links WHERE issuer = ? AND subject = ? AND user_id = ?"
      await file.write([
        { sql, params: [issuer, subject, user.id] },
        ...note({ user, action: "account.identity.unlink", details: { provider, issuer, subject } }),
      ])
    },
  }
}

/** Names a link in addresses, and tells nothing of it. */
function idOf(issuer: string, subject: string): string {
  return createHash("sha256")
    .update(JSON.stringify([issuer, subject]))
    .digest("base64url")
    .slice(0, 22)
}
