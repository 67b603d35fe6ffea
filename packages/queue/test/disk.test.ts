import { expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { openDatabase } from "@ashlar/orm"
import { defineJob, openQueue } from "../src/index.ts"
import { until } from "../src/testing/queue-cases.ts"

test("while the disk is full pushes are refused, none that was acknowledged is lost, and work goes on when there is room", async () => {
  const url = `sqlite:${join(temporaryFolder(), "queue.db")}`
  const queue = openQueue(url)
  await queue.ready()
  const db = await openDatabase(url)
  const text = defineJob("text", {})
  await queue.push(text)
  // The same writer as the queue's: it may have no page more than it has.
  const [{ page_count: pages } = { page_count: 0 }] = await db.sql<{ page_count: number }>`pragma page_count`.all()
  const limit = async (count: number) => {
    await db.transaction(async (tx) => void (await tx.sql(pragma(count)).all()))
  }
  await limit(pages + 2)
  let [kept, refused] = [1, 0]
  for (let at = 0; at < 60; at++)
    await queue.push(defineJob("big", {}), "x".repeat(2_000) as never).then(
      () => kept++,
      (error) => {
        refused++
        expect(error).toMatchObject({ code: "QUEUE_STORE_FAILED", cause: { code: "ORM_DISK_FULL" } })
      },
    )
  expect(refused).toBeGreaterThan(0)
  expect((await queue.counts()).reduce((sum, { waiting }) => sum + waiting, 0)).toBe(kept)
  await limit(1_000_000)
  let runs = 0
  const run = () => void runs++
  queue.work([defineJob("text", {}, run), defineJob("big", {}, run)])
  await until(() => runs === kept, "all have run")
  expect((await queue.push(text)).isNew).toBe(true)
  await queue.close()
  await db.close()
})

function pragma(pages: number): TemplateStringsArray {
  const strings = [`pragma max_page_count = ${pages}`]
  return Object.assign(strings, { raw: strings })
}
