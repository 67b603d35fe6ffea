import type { Parts } from "../parts.ts"
import { hashOf, Records } from "../store/records.ts"
import type { OAuthStore } from "../store/store.ts"

/** What a person allowed one client, and the grants that it has of them. */
interface AllowedRecord {
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** Since when. */
  readonly atMs: number
  /** The oldest first. Some may be over. */
  readonly grants: readonly string[]
}
type PersonRecord = Readonly<Record<string, AllowedRecord>>

/** An application that a person allowed something. */
export interface ConnectedApplication {
  readonly clientId: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** Milliseconds since 1970. */
  readonly sinceMs: number
}

const YEAR_MS = 365 * 86_400_000
const MAX_APPLICATIONS = 100
/** Devices and browsers of one person at one client: beyond it the oldest sign-in ends. */
const MAX_GRANTS = 50

/** What people allowed, by person: so that they are asked once, see it, and can end it. */
export class Applications {
  readonly #records: Records<PersonRecord>
  readonly #grants: Records<unknown>

  constructor(store: OAuthStore) {
    this.#records = new Records(store, "consent")
    this.#grants = new Records(store, "grant")
  }

  async of(personId: string): Promise<ReadonlyMap<string, AllowedRecord>> {
    return new Map(Object.entries((await this.#records.get(idOf(personId)))?.value ?? {}))
  }
  /** Remembers what was allowed, besides what was before. */
  async allow(
    personId: string,
    clientId: string,
    more: { readonly scopes: readonly string[]; readonly resources: readonly string[]; readonly nowMs: number },
  ): Promise<void> {
    await this.#change(personId, more.nowMs, (applications) => {
      const known = applications.get(clientId)
      const union = (a: readonly string[] = [], b: readonly string[]) => [...new Set([...a, ...b])]
      applications.set(clientId, {
        scopes: union(known?.scopes, more.scopes),
        resources: union(known?.resources, more.resources),
        atMs: known?.atMs ?? more.nowMs,
        grants: known?.grants ?? [],
      })
      return []
    })
  }
  /** Notes a grant, which ends with what it is noted under. */
  async note(
    personId: string,
    clientId: string,
    grant: { readonly id: string; readonly nowMs: number },
  ): Promise<void> {
    await this.#change(personId, grant.nowMs, (applications) => {
      const known = applications.get(clientId) ?? { scopes: [], resources: [], atMs: grant.nowMs, grants: [] }
      const grants = [...known.grants, grant.id]
      applications.set(clientId, { ...known, grants: grants.slice(-MAX_GRANTS) })
      return grants.slice(0, -MAX_GRANTS)
    })
  }
  /** Ends what a person allowed a client, or all clients. */
  async end(personId: string, clientId: string | undefined, nowMs: number): Promise<void> {
    await this.#change(personId, nowMs, (applications) => {
      const ended = [...applications].filter(([id]) => clientId === undefined || id === clientId)
      for (const [id] of ended) applications.delete(id)
      return ended.flatMap(([, { grants }]) => grants)
    })
  }

  /** @param change Says which grants end with it. */
  async #change(
    personId: string,
    nowMs: number,
    change: (applications: Map<string, AllowedRecord>) => readonly string[],
  ): Promise<void> {
    let ended: string[] = []
    await this.#records.update(idOf(personId), nowMs + YEAR_MS, (before = {}) => {
      const applications = new Map(Object.entries(before))
      ended = [...change(applications)]
      while (applications.size > MAX_APPLICATIONS) {
        const [oldest, { grants }] = [...applications].reduce((a, b) => (b[1].atMs < a[1].atMs ? b : a))
        applications.delete(oldest)
        ended.push(...grants)
      }
      return Object.fromEntries(applications)
    })
    await Promise.all(ended.map((grantId) => this.#grants.remove(grantId)))
  }
}

const idOf = (personId: string): string => hashOf("person", personId)

/** What a person sees of it. */
export async function connectedApplications(
  { applications, clients }: Parts,
  personId: string,
): Promise<readonly ConnectedApplication[]> {
  const found: ConnectedApplication[] = []
  for (const [clientId, { scopes, resources, atMs }] of await applications.of(personId)) {
    const name = (await clients.get(clientId))?.name ?? clientId
    found.push({ clientId, name, scopes, resources, sinceMs: atMs })
  }
  return found
}
