import { RUNTIMES, type Runtime } from "./runtime.ts"
import { WORKLOADS } from "./workload.ts"

/** What is measured at the start of servers, beside the workloads. */
export const START_CASES = ["start-ms", "idle-mb"] as const

/** A case's name is `<runtime> <what>`: `bun a`, `node start-ms`. */
const CASES: readonly string[] = RUNTIMES.flatMap((runtime) =>
  [...WORKLOADS.map(({ letter }) => letter), ...START_CASES].map((what) => `${runtime} ${what}`),
)

/** The cases that a run measures. */
export interface Plan {
  has(runtime: Runtime, what: string): boolean
  /** Whether anything of a runtime is measured. */
  hasRuntime(runtime: Runtime): boolean
}

/**
 * Reads `--only`: cases or whole runtimes, apart by commas. Empty: all.
 * @example readPlan("bun a, node")
 */
export function readPlan(only: string): Plan {
  const wanted = only
    .split(",")
    .map((part) => part.trim().replace(/\s+/g, " "))
    .filter((part) => part !== "")
  for (const part of wanted)
    if (!CASES.includes(part) && !RUNTIMES.some((runtime) => runtime === part))
      throw new Error(`No case is named "${part}". Known: ${RUNTIMES.join(", ")}, and each with ${CASES_OF_ONE}.`)
  const chosen = CASES.filter(
    (name) => wanted.length === 0 || wanted.includes(name) || wanted.includes(name.split(" ")[0]!),
  )
  return {
    has: (runtime, what) => chosen.includes(`${runtime} ${what}`),
    hasRuntime: (runtime) => chosen.some((name) => name.startsWith(`${runtime} `)),
  }
}

const CASES_OF_ONE = [...WORKLOADS.map(({ letter }) => letter), ...START_CASES].join(", ")
