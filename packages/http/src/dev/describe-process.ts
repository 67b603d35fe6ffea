import { pathToFileURL } from "node:url"
import { keepServices } from "@ashlar/core/service-keeper"
import { describeTable, type TableDescription } from "../routes/describe-table.ts"
import { diffRoutes, type TableDiff } from "../routes/diff-routes.ts"
import { listenThrough, serverUrl } from "../server.ts"
import type { RouteTable } from "../table.ts"
import { Boot } from "./boot.ts"
import { describeError, type ErrorDescription } from "./error-description.ts"
import { ownCodeOf } from "./own-code.ts"
import { type DefinedService, ServiceList } from "./service-list.ts"

/** What `ashlar routes` asks of the process that loads the app. */
export interface DescribeRequest {
  /** The absolute path of the entry. */
  readonly entry: string
  /** How long the entry may take to give its app. */
  readonly timeoutMs: number
  /** What the table is compared with. */
  readonly before?: TableDescription
  /** A module whose `read(table, options)` makes something of the table, such as a document; its path, and JSON for it. */
  readonly reader?: { readonly module: string; readonly options: unknown }
}

/** What such a module exports. */
interface TableReader {
  read(table: RouteTable, options: unknown): unknown
}

/** The one answer. */
export type DescribeAnswer =
  | {
      readonly type: "described"
      readonly table: TableDescription
      readonly services: readonly DefinedService[]
      readonly diff?: TableDiff
      /** What the reader made. */
      readonly read?: unknown
    }
  | { readonly type: "failed"; readonly error: ErrorDescription }

/**
 * The program behind `ashlar routes`: loads an entry, freezes its table without opening a port, and sends the
 * description to its parent. It is a process of its own, so that the app brings its own version of this package.
 */
process.once("message", async (message: DescribeRequest) => {
  const answer = await describe(message)
  process.send?.(answer, () => process.exit(0))
})
process.once("disconnect", () => process.exit(0))
process.send?.({ type: "ready" })

async function describe({ entry, timeoutMs, before, reader }: DescribeRequest): Promise<DescribeAnswer> {
  const own = ownCodeOf(entry)
  const services = new ServiceList()
  const boot = new Boot()
  keepServices(services)
  listenThrough(async (_kernel, { port, host }, app) => {
    boot.listened(app)
    return { port, host, url: serverUrl(host, port), stop: async () => 0 }
  })
  process.on("unhandledRejection", (error) => void boot.failed(error))
  process.on("uncaughtException", (error) => void boot.failed(error))
  process.argv[1] = entry
  try {
    const app = await boot.run(() => import(pathToFileURL(entry).href), timeoutMs)
    const table = shown(describeTable(app.table()), own.shown)
    const reading = reader && ((await import(pathToFileURL(reader.module).href)) as TableReader)
    return {
      type: "described",
      table,
      services: services.services.map(({ name, definedAt }) => ({ name, definedAt: own.shown(definedAt) })),
      ...(before && { diff: diffRoutes(before, table) }),
      ...(reading && { read: await reading.read(app.table(), reader?.options) }),
    }
  } catch (error) {
    return { type: "failed", error: describeError(error, own) }
  }
}

/** The same table on every machine: places are told from the package's folder. */
function shown({ format, routes }: TableDescription, show: (place: string) => string): TableDescription {
  return { format, routes: routes.map((route) => ({ ...route, declaredAt: show(route.declaredAt) })) }
}
