/** Does once, on whatever runtime this is, what the suites do on Bun: over each URL that it is given. */
import assert from "node:assert/strict"
import { openDatabase } from "@ashlar/orm"
import { defineSignal, defineWorkflow, openWorkflows } from "../index.ts"

const urls = JSON.parse(process.argv[2] ?? "[]") as string[]
const Go = defineSignal<string>("go")

for (const url of urls) {
  const own = crypto.randomUUID().slice(0, 8)
  const done: string[] = []
  const child = defineWorkflow(`child ${own}`, {}, async (ctx) => {
    await ctx.sleep("a moment", 5)
    return 7
  })
  const flow = defineWorkflow(`flow ${own}`, {}, async (ctx) => {
    const all = await Promise.all([
      ctx.step("a", () => done.push("a")),
      ctx.transaction(
        "b",
        async (tx) => {
          const rows = await tx.sql<{ one: number }>`select 1 as one`.all()
          return Number(rows[0]!.one)
        },
        { undo: () => void done.push("undo b") },
      ),
      ctx.child("c", child, undefined),
    ])
    const said = await ctx.waitFor(Go)
    if (said === "fail") throw new RangeError("asked to")
    return { all, said }
  })
  const flows = openWorkflows(url)
  const worker = flows.work([flow, child], { pollMs: 5 })
  const good = await flows.start(flow, undefined)
  const bad = await flows.start(flow, undefined)
  await flows.signal(good.id, Go, "é")
  await flows.signal(bad.id, Go, "fail")
  const output = (await flows.result(good.id)) as { all: unknown[]; said: string }
  assert.deepEqual([output.all.slice(1), output.said], [[1, 7], "é"], url)
  const error = (await flows.result(bad.id).catch((failed) => failed)) as { code: string }
  assert.equal(error.code, "WORKFLOW_FAILED", url)
  assert.deepEqual(done.toSorted(), ["a", "a", "undo b"], url)
  if (url !== "memory:") {
    const database = await openDatabase(url)
    const late = `late-${own}`
    await database.transaction((tx) => flows.in(tx).start(child, undefined, { id: late }))
    assert.equal(await flows.result(late), 7, url)
    await database.close()
  }
  await worker.stop()
  await flows.close()
}
console.log("all is well")
process.exit(0)
