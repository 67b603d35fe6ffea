import type { Clock } from "@ashlar/core"
import type { SafeFetch } from "@ashlar/security"
import type { GrantType, OAuthClient } from "./clients/client.ts"
import type { FindClient } from "./clients/clients.ts"
import type { KeySealer, SigningAlgorithm } from "./keys/key-ring.ts"
import type { BackChannelOptions } from "./logout/logout-notice.ts"
import type { OAuthPages } from "./pages/pages.ts"
import type { OAuthTexts } from "./pages/texts.ts"
import type { PasswordSignIn, People } from "./people.ts"
import type { OAuthStore } from "./store/store.ts"
import type { ExchangePolicy } from "./tokens/exchange-grant.ts"

/** An API that tokens are for. @see https://www.rfc-editor.org/rfc/rfc8707 */
export interface OAuthResource {
  /** The scopes that it knows. Default: all. */
  readonly scopes?: readonly string[]
  /** `jwt` can be checked without asking the server, and stays good until it expires; `opaque` ends at once. Default: `jwt`. */
  readonly tokens?: "jwt" | "opaque"
  /** Default: the server's. */
  readonly accessTokenSeconds?: number
}

export interface OAuthServerOptions {
  /**
   * Who the server is: `https://id.example.com`, or with a path. Without query, fragment and a slash at the end. `http:` of this machine
   * only. Nothing that a request says of its host changes it.
   */
  readonly issuer: string
  /** `memory:`, `sqlite:path`, `postgres://…`, `mysql://…`, or an open store of yours. Default: `memory:`. */
  readonly store?: string | OAuthStore
  /** Clients that are always there. */
  readonly clients?: readonly OAuthClient[]
  /** Finds the others, where a table of yours has them. Asked for each request. */
  readonly findClient?: FindClient
  /** What clients may ask for, each with what people read of it. Besides `openid`, `profile`, `email`, `address`, `phone`, `offline_access`. */
  readonly scopes?: Readonly<Record<string, string>>
  /** The APIs that tokens can be for, by their URI. Without one that is asked for a token is for the server itself (`userinfo`). */
  readonly resources?: Readonly<Record<string, OAuthResource>>
  /** The resource of requests that name none. Default: the server itself. */
  readonly defaultResource?: string
  /** How people sign in: your own pages, or the server's page over your check of a password. */
  readonly people: People | PasswordSignIn
  readonly keys?: {
    /** The first signs, and the others for clients that ask. Default: `RS256` and `ES256`. */
    readonly algorithms?: readonly SigningAlgorithm[]
    /** How long a key signs, in seconds. Default: 90 days. */
    readonly rotateSeconds?: number
    /** How long a key is published before and after, in seconds: no token lives longer. Default: 2 days. */
    readonly overlapSeconds?: number
    /** Seals private keys where they are kept. Needed for every store but `memory:`. */
    readonly sealer?: KeySealer
  }
  readonly lifetimes?: {
    /** Default: 60. At most 600. */
    readonly codeSeconds?: number
    /** Default: 600. */
    readonly accessTokenSeconds?: number
    /** Default: 3,600. */
    readonly idTokenSeconds?: number
    /** Of a refresh token that is not used. Default: 14 days. */
    readonly refreshIdleSeconds?: number
    /** Of all refresh tokens of one consent. Default: 90 days. */
    readonly refreshSeconds?: number
    /** Between a redirect and its consent. Default: 1,800. */
    readonly interactionSeconds?: number
    /** Of device codes. Default: 600. */
    readonly deviceCodeSeconds?: number
    /** Of the server's own sessions, with `people.verify`, and of what any session signed in to. Default: 12 hours. */
    readonly sessionSeconds?: number
  }
  /**
   * For so long a refresh token that was used gives another once more, for clients that lost the answer or ask twice at once: 0 to 60. With
   * 0 exactly one of them wins, and the second use ends the family. Default: 0.
   */
  readonly refreshGraceSeconds?: number
  /** Values of `acr` that people can sign in with, the weakest first, for discovery and step-up. Default: none. */
  readonly acrValues?: readonly string[]
  readonly dpop?: {
    /** Proofs must hold a nonce of the server's (RFC 9449, section 8), so that none can be made in advance. Default: true. */
    readonly nonces?: boolean
    /** Default: 300. */
    readonly maxAgeSeconds?: number
  }
  /** Take authorization requests that were pushed before only (RFC 9126). Default: false. */
  readonly requirePushedRequests?: boolean
  /** Let clients register themselves (RFC 7591), with an initial access token that `createInitialAccessToken` made. Default: nobody. */
  readonly registration?: {
    /** What they may ask for. Default: the scopes of OpenID Connect. */
    readonly scopes?: readonly string[]
    /** What they may use. Default: `authorization_code`, `refresh_token` and the device code. */
    readonly grants?: readonly GrantType[]
  }
  /** Whether a token may be exchanged for another client or actor (RFC 8693). Default: a client's own tokens, for less. */
  readonly exchange?: ExchangePolicy
  /** Where tries are counted, of passwords and of the codes of devices: a URL of `@ashlar/cache/rate-limits`. Default: `memory:`. */
  readonly limits?: string
  /** How clients with a `backChannelLogoutUri` are told that somebody signed out. */
  readonly backChannel?: BackChannelOptions
  /** Asks clients: their `jwksUri` and `backChannelLogoutUri`. For a network of one's own, and for tests. Default: `createSafeFetch`. */
  readonly fetch?: SafeFetch
  /** Pages of your own in place of the default ones. */
  readonly pages?: Partial<OAuthPages>
  /** Other words for the default pages. */
  readonly texts?: Partial<OAuthTexts>
  /** For tests. */
  readonly clock?: Clock
}
