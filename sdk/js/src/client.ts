import { type AppAuth, createAppAuth } from "./app-auth.ts"
import { type Auth, createAuth } from "./auth.ts"
import { Collection } from "./collection.ts"
import { clientError } from "./errors.ts"
import { createFunctions, type Functions } from "./functions.ts"
import type { TokenStore } from "./token-store.ts"
import { type Authorizer, createTransport, type Transport, type TransportOptions } from "./transport.ts"
import type { AppSession, DeviceToken, JsonObject } from "./wire.ts"

interface Options extends Omit<TransportOptions, "authorizer" | "user"> {
  /** A slug or an id. Default `self`: the key's own project. */
  readonly project?: string
}

/** As an app: by a key of the project. */
export interface AppOptions extends Options {
  /** A project key. With a user signed in through `auth`, rules for users let in what the key alone does not reach. */
  readonly key: string
  /** Where the session of the app's user is kept. Default: memory. */
  readonly store?: TokenStore<AppSession>
  /** What this device is known by where it is remembered: `webTokenStore(localStorage, "ashlar.device")`. Default: memory. */
  readonly devices?: TokenStore<DeviceToken>
}

/** As a person who is a member of the project. */
export interface AshlarOptions extends Options {
  readonly key?: undefined
  /** Where a person's session is kept. Default: memory. */
  readonly store?: TokenStore
  /** True keeps the refresh token in an HttpOnly cookie; see {@link Auth}. */
  readonly cookie?: boolean
}

/** A project of an Ashlar server, as an app uses it. */
export interface Ashlar<A extends Auth | AppAuth = AppAuth> {
  /** A collection by name, whose documents hold `T`. Asks no server. */
  collection<T extends object = JsonObject>(name: string): Collection<T>
  readonly functions: Functions
  /** With a key: the users of the app. Without one: the people of the install. */
  readonly auth: A
}

/**
 * Connects to one project. Nothing is sent before the first call.
 *
 * With a key, documents and functions are reached with the key, and as the user of the app who signed in through `auth`; without one,
 * with the session of the person who signed in through `auth`, and `project` must name one of their projects.
 *
 * @throws {SDK_BAD_OPTIONS} When the URL or the key is malformed, or a secret key is used in a browser.
 * @example
 * const ashlar = createAshlar({ url: "https://api.example.com", key: "ak_publishable_…" })
 * await ashlar.auth.signUp({ email, password })
 * const todos = ashlar.collection<Todo>("todos")
 */
export function createAshlar(options: AppOptions): Ashlar
export function createAshlar(options: AshlarOptions): Ashlar<Auth>
export function createAshlar(options: AppOptions | AshlarOptions): Ashlar | Ashlar<Auth>
export function createAshlar(options: AppOptions | AshlarOptions): Ashlar | Ashlar<Auth> {
  const { project = "self" } = options
  if (options.key === undefined) {
    const auth = createAuth(options)
    return { auth, ...reach(createTransport({ ...options, authorizer: auth.authorizer }), project) }
  }
  const keyed = { ...options, authorizer: keyAuthorizer(options.key) }
  const auth = createAppAuth({ ...keyed, project })
  return { auth, ...reach(createTransport({ ...keyed, user: auth.authorizer }), project) }
}

function reach(transport: Transport, project: string): Pick<Ashlar, "collection" | "functions"> {
  return {
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
