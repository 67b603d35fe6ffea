import { type DriverUrl, parseDriverUrl } from "@ashlar/core"
import type { Engine } from "../driver.ts"
import { databases } from "../drivers/drivers.ts"
import { OrmOptionsInvalid } from "../errors.ts"
import type { Flows } from "../flow.ts"
import { Replica } from "./replica.ts"
import { ReplicaSet } from "./replica-set.ts"

const MAX_REPLICAS = 16
/** A check that hangs is a replica that is gone: it has less time than callers have. */
const CHECK_TIMEOUT_MS = 2_000
const OWN_OPTIONS: ReadonlySet<string> = new Set([
  "replicas",
  "readYourWritesMs",
  "maxReplicaLagMs",
  "replicaCheckMs",
  "readOnly",
])

/**
 * Puts the replicas that the URL or the option names before an engine; the engine itself where there are none. None is
 * connected to before it is needed.
 *
 * @throws {ORM_OPTIONS_INVALID} for SQLite, beyond 16, and where a replica is of another kind of database.
 */
export async function openReplicas(
  url: DriverUrl,
  primary: Engine,
  { replicas: given, flows }: { readonly replicas: readonly string[]; readonly flows: Flows },
): Promise<Engine> {
  const options = primary.replicaOptions
  const urls = [...siblings(url, options?.replicas ?? ""), ...given]
  if (urls.length === 0) return primary
  if (options === undefined) throw new OrmOptionsInvalid(`Replicas are for servers, not for ${url.scheme}:.`)
  if (urls.length > MAX_REPLICAS)
    throw new OrmOptionsInvalid(`Expected at most ${MAX_REPLICAS} replicas, got ${urls.length}.`)
  const replicas = await Promise.all(
    urls.map(async (text) => {
      const engine = await databases.open(withOptions(text, { readOnly: "true" }))
      if (engine.dialect !== primary.dialect)
        throw new OrmOptionsInvalid(`A replica of ${url.scheme}: is of the same kind, not ${engine.dialect}.`)
      const limits = { max: "1", statementTimeoutMs: `${CHECK_TIMEOUT_MS}`, connectTimeoutMs: `${CHECK_TIMEOUT_MS}` }
      const probe = await databases.open(withOptions(text, { ...limits, readOnly: "true" }))
      return new Replica(String(parseDriverUrl(text)), { engine, probe }, options.maxReplicaLagMs)
    }),
  )
  return new ReplicaSet(primary, replicas, { ...options, flows })
}

/** The URL once for each host of the list, for the login is the same. */
function siblings(url: DriverUrl, hosts: string): readonly string[] {
  const names = hosts.split(",").filter((host) => host !== "")
  const e = encodeURIComponent
  const login = url.user === undefined ? "" : `${e(url.user)}${url.password ? `:${e(url.password.reveal())}` : ""}@`
  const options = [...url.options].filter(([name]) => !OWN_OPTIONS.has(name))
  const query = options.map(([name, value]) => `${e(name)}=${e(value)}`).join("&")
  return names.map((host) => {
    const port = /:\d+$/.test(host) || url.port === undefined ? "" : `:${url.port}`
    return `${url.scheme}://${login}${host.trim()}${port}/${e(url.name)}${query === "" ? "" : `?${query}`}`
  })
}

function withOptions(text: string, more: Readonly<Record<string, string>>): string {
  const [start = "", query = ""] = text.split("?", 2)
  const kept = query.split("&").filter((pair) => pair !== "" && !Object.hasOwn(more, pair.split("=", 1)[0] ?? ""))
  return `${start}?${[...kept, ...Object.entries(more).map(([name, value]) => `${name}=${value}`)].join("&")}`
}
