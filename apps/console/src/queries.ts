import { type AuditQuery, everyItem, type KmsAuditQuery } from "@ashlar/admin"
import { type Filter, isRequestError, type JsonObject, type Page, type PageOptions } from "@ashlar/sdk"
import { infiniteQueryOptions, QueryClient, queryOptions } from "@tanstack/react-query"
import { type AuditSearch, toTimes } from "./model/audit-filter.ts"
import { admin } from "./session.ts"

/** A refusal will not become a yes by asking again, and the SDK has tried a lost connection again already. */
export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 10_000, gcTime: 10 * 60_000 } },
})

/** The keys of what the console keeps, and how each is read. What belongs to a project starts with `["p", slug]`. */
const HEALTH_EVERY_MS = 15_000
const COUNT_EVERY_MS = 5_000
const METRICS_EVERY_MS = 5_000
export const PAGE_SIZE = 100
/** Lists that are read whole. */
const ALL = { limit: 1_000 }

/** A list that is read page by page. */
function paged<T>(queryKey: readonly unknown[], read: (page: PageOptions) => Promise<Page<T>>) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam }) => read({ limit: PAGE_SIZE, ...(pageParam !== null && { cursor: pageParam }) }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  })
}

export const factorsQuery = () => queryOptions({ queryKey: ["factors"], queryFn: () => admin.factors.get() })
export const meQuery = () => queryOptions({ queryKey: ["me"], queryFn: () => admin.me() })
export const identitiesQuery = () => queryOptions({ queryKey: ["identities"], queryFn: () => admin.identities.list() })
export const rememberedQuery = () =>
  queryOptions({ queryKey: ["remembered"], queryFn: () => admin.rememberedDevices.list() })
export const sessionsQuery = () => queryOptions({ queryKey: ["sessions"], queryFn: () => admin.sessions.list(ALL) })
export const projectsQuery = () => queryOptions({ queryKey: ["projects"], queryFn: () => admin.projects.list(ALL) })
export const projectQuery = (p: string) =>
  queryOptions({ queryKey: ["project", p], queryFn: () => admin.projects.get(p) })
export const orgsQuery = () => queryOptions({ queryKey: ["orgs"], queryFn: () => admin.organizations.list(ALL) })
export const orgQuery = (o: string) =>
  queryOptions({ queryKey: ["org", o, "facts"], queryFn: () => admin.organizations.get(o) })
export const orgMembersQuery = (o: string) =>
  queryOptions({ queryKey: ["org", o, "members"], queryFn: () => admin.organizations.members(o, ALL) })
export const orgInvitesQuery = (o: string) =>
  queryOptions({ queryKey: ["org", o, "invites"], queryFn: () => admin.organizations.invites(o, ALL) })
export const healthQuery = () =>
  queryOptions({ queryKey: ["health"], queryFn: () => admin.health.ready(), refetchInterval: HEALTH_EVERY_MS })
export const capabilitiesQuery = () =>
  queryOptions({ queryKey: ["capabilities"], queryFn: () => admin.capabilities(), staleTime: 60 * 60_000 })
export const membersQuery = (p: string) =>
  queryOptions({ queryKey: ["p", p, "members"], queryFn: () => admin.members.list(p, ALL) })
export const keysQuery = (p: string) =>
  queryOptions({ queryKey: ["p", p, "keys"], queryFn: () => admin.keys.list(p, ALL) })
export const kmsKeysQuery = (p: string) =>
  queryOptions({
    queryKey: ["p", p, "kms"],
    queryFn: () => Array.fromAsync(everyItem((page) => admin.kms.list(p, page))),
  })
export const kmsKeyQuery = (p: string, key: string) =>
  queryOptions({ queryKey: ["p", p, "kms", key], queryFn: () => admin.kms.get(p, key) })
export const providersQuery = (p: string) =>
  queryOptions({ queryKey: ["p", p, "providers"], queryFn: () => admin.users.providers(p) })
export const secretsQuery = (p: string) =>
  queryOptions({
    queryKey: ["p", p, "secrets"],
    queryFn: () => Array.fromAsync(everyItem((page) => admin.secrets.list(p, page))),
  })
export const secretHistoryQuery = (p: string, name: string) =>
  queryOptions({ queryKey: ["p", p, "secrets", name], queryFn: () => admin.secrets.history(p, name) })
export const appUsersQuery = (p: string, email: string) =>
  paged(["p", p, "users", email], (page) => admin.users.list(p, { ...page, ...(email !== "" && { email }) }))
export const appUserFactorsQuery = (p: string, id: string) =>
  queryOptions({ queryKey: ["p", p, "users", "factors", id], queryFn: () => admin.users.factors(p, id) })
export const appSettingsQuery = (p: string) =>
  queryOptions({ queryKey: ["p", p, "sign-in"], queryFn: () => admin.users.settings(p) })
export const recentAuditQuery = (p: string) =>
  queryOptions({ queryKey: ["p", p, "audit", "recent"], queryFn: () => admin.audit.list(p, { limit: 8 }) })
function toAuditQuery({ who, what, ...days }: AuditSearch): AuditQuery {
  return { ...(who !== undefined && { actor: who }), ...(what !== undefined && { action: what }), ...toTimes(days) }
}
function toKeyAuditQuery({ of, outcome, ...search }: AuditSearch): KmsAuditQuery {
  const [kind, ...name] = of?.split(":") ?? []
  const target = { [kind === "secret" ? "secret" : "key"]: name.join(":") }
  return { ...toAuditQuery(search), ...(of !== undefined && target), ...(outcome !== undefined && { outcome }) }
}
export const auditQuery = (p: string, search: AuditSearch) => {
  const query = toAuditQuery(search)
  return paged(["p", p, "audit", "changes", query], (page) => admin.audit.list(p, { ...query, ...page }))
}
export const keyAuditQuery = (p: string, search: AuditSearch) => {
  const query = toKeyAuditQuery(search)
  return paged(["p", p, "audit", "keys", query], (page) => admin.kms.audit(p, { ...query, ...page }))
}
export const orgAuditQuery = (o: string, search: AuditSearch) => {
  const query = toAuditQuery(search)
  return paged(["org", o, "audit", query], (page) => admin.organizations.audit(o, { ...query, ...page }))
}
export const keyUsesQuery = (p: string, key: string) =>
  queryOptions({ queryKey: ["p", p, "audit", "uses", key], queryFn: () => admin.kms.audit(p, { key, limit: 10 }) })

export const collectionsQuery = (p: string) =>
  queryOptions({ queryKey: ["p", p, "collections"], queryFn: () => admin.collections.list(p, ALL) })
export const collectionQuery = (p: string, c: string) =>
  queryOptions({ queryKey: ["p", p, "collection", c], queryFn: () => admin.collections.get(p, c) })

/** What the document table shows, before paging. */
export interface View {
  readonly where: object | undefined
  readonly sort: readonly string[]
}

function find(p: string, c: string, { where, sort }: View) {
  const query = admin.documents<JsonObject>(p, c).where(where as Filter<JsonObject> | undefined)
  return sort.length === 0 ? query : query.sort(...sort)
}

/** All pages of one view so far. A cursor belongs to its query, so the view is the key. */
export const documentsQuery = (p: string, c: string, view: View) =>
  infiniteQueryOptions({
    queryKey: ["p", p, "documents", c, view],
    queryFn: async ({ pageParam, signal }) => {
      const startedAtMs = performance.now()
      const page = await find(p, c, view).limit(PAGE_SIZE).page({ cursor: pageParam, signal })
      return { ...page, tookMs: performance.now() - startedAtMs }
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // Pages are read again by hand, since rows must not move under the pointer.
    staleTime: Number.POSITIVE_INFINITY,
  })
export const countQuery = (p: string, c: string, view: View) =>
  queryOptions({
    queryKey: ["p", p, "count", c, view.where ?? null],
    queryFn: ({ signal }) => find(p, c, { ...view, sort: [] }).count({ signal }),
    refetchInterval: COUNT_EVERY_MS,
  })
export const explainQuery = (p: string, c: string, view: View) =>
  queryOptions({ queryKey: ["p", p, "explain", c, view], queryFn: () => find(p, c, view).limit(PAGE_SIZE).explain() })
export const documentQuery = (p: string, c: string, id: string) =>
  queryOptions({
    queryKey: ["p", p, "document", c, id],
    queryFn: ({ signal }) => admin.documents<JsonObject>(p, c).get(id, { signal }),
    staleTime: 5_000,
  })

export const functionsQuery = (p: string) =>
  queryOptions({ queryKey: ["p", p, "functions"], queryFn: () => admin.functions.list(p, ALL) })
export const functionQuery = (p: string, f: string) =>
  queryOptions({ queryKey: ["p", p, "function", f], queryFn: () => admin.functions.get(p, f) })
export const versionsQuery = (p: string, f: string) =>
  queryOptions({ queryKey: ["p", p, "versions", f], queryFn: () => admin.functions.versions(p, f, { limit: 200 }) })
export const metricsQuery = (p: string, f: string) =>
  queryOptions({
    queryKey: ["p", p, "metrics", f],
    queryFn: () => admin.functions.metrics(p, f),
    refetchInterval: METRICS_EVERY_MS,
  })

/** Reads again what a change to these parts of a project made stale. */
export function refresh(p: string, ...parts: readonly string[]): void {
  for (const part of parts) void queryClient.invalidateQueries({ queryKey: ["p", p, part] })
  void queryClient.invalidateQueries({ queryKey: ["p", p, "audit"] })
}

/** Reads again all that is known of an organization. */
export function refreshOrg(o: string): void {
  void queryClient.invalidateQueries({ queryKey: ["org", o] })
  void queryClient.invalidateQueries({ queryKey: ["orgs"] })
}

export function isNotFound(error: unknown): boolean {
  return isRequestError(error) && error.status === 404
}
