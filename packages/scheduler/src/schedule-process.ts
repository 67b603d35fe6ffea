import { AshlarError } from "@ashlar/core"
import { openScheduler } from "./open-scheduler.ts"
import type { Scheduler } from "./scheduler.ts"

/**
 * The program behind `ashlar schedule`: a process of its own, so that the schedules are read by the app's own packages. It speaks JSON
 * with its parent, and runs nothing: what is asked for is done by a node of the app.
 */
export interface ScheduleRequest {
  readonly command: "list" | "next" | "history" | "run" | "pause" | "resume" | "remove"
  readonly url: string
  readonly namespace: string
  readonly schedule?: string
  /** Times or records. */
  readonly count?: number
  /** With `run`: how long its end is waited for. */
  readonly waitMs?: number
}

/** How often it is looked whether a run has ended. */
const LOOK_EVERY_MS = 100

process.once("message", async (request: ScheduleRequest) => {
  const answer = await answerRequest(request).then(
    (value) => ({ type: "done", value }),
    (error) => ({ type: "failed", error: describe(error) }),
  )
  process.send?.(answer, () => process.exit(0))
})
process.once("disconnect", () => process.exit(0))
process.send?.({ type: "ready" })

async function answerRequest({ url, namespace, ...request }: ScheduleRequest): Promise<unknown> {
  const scheduler = openScheduler(url, { namespace })
  try {
    return await ask(scheduler, request)
  } finally {
    await scheduler.stop()
  }
}

async function ask(scheduler: Scheduler, request: Omit<ScheduleRequest, "url" | "namespace">): Promise<unknown> {
  const { command, schedule = "", count, waitMs = 0 } = request
  if (command === "list") return { schedules: await scheduler.list() }
  if (command === "next") return { next: await scheduler.next(schedule, count) }
  if (command === "history") return { runs: await scheduler.history(schedule, count) }
  if (command === "run") return await runAndWait(scheduler, schedule, waitMs)
  await scheduler[command](schedule)
  return { schedule }
}

async function runAndWait(scheduler: Scheduler, schedule: string, waitMs: number): Promise<unknown> {
  const id = await scheduler.runNow(schedule)
  const endsMs = performance.now() + waitMs
  while (performance.now() < endsMs) {
    const run = (await scheduler.history(schedule, 100)).find((record) => record.id === id)
    if (run !== undefined) return { id, run }
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS))
  }
  return { id }
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof AshlarError))
    return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) }
  const { code, message, cause } = error
  // The store's own words: whoever sits at the terminal may read them.
  const reason = cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message})` : ""
  return { code, message: `${message}${reason}` }
}
