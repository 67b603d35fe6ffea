import { hostname } from "node:os"
import type { Database } from "@ashlar/orm"
import type { Queue } from "@ashlar/queue"
import type { Workflows } from "@ashlar/workflow"
import { Pulse } from "./models/pulse.ts"

const BEAT_MS = 2_000
const MINUTE_MS = 60_000

type Done = Readonly<Record<string, number>>

/** Tells, every two seconds, that this process works, and how much it has done in the last minute: for the page. */
export async function beginPulse(db: Database, { queue, flows }: { readonly queue: Queue; readonly flows: Workflows }) {
  const worker = `${hostname().slice(0, 40)}:${process.pid}`
  const seen: { readonly atMs: number; readonly done: Done }[] = []
  const beat = async (): Promise<void> => {
    const { jobs } = queue.metrics()
    const done = {
      ...Object.fromEntries(jobs.map(({ name, completed }) => [name, completed])),
      steps: flows.metrics().stepsDone,
    }
    const nowMs = Date.now()
    seen.push({ atMs: nowMs, done })
    while (seen[1] !== undefined && seen[1].atMs <= nowMs - MINUTE_MS) seen.shift()
    const before: Done = seen[0]!.done
    const donePerMinute = Object.fromEntries(
      Object.entries(done).map(([name, count]) => [name, count - (before[name] ?? 0)]),
    )
    const running = jobs.reduce((sum, job) => sum + job.running, 0)
    const row = { worker, at: new Date(nowMs), running, donePerMinute }
    await Pulse.in(db).upsert([row], { on: ["worker"], update: ["at", "running", "donePerMinute"] })
    await Pulse.in(db)
      .query()
      .where("at", "<", new Date(nowMs - MINUTE_MS))
      .delete()
  }
  await beat()
  // A beat that fails is missed, and the next one comes.
  const timer = setInterval(() => void beat().catch(() => undefined), BEAT_MS)
  return {
    async stop(): Promise<void> {
      clearInterval(timer)
      await Pulse.in(db).query().where("worker", worker).delete()
    },
  }
}
