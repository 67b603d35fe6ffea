import { AshlarError } from "@ashlar/core"
import { failureOf } from "./failure.ts"
import { loadJobs } from "./load-jobs.ts"
import { openQueue } from "./open-queue.ts"
import type { JobChoice, Queue } from "./queue.ts"

/**
 * The program behind `ashlar queue`: a process of its own, so that jobs find the app's own packages, and what they leave open ends with
 * it. It speaks JSON with its parent.
 */
export type QueueRequest = {
  readonly url: string
  readonly name: string
} & (
  | { readonly command: "status" }
  /** The same again and again, until the parent goes. */
  | { readonly command: "watch"; readonly everyMs: number }
  | { readonly command: "failed"; readonly job?: string; readonly limit: number; readonly after?: string }
  | { readonly command: "redrive" | "delete"; readonly choice: JobChoice }
  | { readonly command: "pause" | "resume"; readonly job?: string }
  /** Until it is told to stop. */
  | {
      readonly command: "work"
      readonly jobs: readonly string[]
      readonly concurrency: number
      readonly graceMs: number
      /** Ends when nothing is left to do now. */
      readonly once?: boolean
    }
)

process.once("message", async (request: QueueRequest) => {
  const answer = await answerRequest(request).then(
    (value) => ({ type: "done", value }),
    (error) => ({ type: "failed", error: describe(error) }),
  )
  process.send?.(answer, () => process.exit(0))
})
process.send?.({ type: "ready" })

async function answerRequest(request: QueueRequest): Promise<unknown> {
  const queue = openQueue(request.url, { name: request.name })
  try {
    return await ask(queue, request)
  } finally {
    await queue.close()
  }
}

async function ask(queue: Queue, request: QueueRequest): Promise<unknown> {
  switch (request.command) {
    case "status":
      return { jobs: await queue.counts() }
    case "watch":
      return await watch(queue, request.everyMs)
    case "failed": {
      const { job, limit, after } = request
      const where = { ...(job !== undefined && { name: job }), ...(after !== undefined && { after }) }
      return { failed: await queue.list({ state: "failed", limit, ...where }) }
    }
    case "redrive":
      return { count: await queue.redrive(request.choice) }
    case "delete":
      return { count: await queue.remove(request.choice, "failed") }
    case "pause":
    case "resume":
      await queue[request.command](request.job)
      return {}
    case "work":
      return await work(queue, request)
  }
}

async function watch(queue: Queue, everyMs: number): Promise<unknown> {
  const stopping = stopped()
  let isOver = false
  void stopping.then(() => {
    isOver = true
  })
  while (!isOver) {
    process.send?.({ type: "told", value: { jobs: await queue.counts() } })
    await Promise.race([stopping, new Promise((done) => setTimeout(done, everyMs))])
  }
  return {}
}

async function work(
  queue: Queue,
  { jobs: places, concurrency, graceMs, once = false }: Extract<QueueRequest, { command: "work" }>,
): Promise<unknown> {
  const jobs = await loadJobs(places)
  await queue.ready()
  const tell = (event: string, value: object) => process.send?.({ type: "told", value: { event, ...value } })
  queue.on("completed", ({ id, name, attempt, durationMs }) => tell("completed", { id, name, attempt, durationMs }))
  queue.on("retried", ({ error, ...event }) => tell("retried", { ...event, error: failureOf(error) }))
  queue.on("failed", ({ error, ...event }) => tell("failed", { ...event, error: failureOf(error) }))
  queue.on("lost", (event) => tell("lost", event))
  queue.on("error", (error) => tell("error", { error: failureOf(error) }))
  const worker = queue.work(jobs, { concurrency, graceMs })
  tell("working", { jobs: jobs.map(({ name }) => name) })
  await Promise.race([stopped(), ...(once ? [worker.idle()] : [])])
  const report = await worker.stop()
  const done = queue
    .metrics()
    .jobs.map(({ name, completed, retried, failed }) => ({ name, completed, retried, failed }))
  return { ...report, jobs: done }
}

/** When the parent says so, goes, or the process is told to end. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once("message", () => resolve())
    process.once("disconnect", () => resolve())
    process.once("SIGTERM", () => resolve())
    process.once("SIGINT", () => resolve())
  })
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof AshlarError))
    return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) }
  const { code, message, cause } = error
  // The store's own words: whoever sits at the terminal may read them.
  const reason = cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message})` : ""
  return { code, message: `${message}${reason}` }
}
