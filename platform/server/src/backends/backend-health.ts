import { AshlarError, withDeadline } from "@ashlar/core"
import type { Health } from "@ashlar/protocol"
import { BackendDown } from "../errors.ts"
import type { Log } from "../log.ts"
import type { Backend } from "./backend.ts"

type Check = Health["checks"][string]

/** How the backends are. */
export interface BackendHealth {
  /** Asks all of them at once. Never rejects. */
  read(): Promise<Readonly<Record<string, Check>>>
  /** What was heard when they were last asked. */
  last(): Readonly<Record<string, Check>>
}

/** A backend that has not answered by then is failing. */
const TIMEOUT_MS = 2_000
/** Health is open to anybody: however often it is asked for, backends are asked this often. */
const KEEP_MS = 1_000

export function createBackendHealth(backends: readonly Backend[], log: Log): BackendHealth {
  let last: Record<string, Check> = Object.fromEntries(backends.map(({ name, driver }) => [name, ok(driver)]))
  let reading: Promise<typeof last> | undefined
  let readAtMs = Number.NEGATIVE_INFINITY

  async function ask(backend: Backend): Promise<Check> {
    const { name, driver, check } = backend
    try {
      await withDeadline(check, TIMEOUT_MS, () => new BackendDown(`No answer within ${TIMEOUT_MS} ms.`))
      if (last[name]?.status === "failing") log.info(`the ${name} works again`, { driver })
      return ok(driver)
    } catch (error) {
      if (last[name]?.status !== "failing") log.error(`the ${name} does not work`, error, { driver })
      // The code alone: a message may name a host, and health is open to anybody.
      return { status: "failing", detail: error instanceof AshlarError ? error.code : "INTERNAL" }
    }
  }
  async function readAll(): Promise<typeof last> {
    const checks = await Promise.all(backends.map(async (backend) => [backend.name, await ask(backend)] as const))
    last = Object.fromEntries(checks)
    readAtMs = performance.now()
    return last
  }
  return {
    async read() {
      if (performance.now() - readAtMs < KEEP_MS) return last
      reading ??= readAll().finally(() => {
        reading = undefined
      })
      return await reading
    },
    last: () => last,
  }
}

function ok(driver: string): Check {
  return { status: "ok", detail: driver }
}
