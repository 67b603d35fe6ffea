import { type Container, checkHealth, type Service, type ServiceHealth } from "@ashlar/core"
import type { BaseContext } from "../context/context.ts"
import type { RequestContext, Shared } from "../context/request-context.ts"
import { Reply } from "../reply/reply.ts"
import { get, type Route, routes } from "../route.ts"

export interface HealthOptions {
  /** Where the routes stand. Default `/health`. */
  readonly path?: string
  /** Services without which the app is not ready: they are opened when the answer is first asked for. */
  readonly services?: readonly Service<unknown>[]
  /**
   * More that must be well, by name. A check throws when it is not; the message of an `AshlarError` is shown to whoever
   * asks, of any other error only that there was one.
   */
  readonly checks?: Readonly<Record<string, (signal: AbortSignal) => void | Promise<void>>>
  /** How long one check may take before it counts as failing, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number
  /** How long an answer is good for, in milliseconds: however often it is asked for, checks run no oftener. Default 1,000. */
  readonly cacheMs?: number
}

/** What `/health/ready` answers, with 200 when `ok` and 503 otherwise. */
export interface Health {
  readonly status: "ok" | "failing" | "draining"
  /** By name: every open service that has a `health`, and every check. */
  readonly checks: Readonly<Record<string, ServiceHealth>>
}

interface HealthRoutes {
  readonly health: {
    readonly live: Route<"GET", string, unknown, { readonly status: "ok" }>
    readonly ready: Route<"GET", string, unknown, Health>
  }
}

/**
 * Two routes for whoever decides where requests go. `GET /health/live` answers while the process can; restart it when it
 * does not. `GET /health/ready` answers 200 while the app takes requests and all that it needs is well, else 503: from the
 * moment that the app begins to stop, so that a load balancer sends no more.
 * @see https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
 * @example
 * app.add(healthRoutes({ services: [Database] }))
 */
export function healthRoutes(options: HealthOptions = {}): HealthRoutes {
  const { path = "/health" } = options
  const check = remembered((shared) => runChecks(shared, options), options.cacheMs ?? 1_000)
  const ready = async (ctx: BaseContext): Promise<Reply> => {
    const { shared } = ctx as RequestContext
    const checks = await check(shared)
    const isWell = Object.values(checks).every(({ status }) => status === "ok")
    const isTaking = shared.lifecycle.state === "idle" || shared.lifecycle.state === "ready"
    const status = !isTaking ? "draining" : isWell ? "ok" : "failing"
    return answer(status === "ok" ? 200 : 503, { status, checks })
  }
  const tags = ["health"]
  return routes({
    health: {
      live: get(`${path}/live`, { summary: "Whether the process answers", tags }, () => answer(200, { status: "ok" })),
      ready: get(`${path}/ready`, { summary: "Whether the app takes requests", tags }, ready),
    },
  }) as HealthRoutes
}

function answer(status: number, value: unknown): Reply {
  return new Reply(status, value, "application/json", { "cache-control": "no-store" })
}

type Checks = Readonly<Record<string, ServiceHealth>>

async function runChecks(
  shared: Shared,
  { services = [], checks = {}, timeoutMs = 5_000 }: HealthOptions,
): Promise<Checks> {
  const options = { timeoutMs, onError: report }
  const opening = services.map((service) => [service.name, () => shared.services.get(service)] as const)
  const results = await Promise.all(
    [...opening, ...Object.entries(checks)].map(
      async ([name, check]) => [name, await checkHealth(name, check, options)] as const,
    ),
  )
  const open = await (shared.services as Partial<Container>).health?.(options)
  // The health of an open service says more than that it is open.
  return { ...Object.fromEntries(results), ...open }
}

function report(name: string, error: unknown): void {
  console.error(`The health check of ${name} failed:`, error)
}

/** One run of the checks of an app at a time, and none while the last one's outcome is good. */
function remembered(run: (shared: Shared) => Promise<Checks>, forMs: number): (shared: Shared) => Promise<Checks> {
  const runs = new WeakMap<Shared, { readonly outcome: Promise<Checks>; endedAt: number }>()
  return (shared) => {
    const last = runs.get(shared)
    if (last !== undefined && performance.now() - last.endedAt < forMs) return last.outcome
    const one = { outcome: run(shared), endedAt: Number.POSITIVE_INFINITY }
    // Until it has ended, the difference is negative: all who ask meanwhile share it.
    void one.outcome.finally(() => (one.endedAt = performance.now()))
    runs.set(shared, one)
    return one.outcome
  }
}
