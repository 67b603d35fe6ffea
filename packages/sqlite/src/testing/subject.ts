import { existsSync, rmSync, writeFileSync, writeSync } from "node:fs"
import type { AshlarError } from "@ashlar/core"
import type { FileDefinition } from "../definition.ts"
import { openSqlite } from "../engine.ts"
import type { Synchronous } from "../protocol.ts"

/*
 * The program under test of the durability suites: it is killed, traced and lied to from outside. Every acknowledged id
 * goes to standard output by one write(2), after its promise resolved and never before.
 */

/** One table of ids, with some weight per row. */
export const journalDefinition: FileDefinition = {
  kind: "project",
  features: [
    {
      name: "journal",
      migrations: [{ id: 1, name: "entry", sql: ["CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT NOT NULL)"] }],
    },
  ],
}

const insert = "INSERT INTO entry (id, body) VALUES (?, ?)"
const body = "x".repeat(300)

if (import.meta.main) {
  const [mode, path, amount] = process.argv.slice(2)
  const synchronous = (process.env.SUBJECT_SYNCHRONOUS ?? "FULL") as Synchronous
  const engine = openSqlite({ synchronous })
  const file = await engine.open(path ?? "", journalDefinition).catch((error: AshlarError) => {
    writeSync(1, `refused ${error.code}\n`)
    process.exit(3)
  })
  const write = (id: number) => file.write([{ sql: insert, params: [id, body], expectChanges: 1 }])
  const acknowledge = async (id: number) => {
    await write(id)
    writeSync(1, `ack ${id}\n`)
  }
  const modes: Record<string, () => Promise<void>> = {
    // Batches one after the other: when an acknowledgement is written, no later group touches the log.
    batches: async () => {
      for (let batch = 0; batch < Number(amount); batch++) {
        await Promise.all(Array.from({ length: 8 }, (_, index) => acknowledge(batch * 8 + index)))
      }
    },
    // Until killed.
    concurrent: async () => {
      let next = (file.get<{ top: number | null }>("SELECT max(id) AS top FROM entry")?.top ?? 0) + 1
      await Promise.all(
        Array.from({ length: Number(amount) }, async () => {
          for (;;) await acknowledge(next++)
        }),
      )
    },
    // A number of acknowledged writes, then waits to be killed.
    wait: async () => {
      for (let id = 1; id <= Number(amount); id++) await acknowledge(id)
      writeSync(1, "done\n")
      await Bun.sleep(60_000)
    },
    faults: async () => {
      const flag = process.env.SHIM_FAIL ?? process.env.SHIM_FAIL_WRITE ?? ""
      const outcome = (id: number) =>
        write(id).then(
          () => "ack",
          (error) => String(error.code),
        )
      const steps: string[] = [await outcome(1), await outcome(2)]
      writeFileSync(flag, "")
      steps.push(await outcome(3))
      rmSync(flag)
      steps.push(await outcome(4), engine.health().status)
      writeFileSync(flag, "")
      steps.push(await outcome(5))
      rmSync(flag)
      steps.push(await outcome(6), engine.health().status)
      steps.push(
        String(file.get<{ count: number }>("SELECT count(*) AS count FROM entry WHERE id IN (1, 2, 4)")?.count),
      )
      writeSync(1, JSON.stringify(steps))
      if (existsSync(flag)) rmSync(flag)
    },
    // How long the event loop of the calling thread is held while writes go on.
    lag: async () => {
      const lagsMs: number[] = []
      let last = performance.now()
      const timer = setInterval(() => {
        const now = performance.now()
        lagsMs.push(now - last - 1)
        last = now
      }, 1)
      const until = performance.now() + Number(amount)
      let next = 1
      await Promise.all(
        Array.from({ length: 16 }, async () => {
          while (performance.now() < until) await write(next++)
        }),
      )
      clearInterval(timer)
      lagsMs.sort((one, other) => one - other)
      const { commit } = engine.metrics()
      const commitMs = (commit.sumSeconds * 1000) / commit.count
      writeSync(1, JSON.stringify({ p50Ms: lagsMs[lagsMs.length >> 1], commitMs }))
    },
  }
  await modes[mode ?? ""]?.()
  await engine.close()
}
