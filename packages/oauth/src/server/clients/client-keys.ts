import { createRemoteKeys, type JwtAlgorithm, type TokenKeys } from "@ashlar/auth"
import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from "jose"
import type { KnownClient } from "./client.ts"
import type { AskClient } from "./client-outbound.ts"

/** What assertions may be signed with: by a key that is the client's alone. */
export const ASSERTION_ALGORITHMS: readonly JwtAlgorithm[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
]

/** Key sets of clients that are kept; of more, those that were not used for longest go. */
const MAX_SETS = 500

/**
 * The keys by which clients show who they are: those that were given, or those at their `jwks_uri`, which are believed for ten minutes, and
 * asked for again once in half a minute, however many assertions name another key.
 */
export class ClientKeys {
  readonly #ask: AskClient
  readonly #sets = new Map<string, TokenKeys>()

  constructor(ask: AskClient) {
    this.#ask = ask
  }

  /** What finds the key that signed. It throws `AUTH_TOKEN_INVALID` and `AUTH_TOKEN_KEYS_AWAY` for keys that are elsewhere. */
  of(client: KnownClient): JWTVerifyGetKey {
    const { jwksUri } = client
    if (jwksUri === null) return createLocalJWKSet({ keys: client.jwks.map(forSignatures) })
    const set = this.#setOf(client, jwksUri)
    return async ({ alg, kid }) =>
      await set.keyFor({ alg: alg as JwtAlgorithm, ...(typeof kid === "string" && { kid }) })
  }

  #setOf(client: KnownClient, uri: string): TokenKeys {
    // What a stranger registered is asked for more narrowly than the same address of the app's own client.
    const name = `${client.registration === undefined ? "own" : "registered"} ${uri}`
    const set =
      this.#sets.get(name) ?? createRemoteKeys(uri, { algorithms: ASSERTION_ALGORITHMS, fetch: this.#ask(client, uri) })
    this.#sets.delete(name)
    if (this.#sets.size >= MAX_SETS) this.#sets.delete(this.#sets.keys().next().value!)
    this.#sets.set(name, set)
    return set
  }
}

/** A key says itself which algorithm it is for, where it says so; what it may be used for is signatures here. */
function forSignatures(key: JWK): JWK {
  const { key_ops: _, ...rest } = key
  return rest
}
