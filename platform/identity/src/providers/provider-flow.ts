import { createHash, randomBytes } from "node:crypto"
import type { ProofStore } from "@ashlar/auth/proofs"
import type { Clock } from "@ashlar/core"
import {
  createOAuthClient,
  type ExternalIdentity,
  OAuthStateInvalid,
  type OutboundOptions,
  type Provider,
} from "@ashlar/oauth/client"
import { createSealer } from "@ashlar/security"
import type { Sealer } from "../sealer.ts"

/** A sign-in by a provider that has begun. */
export interface ProviderAuthorizing {
  /** Where the browser is sent: a page of the provider. */
  readonly url: string
  /** Sealed. Whoever began keeps it; only with it the answer signs somebody in. */
  readonly transaction: string
}

/**
 * What signing in by a provider is for everybody: the provider answers the platform, which leads the browser on to a page with a ticket
 * that is good once; the page shows it with the transaction that it kept. So neither a code of the provider nor a token of ours is in any
 * address, and nobody is signed in by a link that somebody else began.
 */
export interface ProviderFlow {
  /** @param page Where the browser is led in the end, with `ticket` in its query. */
  begin(
    provider: string,
    wish: { readonly page: string; readonly connect: string | undefined },
  ): Promise<ProviderAuthorizing>
  /** What a provider answered through the browser. @returns the page to go on to @throws {OAUTH_STATE_INVALID} */
  answer(provider: string, parameters: URLSearchParams): Promise<string>
  /** Who it was, and on behalf of whom it was begun, if anybody. @throws what `OAuthClient.finish` throws */
  finish(shown: {
    readonly ticket: string
    readonly transaction: string
    /** Who is signed in where it is finished: what one began no other one finishes. */
    readonly userId: string | undefined
  }): Promise<{ readonly identity: ExternalIdentity; readonly connect: string | undefined }>
}

const FLOW = "oauth-flow"
const ANSWER = "oauth-answer"
/** As long as a provider's page may be open, and as long as a browser takes to go on. */
const FLOW_MS = 600_000
const ANSWER_MS = 120_000
const TICKET = /^[\w-]{43}$/
const MAX_ANSWER = 16_384
const NOBODY = "ashlar:nobody"

export function createProviderFlow(parts: {
  readonly clock: Clock
  readonly sealer: Sealer
  readonly proofs: ProofStore
  /** Those that the operator chose: they may be anywhere, also within a network of one's own. */
  readonly providers?: readonly Provider[]
  /** Finds others, which are asked at public addresses only. Default: none. */
  readonly findProvider?: (name: string) => Provider | undefined
  /** Below which the routes are. Asked when it is begun: where the platform can be reached is known once it listens. */
  readonly url: () => string
  readonly fetch: OutboundOptions["fetch"]
}): ProviderFlow {
  const { clock, proofs, providers = [], findProvider, fetch } = parts
  let made: ReturnType<typeof createOAuthClient<string>> | undefined
  const oauth = (): ReturnType<typeof createOAuthClient<string>> => {
    made ??= createOAuthClient<string>({
      ...{ url: parts.url(), providers, store: proofs, clock, ...(fetch && { fetch }) },
      ...(findProvider && { findProvider }),
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
    async begin(provider, { page, connect }) {
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

    async finish({ ticket, transaction, userId }) {
      const answer = TICKET.test(ticket) ? await take<Answer>(ANSWER, ticket) : undefined
      if (answer === undefined) throw new OAuthStateInvalid()
      const { provider, text } = answer
      const parameters = new URLSearchParams(text)
      const { identity, connect } = await oauth().finish(provider, { parameters, transaction })
      if (connect !== undefined && connect !== userId) throw new OAuthStateInvalid()
      return { identity, connect }
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
