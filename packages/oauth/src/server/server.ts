import { openRateLimits } from "@ashlar/cache/rate-limits"
import type { AnyRoute } from "@ashlar/http"
import { Transactions } from "./authorize/transaction.ts"
import { ClientKeys } from "./clients/client-keys.ts"
import { askClient } from "./clients/client-outbound.ts"
import { Clients } from "./clients/clients.ts"
import { createInitialAccess, type InitialAccess } from "./clients/initial-access.ts"
import { dpopNonces } from "./dpop/dpop-nonces.ts"
import { DpopProofs } from "./dpop/dpop-proofs.ts"
import { KeyRing } from "./keys/key-ring.ts"
import { BackChannel } from "./logout/back-channel.ts"
import type { SessionName } from "./logout/client-sessions.ts"
import type { LogoutNotice } from "./logout/logout-notice.ts"
import type { OAuthServerOptions } from "./options.ts"
import { OwnSessions } from "./own-sessions.ts"
import { defaultPages, describeScope } from "./pages/pages.ts"
import { ENGLISH } from "./pages/texts.ts"
import type { Parts } from "./parts.ts"
import { type OwnResource, ownResource } from "./resource/own-resource.ts"
import { createRoutes } from "./routes.ts"
import { type Settings, toSettings } from "./settings.ts"
import { openOAuthStore } from "./store/open-store.ts"
import { Records } from "./store/records.ts"
import { Applications, type ConnectedApplication, connectedApplications } from "./tokens/applications.ts"
import { Grants } from "./tokens/grants.ts"

/** An OAuth 2.1 and OpenID Connect server. */
export interface OAuthServer {
  readonly issuer: string
  /** Its routes, with the issuer's path in front: `app.add(server.routes)`. */
  readonly routes: Readonly<Record<string, AnyRoute>>
  /**
   * What guards routes of the same app: like `bearer`, without asking over the network, and a token that was revoked is refused at once.
   * @throws {OAUTH_OPTION_INVALID} for an audience that is none of the resources.
   */
  bearer(options: OwnResource): ReturnType<typeof ownResource>
  /**
   * A token with which clients register themselves. It is shown this once, and kept as a hash.
   * @param limits How many may: 1 to 1,000, by default 1. For how long, in seconds: by default a day.
   * @throws {OAUTH_OPTION_INVALID} where `registration` is not set.
   */
  createInitialAccessToken(limits?: InitialAccess): Promise<string>
  /** The applications that a person allowed something, for a page that shows them. At most 100. */
  applications(personId: string): Promise<readonly ConnectedApplication[]>
  /**
   * Ends all that a person allowed a client, or every client: its tokens at once (a JWT that a resource checks by itself when it expires), and
   * the person is asked again. Clients with a `backChannelLogoutUri` are told. For a page of connected applications, a new password, a stolen device.
   */
  endGrants(personId: string, clientId?: string): Promise<void>
  /**
   * A session ended elsewhere than at `/oauth/logout`: on a page of yours, or by somebody else. The clients that it signed in to are told.
   * @throws {OAUTH_STORE_FAILED}
   */
  endSession(session: SessionName): Promise<void>
  /** Tells one client, once: for the worker of a queue that `backChannel.push` filled. @throws {OAUTH_LOGOUT_NOT_TOLD} to be tried again. */
  deliverLogout(notice: LogoutNotice): Promise<void>
  /** Signs with new keys from now on; what the former signed stays good. */
  rotateKeys(): Promise<void>
  /** Takes a key away at once, with all that it signed. @returns whether it was there. */
  revokeKey(kid: string): Promise<boolean>
  /** Gives the store back. Twice does nothing. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Creates a server. Nothing is opened before its first request.
 *
 * @throws {OAUTH_OPTION_INVALID} where an option is not safe, or cannot be.
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-oauth-v2-1
 * @see https://openid.net/specs/openid-connect-core-1_0.html
 * @example
 * const server = createOAuthServer({
 *   issuer: "https://id.example.com",
 *   store: "sqlite:./data/oauth.db",
 *   keys: { sealer: createSealer({ keys, current: "2026" }) },
 *   clients: [{ id: "shop", secret: process.env.SHOP_SECRET, redirectUris: ["https://shop.example.com/callback"] }],
 *   people: { current: (ctx) => sessions.find(ctx), signIn: (ctx, { returnTo }) => ctx.redirect(`/login?to=${encodeURIComponent(returnTo)}`) },
 * })
 * app.add(server.routes)
 */
export function createOAuthServer(options: OAuthServerOptions): OAuthServer {
  const settings = toSettings(options)
  // What is wrong with the clients should not wait for a request.
  const known = new Clients(options.clients ?? [], options.findClient)
  let opening: Promise<Parts> | undefined
  const parts = (): Promise<Parts> => {
    opening ??= open(options, settings, known).catch((error: unknown) => {
      opening = undefined // the next request tries again
      throw error
    })
    return opening
  }
  const close = async (): Promise<void> => {
    const opened = await opening?.catch(() => undefined)
    opening = undefined
    await opened?.backChannel.close()
    await opened?.limits.close()
    await opened?.store.close()
  }
  return {
    issuer: settings.issuer,
    routes: createRoutes(settings, parts),
    bearer: (own) => ownResource(settings, parts, own),
    createInitialAccessToken: async (limits) => await createInitialAccess(await parts(), limits),
    applications: async (personId) => await connectedApplications(await parts(), personId),
    async endGrants(personId, clientId) {
      const { applications, backChannel } = await parts()
      const clients = clientId === undefined ? [...(await applications.of(personId)).keys()] : [clientId]
      await applications.end(personId, clientId, settings.clock.now())
      await backChannel.tell(clients, { id: personId })
    },
    endSession: async (session) => await (await parts()).backChannel.endSession(session),
    deliverLogout: async (notice) => await (await parts()).backChannel.deliver(notice),
    rotateKeys: async () => await (await parts()).keys.rotate(),
    revokeKey: async (kid) => await (await parts()).keys.revoke(kid),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function open(options: OAuthServerOptions, settings: Settings, clients: Clients): Promise<Parts> {
  const { store: given = "memory:", exchange, limits: limitsUrl = "memory:" } = options
  const { clock } = settings
  const store = typeof given === "string" ? await openOAuthStore(given, clock) : given
  const keys = new KeyRing(store, clock, settings.keys)
  const transactions = new Transactions(keys, clock, settings.issuer)
  const texts = { ...ENGLISH, ...options.texts }
  const pages = { ...defaultPages(texts), ...options.pages }
  const limits = openRateLimits(limitsUrl)
  const people =
    "verify" in options.people
      ? new OwnSessions({ settings, store, transactions, pages, limits }, options.people)
      : options.people
  const all = clients.over(new Records(store, "client"))
  const ask = askClient(options.fetch)
  return {
    settings,
    store,
    keys,
    clients: all,
    clientKeys: new ClientKeys(ask),
    backChannel: new BackChannel({ settings, store, keys, clients: all, ask }, options.backChannel ?? {}),
    grants: new Grants(store),
    applications: new Applications(store),
    dpop: new DpopProofs({
      clock,
      maxAgeSeconds: settings.dpop.maxAgeSeconds,
      replays: new Records<true>(store, "replay"),
      nonces: settings.dpop.nonces ? dpopNonces(transactions, settings.dpop.maxAgeSeconds) : undefined,
    }),
    transactions,
    people,
    pages,
    limits,
    exchange,
    now: () => clock.now(),
    describeScopes: (scopes) =>
      scopes.map((name) => ({ name, description: describeScope(texts, name, settings.scopes.get(name)) })),
    async nameOf(person) {
      const claims = await people.claims?.(person.id, { scopes: ["profile", "email"], names: [], clientId: "" })
      const name = claims?.email ?? claims?.preferred_username ?? claims?.name
      return typeof name === "string" ? name.slice(0, 320) : person.id
    },
  }
}
