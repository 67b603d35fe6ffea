import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { defineJob, openQueue } from "../src/index.ts"
import { until } from "../src/testing/queue-cases.ts"
import { uniqueName } from "../src/testing/store-stage.ts"

const ROUNDS = 8
const PROCESS = join(import.meta.dir, "../src/testing/crash-process.ts")
const [postgres, mysql] = [await findServer("PostgreSQL"), await findServer("MariaDB")]

describeCrashes("SQLite", async () => `sqlite:${join(temporaryFolder(), "queue.db")}`)
if (postgres !== undefined)
  describeCrashes("PostgreSQL", () =>
    temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
  )
if (mysql !== undefined)
  describeCrashes("MariaDB", () => temporaryDatabase((name) => `mysql://root@127.0.0.1:${mysql}/${name}`, "mysql"))

/** What processes said before they were killed. */
interface Record {
  readonly pushed: Set<string>
  readonly done: Set<string>
  readonly ran: Map<string, number>
  /** Run again after it was said to be done. */
  readonly again: string[]
}

function describeCrashes(engine: string, open: () => Promise<string>): void {
  describe(`kill -9 over ${engine}`, async () => {
    const url = await open()
    test("loses no push that was acknowledged, and runs none again that was completed", async () => {
      const name = uniqueName()
      const record: Record = { pushed: new Set(), done: new Set(), ran: new Map(), again: [] }
      for (let round = 0; round < ROUNDS; round++) await killedRound(url, name, round, record)
      expect(record.pushed.size).toBeGreaterThan(ROUNDS)
      await drain(url, name, record)
      const lost = [...record.pushed].filter((id) => !record.ran.has(id))
      const undone = [...record.pushed].filter((id) => !record.done.has(id))
      expect({ lost, undone, again: record.again }).toEqual({ lost: [], undone: [], again: [] })
    }, 120_000)
  })
}

function note(record: Record, line: string): void {
  const [what, id = ""] = line.split(" ")
  if (what === "pushed") record.pushed.add(id)
  if (what === "done") record.done.add(id)
  if (what !== "ran") return
  if (record.done.has(id)) record.again.push(id)
  record.ran.set(id, (record.ran.get(id) ?? 0) + 1)
}

async function killedRound(url: string, name: string, round: number, record: Record): Promise<void> {
  const child = Bun.spawn([process.execPath, PROCESS, url, name, String(round * 1_000_000)], {
    stdout: "pipe",
    stderr: "inherit",
  })
  let text = ""
  let killsAt = Number.POSITIVE_INFINITY
  const decoder = new TextDecoder()
  for await (const bytes of child.stdout) {
    const isFirst = text === ""
    text += decoder.decode(bytes, { stream: true })
    // At a moment that nobody chose, but not before it has done something.
    if (isFirst || killsAt === Number.POSITIVE_INFINITY)
      if (text.includes("pushed")) {
        killsAt = 20 + Math.random() * 300
        setTimeout(() => child.kill(9), killsAt)
      }
  }
  await child.exited
  // A line that was cut off is as one that was never written.
  for (const line of text.split("\n").slice(0, -1)) note(record, line)
}

/** Works off what is left, in this process. */
async function drain(url: string, name: string, record: Record): Promise<void> {
  const queue = openQueue(url, { name, pollMs: 20 })
  const count = defineJob("count", { attempts: 1_000 }, ({ id }) => note(record, `ran ${id}`))
  queue.on("completed", ({ id }) => note(record, `done ${id}`))
  queue.work([count], { concurrency: 50, leaseMs: 1_000 })
  const isEmpty = async () =>
    (await queue.counts()).every(({ waiting, delayed, active, held }) => waiting + delayed + active + held === 0)
  await until(isEmpty, "worked off")
  // What the killed ones had settled, and could not say any more.
  for (const id of record.ran.keys()) if ((await queue.job(id)) === undefined) record.done.add(id)
  await queue.close()
}
