import type { FunctionsService } from "@ashlar/functions"
import type { Health } from "@ashlar/protocol"
import type { SqliteEngine } from "@ashlar/sqlite"
import type { BackendHealth } from "./backends/backend-health.ts"
import { limits } from "./limits.ts"
import type { Sample } from "./metrics.ts"
import type { Platform } from "./platform.ts"

const DATABASE = { driver: "sqlite", durability: "fsync on every commit" } as const

/** What an install says about itself: to its operator, to monitoring, and to whoever holds the set-up link. */
export function describeInstall(parts: {
  readonly engine: SqliteEngine
  readonly functions: FunctionsService
  readonly signups: "open" | "closed"
  readonly requireMfa: boolean
  readonly version: string
  readonly draining: AbortSignal
  readonly backends: BackendHealth
}): Pick<Platform, "setupFacts" | "capabilities" | "health" | "samples"> {
  const { engine, functions, signups, requireMfa, version, draining, backends } = parts
  return {
    async setupFacts() {
      const { bun, quickjs } = await functions.capabilities()
      const isolation = { bun: bun.isolation, quickjs: quickjs.isolation }
      return { version, database: DATABASE.driver, durability: DATABASE.durability, functions: isolation, signups }
    },
    capabilities: async () => {
      return { version, signups, requireMfa, database: DATABASE, functions: await functions.capabilities(), limits }
    },
    health: async () => readHealth({ engine, functions }, await backends.read(), draining.aborted),
    samples: () => [...samplesOf(engine, functions), backendSample(backends)],
  }
}

function readHealth(
  { engine, functions }: { readonly engine: SqliteEngine; readonly functions: FunctionsService },
  backends: Health["checks"],
  draining: boolean,
): Health {
  const storage = engine.health()
  const { status, processes, maxProcesses } = functions.health()
  const checks: Health["checks"] = {
    // The path of a file stays in the log: health is open to anybody.
    storage: {
      status: storage.status === "red" ? "failing" : "ok",
      detail: storage.problems.map(({ code }) => code).join(", ") || DATABASE.durability,
    },
    functions: { status: status === "red" ? "failing" : "ok", detail: `${processes} of ${maxProcesses} processes` },
    ...backends,
  }
  const failing = Object.values(checks).some((check) => check.status === "failing")
  return { status: draining ? "draining" : failing ? "failing" : "ok", checks }
}

function backendSample(backends: BackendHealth): Sample {
  return {
    name: "ashlar_backend_up",
    help: "1 when the backend answered when it was last asked, which /health/ready does.",
    type: "gauge",
    values: Object.entries(backends.last()).map(([backend, { status }]) => [{ backend }, status === "ok" ? 1 : 0]),
  }
}

function samplesOf(engine: SqliteEngine, functions: FunctionsService): readonly Sample[] {
  const storage = engine.metrics()
  const gauge = (name: string, help: string, value: number): Sample => ({
    name,
    help,
    type: "gauge",
    values: [[{}, value]],
  })
  const counter = (name: string, help: string, value: number): Sample => ({
    ...gauge(name, help, value),
    type: "counter",
  })
  return [
    counter("ashlar_storage_commits_total", "Groups of writes committed with one fsync.", storage.groups),
    counter("ashlar_storage_writes_total", "Writes in those groups.", storage.ops),
    counter("ashlar_storage_failed_commits_total", "Groups of which nothing was kept.", storage.failedGroups),
    counter(
      "ashlar_storage_commit_seconds_sum",
      "Time spent from BEGIN to the return of COMMIT.",
      storage.commit.sumSeconds,
    ),
    gauge("ashlar_storage_queued_writes", "Writes that wait now.", storage.queuedOps),
    gauge("ashlar_storage_open_files", "Database files open now.", storage.openFiles),
    gauge(
      "ashlar_functions_processes",
      "Processes of functions alive now, spares included.",
      functions.health().processes,
    ),
    gauge("process_resident_memory_bytes", "Resident memory of the server's own process.", process.memoryUsage.rss()),
    gauge(
      "process_start_time_seconds",
      "When the process started, since the epoch.",
      Math.round(performance.timeOrigin / 1000),
    ),
  ]
}
