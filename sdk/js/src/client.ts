import { type Auth, createAuth } from "./auth.ts"
import { Collection } from "./collection.ts"
import { clientError } from "./errors.ts"
import { createFunctions, type Functions } from "./functions.ts"
import type { TokenStore } from "./token-store.ts"
import { type Authorizer, createTransport, type TransportOptions } from "./transport.ts"
import type { JsonObject } from "./wire.ts"

export interface AshlarOptions extends Omit<TransportOptions, "authorizer"> {
  /** A project key. It decides what documents and functions this client reaches, whoever is signed in. */
  readonly key?: string
  /** A slug or an id. Default `self`: the key's own project. */
  readonly project?: string
  /** Where a person's session is kept. Default: memory. */
  readonly store?: TokenStore
  /** True keeps the refresh token in an HttpOnly cookie; see {@link Auth}. */
  readonly cookie?: boolean
}

/** A project of an Ashlar server, as an app uses it. */
export interface Ashlar {
  /** A collection by name, whose documents hold `T`. Asks no server. */
  collection<T extends object = JsonObject>(name: string): Collection<T>
  readonly functions: Functions
  readonly auth: Auth
}

/**
 * Connects to one project. Nothing is sent before the first call.
 *
 * With a key, documents and functions are reached with the key; without one, with the session of the person who
 * signed in through `auth`, and `project` must name one of their projects.
 *
 * @throws {SDK_BAD_OPTIONS} When the URL or the key is malformed, or a secret key is used in a browser.
 * @example
 * const ashlar = createAshlar({ url: "https://api.example.com", key: "ak_publishable_…" })
 * const todos = ashlar.collection<Todo>("todos")
 */
export function createAshlar(options: AshlarOptions): Ashlar {
  const { key, project = "self" } = options
  const auth = createAuth(options)
  const transport = createTransport({
    ...options,
    authorizer: key === undefined ? auth.authorizer : keyAuthorizer(key),
  })
  return {
    auth,
    functions: createFunctions(transport, project),
    collection: <T extends object>(name: string) => new Collection<T>({ transport, project, collection: name }),
  }
}

/** Credentials that never change: a project key. */
export function keyAuthorizer(key: string): Authorizer {
  if (!/^ak_(publishable|secret)_[\w-]+$/.test(key))
    throw clientError("SDK_BAD_OPTIONS", "Expected `key` to be a project key: ak_publishable_… or ak_secret_….")
  if (key.startsWith("ak_secret_") && "document" in globalThis)
    throw clientError("SDK_BAD_OPTIONS", "A secret key in a page is public to all who open it. Use a publishable key.")
  return { bearer: async () => key }
}
