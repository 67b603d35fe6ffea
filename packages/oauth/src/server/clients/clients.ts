import type { Records } from "../store/records.ts"
import { type KnownClient, type OAuthClient, toKnownClient } from "./client.ts"

/** Where clients are found that the server does not know: a table of the app's own. */
export type FindClient = (id: string) => OAuthClient | undefined | Promise<OAuthClient | undefined>

/** What clients have that registered before it could be said. */
const NEWER = { jwksUri: null, backChannelLogoutUri: null } as const

/** The clients of a server: those it was given, those the app finds, and those that registered themselves. */
export class Clients {
  readonly #fixed: ReadonlyMap<string, KnownClient>
  readonly #find: FindClient | undefined
  readonly #registered: Records<KnownClient> | undefined

  /** @throws {OAUTH_OPTION_INVALID} */
  constructor(
    fixed: readonly OAuthClient[] | ReadonlyMap<string, KnownClient>,
    find: FindClient | undefined,
    registered?: Records<KnownClient>,
  ) {
    this.#fixed =
      fixed instanceof Map
        ? fixed
        : new Map((fixed as readonly OAuthClient[]).map((client) => [client.id, toKnownClient(client)]))
    this.#find = find
    this.#registered = registered
  }

  /** The same, with those that registered themselves. */
  over(registered: Records<KnownClient>): Clients {
    return new Clients(this.#fixed, this.#find, registered)
  }
  async get(id: string): Promise<KnownClient | undefined> {
    if (!/^[\x21-\x7e]{1,100}$/.test(id)) return undefined
    const fixed = this.#fixed.get(id)
    if (fixed !== undefined) return fixed
    const found = await this.#find?.(id)
    if (found !== undefined) return found.id === id ? toKnownClient(found) : undefined
    const registered = (await this.#registered?.get(id))?.value
    return registered && { ...NEWER, ...registered }
  }
}
