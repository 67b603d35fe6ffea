/** Does once, on whatever runtime this is, what the suites do on Bun: over each URL that it is given. */
import assert from "node:assert/strict"
import { openDatabase } from "@ashlar/orm"
import { v } from "@ashlar/validation"
import { defineJob, openQueue } from "../index.ts"

const urls = JSON.parse(process.argv[2] ?? "[]") as string[]
const until = async (isSo: () => boolean | Promise<boolean>, what: string): Promise<void> => {
  const deadline = Date.now() + 30_000
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, what)
    await new Promise((done) => setTimeout(done, 10))
  }
}

for (const url of urls) {
  const queue = openQueue(url, { name: `runtime-${crypto.randomUUID().slice(0, 8)}`, pollMs: 20 })
  await queue.ready()
  const ran: string[] = []
  const work = defineJob("work", { input: v.object({ text: v.string() }), attempts: 3, backoff: 5 }, (job) => {
    ran.push(job.input.text)
    if (job.input.text === "fails" || (job.input.text === "again" && job.attempt === 1)) throw new RangeError("no")
    return job.input.text.length
  })
  let total = 0
  const sum = defineJob("sum", {}, async (job) => {
    for (const { output } of await job.children()) total += Number(output)
  })
  const worker = queue.work([work, sum], { concurrency: 5, leaseMs: 2_000 })
  const texts = Array.from({ length: 60 }, (_, at) => `é漢🏳️‍🌈 ${at}`)
  const { priority, fairGroups, unique, deadLetters, flows } = queue.guarantees
  const options = (at: number) => ({
    ...(fairGroups && { group: `g${at % 3}` }),
    ...(priority && { priority: at % 5 }),
  })
  await Promise.all(texts.map((text, at) => queue.push(work, { text }, options(at))))
  await until(() => ran.length === texts.length, `${url}: all have run`)
  assert.deepEqual(ran.toSorted(), texts.toSorted(), url)
  const key = { ...(unique && { unique: "key" }), delayMs: 50 }
  const first = await queue.push(work, { text: "again" }, key)
  if (unique) assert.deepEqual(await queue.push(work, { text: "again" }, key), { id: first.id, isNew: false }, url)
  await until(() => ran.filter((text) => text === "again").length === 2, `${url}: tried again`)
  await queue.push(work, { text: "fails" })
  await until(() => ran.filter((text) => text === "fails").length === 3, `${url}: fails for good`)
  if (deadLetters) {
    await until(async () => (await queue.list({ state: "failed" })).length === 1, `${url}: a dead letter`)
    assert.equal((await queue.list({ state: "failed" }))[0]?.error?.message, "no", url)
    assert.equal(await queue.remove({ all: true }, "failed"), 1, url)
  }
  if (flows) {
    await queue.pushBatch([work.of({ text: "a" }), work.of({ text: "bc" })], { onSuccess: sum.of() })
    await until(() => total === 3, `${url}: what follows a batch`)
  }
  if (queue.guarantees.transactional) {
    const db = await openDatabase(url)
    const undone = db.transaction(async (tx) => {
      await queue.in(tx).push(work, { text: "undone" })
      throw new RangeError("undo")
    })
    await assert.rejects(undone)
    await db.transaction((tx) => queue.in(tx).push(work, { text: "committed" }))
    await until(() => ran.includes("committed"), `${url}: what was committed`)
    assert.ok(!ran.includes("undone"), url)
    await db.close()
  }
  await worker.idle()
  assert.deepEqual(await worker.stop(), { clean: true, released: 0 }, url)
  await queue.close()
}
console.log("all is well")
process.exit(0)
