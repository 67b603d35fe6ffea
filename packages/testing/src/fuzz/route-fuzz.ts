import type { App, RouteRecord } from "@ashlar/http"
import type * as FastCheck from "fast-check"
import { toCurl } from "./curl.ts"
import type { Finding, RouteCoverage } from "./finding.ts"
import type { KnownValuePool } from "./known-values.ts"
import type { FuzzOptions } from "./options.ts"
import { judgeRequest, type Verdict } from "./oracle.ts"
import { isTakenByOthers } from "./other-routes.ts"
import { receive } from "./receive.ts"
import { plansFor, type RequestPlan, withFiles } from "./request-plan.ts"
import type { ResponseSchemas } from "./response-schemas.ts"
import { type RouteShape, routeKey, shapeOf } from "./route-shape.ts"
import { type Breach, breachOf, codeOf, type Received } from "./rules.ts"
import { receivedParams, type SentRequest, toRequest, toSent } from "./sent-request.ts"
import type { KnownValues } from "./values.ts"

export interface FuzzContext {
  readonly fc: typeof FastCheck
  readonly served: App
  /** What the app reported of the request under way. */
  readonly causes: unknown[]
  readonly pool: KnownValuePool
  readonly schemas: ResponseSchemas
  readonly options: FuzzOptions
  readonly seed: number
  readonly table: readonly RouteRecord[]
}

/** Requests for one route, and what came of them. */
export class RouteFuzz {
  readonly findings: Finding[]
  readonly #context: FuzzContext
  readonly #shape: RouteShape
  readonly #key: string
  readonly #statuses: Record<number, number>
  #requests = 0
  readonly #kinds: Record<Verdict["kind"], number>

  constructor(record: RouteRecord, context: FuzzContext) {
    this.findings = []
    this.#context = context
    this.#key = routeKey(record)
    this.#shape = shapeOf(record, context.options.hints?.[this.#key])
    this.#statuses = {}
    this.#kinds = { valid: 0, invalid: 0, unknown: 0 }
  }

  get coverage(): RouteCoverage {
    const { valid, invalid } = this.#kinds
    return { route: this.#key, requests: this.#requests, valid, invalid, statuses: this.#statuses }
  }

  /** After each finding it goes on without that one, so that one defect does not hide another. */
  async run(): Promise<void> {
    const { fc, options, seed, pool } = this.#context
    const { record } = this.#shape
    const names = new Set(record.segments.flatMap((segment) => (segment.kind === "static" ? [] : [segment.name])))
    // What a path leads to is there most of the time: behind a 404 nothing else is tried.
    const known = (name: string): KnownValues =>
      names.has(name) ? { values: pool.ofParam(record, name), weight: 9 } : { values: pool.named(name), weight: 6 }
    const seen = new Set<string>()
    for (let round = 0; round < (options.maxFindings ?? 3); round++) {
      let smallest: Omit<Finding, "replay"> | undefined
      let pinned: string | undefined
      const property = fc.asyncProperty(plansFor({ fc, known }, this.#shape), async (plan) => {
        const found = await this.#try(plan)
        if (found === undefined || seen.has(found.key) || (pinned ?? found.key) !== found.key) return true
        pinned = found.key
        smallest = found.finding
        return false
      })
      await fc.check(property, { numRuns: options.runs ?? 100, seed: mixed(seed, this.#key) })
      if (smallest === undefined || pinned === undefined) return
      seen.add(pinned)
      const replay = `fuzzRoutes(app, { seed: ${seed}, runs: ${options.runs ?? 100}, only: [${JSON.stringify(this.#key)}] })`
      this.findings.push({ ...smallest, replay })
    }
  }

  async #try(
    plan: RequestPlan,
  ): Promise<{ readonly key: string; readonly finding: Omit<Finding, "replay"> } | undefined> {
    const { served, causes, options, schemas, pool, table } = this.#context
    const { record } = this.#shape
    const headers = typeof options.headers === "function" ? options.headers(record) : options.headers
    const body = plan.body && withFiles(this.#shape, plan.body)
    const sent = toSent(record, { ...plan, body }, headers ?? {})
    const verdict = await judgeRequest(this.#shape, plan, sent)
    causes.length = 0
    const answer = await receive(served, () => toRequest(sent, "http://localhost"), options.timeoutMs ?? 5000)
    const isPolluted = clearPollution()
    this.#count(verdict, answer)
    const isAmbiguous = isTakenByOthers(record, receivedParams(record, plan.params), table)
    if (answer !== undefined && answer.status < 300 && !isAmbiguous) pool.learn(record, answer.value)
    const { broken } = plan
    const trial = {
      shape: this.#shape,
      verdict,
      headers: sent.headers,
      broken,
      wasValid: await this.#wasValid(plan),
      isAmbiguous,
      answer,
      isPolluted,
    }
    const breach = breachOf(trial, schemas)
    if (breach === undefined || this.#isAllowed(breach, answer)) return undefined
    const finding = toFinding({
      route: this.#key,
      breach,
      sent,
      answer,
      plan,
      cause: causes[0],
      origin: options.origin,
    })
    return { key: `${breach.kind} ${answer?.status} ${codeOf(answer?.value) ?? ""} ${firstFrame(causes[0])}`, finding }
  }

  async #wasValid({ before }: RequestPlan): Promise<boolean> {
    if (before === undefined) return false
    return (await judgeRequest(this.#shape, before, toSent(this.#shape.record, before, {}))).kind === "valid"
  }

  #isAllowed({ kind }: Breach, answer: Received | undefined): boolean {
    const code = codeOf(answer?.value)
    return (
      kind === "error-undeclared" && code !== undefined && this.#context.options.allowedErrors?.includes(code) === true
    )
  }

  #count({ kind }: Verdict, answer: Received | undefined): void {
    this.#requests++
    this.#kinds[kind]++
    if (answer !== undefined) this.#statuses[answer.status] = (this.#statuses[answer.status] ?? 0) + 1
  }
}

interface Told {
  readonly route: string
  readonly breach: Breach
  readonly sent: SentRequest
  readonly answer: Received | undefined
  readonly plan: RequestPlan
  readonly cause: unknown
  readonly origin: string | undefined
}

function toFinding({
  route,
  breach,
  sent,
  answer,
  plan: { broken },
  cause,
  origin = "http://localhost:3000",
}: Told): Omit<Finding, "replay"> {
  return {
    ...breach,
    route,
    curl: toCurl(sent, origin),
    status: answer?.status,
    body: answer?.text ?? "",
    broken: broken && `${broken.what} at ${broken.in}${broken.pointer}`,
    cause: cause === undefined ? undefined : cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause),
  }
}

/** Where an error came from tells one defect from another. */
function firstFrame(cause: unknown): string {
  if (!(cause instanceof Error)) return ""
  return /\n\s+at .*/.exec(cause.stack ?? "")?.[0].trim() ?? cause.name
}

/** What stands on `Object.prototype` that the language did not put there; it is taken away again. */
function clearPollution(): boolean {
  const found = Object.keys(Object.prototype)
  for (const key of found) delete (Object.prototype as Record<string, unknown>)[key]
  return found.length > 0
}

/** A seed of its own for each route, so that a route alone is asked the same as among others. */
function mixed(seed: number, text: string): number {
  let hash = seed | 0
  for (const one of text) hash = (Math.imul(hash ^ one.codePointAt(0)!, 0x01000193) + 0x9e3779b9) | 0
  return hash
}
