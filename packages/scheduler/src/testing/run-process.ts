/**
 * One of several nodes of `processes.test.ts`: writes a line for each run that it begins and ends. Works on whatever runtime this is.
 */
import { appendFileSync } from "node:fs"
import { defineSchedule, openScheduler } from "../index.ts"

const { url, namespace, file, everyMs, workMs, leaseMs } = JSON.parse(process.argv[2] ?? "{}") as {
  readonly url: string
  readonly namespace: string
  readonly file: string
  readonly everyMs: number
  readonly workMs: number
  readonly leaseMs: number
}
const note = (what: string, line: object): void =>
  appendFileSync(file, `${JSON.stringify({ what, pid: process.pid, ...line })}\n`)

const work = defineSchedule("work", { everyMs, overlap: "allow", maxConcurrent: 100, lateMs: 60_000 }, async (run) => {
  const { id, at, attempt, fence } = run
  note("begin", { id, at: at.getTime(), attempt, fence })
  await new Promise((done) => setTimeout(done, workMs))
  note("end", { id, at: at.getTime(), attempt, fence })
})
const scheduler = openScheduler(url, {
  schedules: [work],
  namespace,
  leaseMs,
  pollEveryMs: 50,
  maxHistory: 1_000,
  onError: (error) => console.error(error),
})
await scheduler.start()
console.log("ready")
process.stdin.once("data", async () => {
  await scheduler.stop()
  process.exit(0)
})
