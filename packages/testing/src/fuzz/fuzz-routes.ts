import type { App, RouteRecord } from "@ashlar/http"
import { FuzzFailed, TestMisused } from "../errors.ts"
import type { AnyApp } from "../stage.ts"
import { describeReport, type Finding, type FuzzReport, type RouteCoverage } from "./finding.ts"
import { KnownValuePool } from "./known-values.ts"
import type { FuzzOptions } from "./options.ts"
import { ResponseSchemas } from "./response-schemas.ts"
import { RouteFuzz } from "./route-fuzz.ts"
import { routeKey } from "./route-shape.ts"

const PROGRESS_AFTER_MS = 2000

/**
 * Makes requests from the schemas of an app's routes (good ones, ones with one thing wrong, and nonsense) and looks for
 * answers that break a promise: a status of 500, invalid input that is taken, valid input that is refused, a 422 that points
 * elsewhere, a body, a status or an error that the route does not declare. What is found is made as small as it goes.
 *
 * The requests do what they say: give it an app over data of its own. Works for schemas of any library; those that cannot
 * say themselves in JSON Schema get any values at all.
 *
 * @throws {TESTING_FUZZ_FAILED} with all that was found.
 * @throws {TESTING_MISUSED} when an option names a route that is not there.
 * @example
 * test("keeps its promises", () => fuzzRoutes(app, { seed: 1, runs: 200 }))
 */
export async function fuzzRoutes(app: AnyApp, options: FuzzOptions = {}): Promise<FuzzReport> {
  const fc = await import("fast-check")
  const { seed = Math.floor(Math.random() * 2 ** 31), values = {}, returnsReport = false } = options
  const causes: unknown[] = []
  const onError = (error: unknown): unknown => causes.push(error)
  const served = app.variant({ services: app.services, checkResponses: true, onError }) as App
  const records = chosen(app.table().records, options)
  const pool = new KnownValuePool(values)
  const schemas = new ResponseSchemas()
  const findings: Finding[] = []
  const routes: RouteCoverage[] = []
  const beganMs = performance.now()
  for (const [at, record] of records.entries()) {
    tellProgress(options, beganMs, `${at + 1} of ${records.length}: ${routeKey(record)}`)
    await options.setup?.(record)
    const one = new RouteFuzz(record, { fc, served, causes, pool, schemas, options, seed, table: app.table().records })
    await one.run()
    findings.push(...one.findings)
    routes.push(one.coverage)
  }
  if (tellsProgress(options)) process.stderr.write("\r\x1b[K")
  const neverSucceeded = routes.filter(({ statuses }) => !Object.keys(statuses).some((one) => Number(one) < 400))
  const requests = routes.reduce((sum, one) => sum + one.requests, 0)
  const report: FuzzReport = {
    seed,
    requests,
    routes,
    findings,
    neverSucceeded: neverSucceeded.map(({ route }) => route),
  }
  if (findings.length > 0 && !returnsReport) throw new FuzzFailed(describeReport(report))
  return report
}

/** What makes things comes before what reads them, and what deletes them comes last. */
const TURNS: Readonly<Record<string, number>> = { POST: 0, PUT: 1, GET: 2, QUERY: 2, PATCH: 3, DELETE: 5 }

function chosen(
  all: readonly RouteRecord[],
  { only, skip = [], stateful = [], hints = {} }: FuzzOptions,
): readonly RouteRecord[] {
  const keys = new Map(all.map((record) => [routeKey(record), record] as const))
  for (const key of [...(only ?? []), ...skip, ...stateful, ...Object.keys(hints)])
    if (!keys.has(key)) throw new TestMisused(`No route is called "${key}". There are: ${[...keys.keys()].join(", ")}`)
  const isSendable = ({ method }: RouteRecord): boolean => !["CONNECT", "TRACE", "TRACK"].includes(method)
  const wanted = all.filter((record) => {
    const key = routeKey(record)
    return isSendable(record) && (only?.includes(key) ?? true) && !skip.includes(key)
  })
  const turn = (record: RouteRecord): number => {
    const hinted = stateful.indexOf(routeKey(record))
    return hinted === -1 ? 1000 + (TURNS[record.method] ?? 4) * 100 + record.segments.length * sign(record) : hinted
  }
  return wanted.toSorted((a, b) => turn(a) - turn(b))
}

/** Things are made from the outside in, and deleted from the inside out. */
function sign({ method }: RouteRecord): number {
  return method === "DELETE" ? -1 : 1
}

function tellsProgress({ progress = process.stderr.isTTY === true }: FuzzOptions): boolean {
  return progress
}

function tellProgress(options: FuzzOptions, beganMs: number, text: string): void {
  if (!tellsProgress(options) || performance.now() - beganMs < PROGRESS_AFTER_MS) return
  process.stderr.write(`\r\x1b[K… fuzzing route ${text}`)
}
