/** A process that pushes and works until it is killed, and says on its output what was acknowledged. */
import { writeSync } from "node:fs"
import { defineJob, openQueue } from "../index.ts"

const [url = "", name = "", first = "0"] = process.argv.slice(2)
// A pipe keeps what was written when the process is gone.
const say = (line: string) => void writeSync(1, `${line}\n`)

const queue = openQueue(url, { name, pollMs: 20, onError: (error) => say(`error ${String(error)}`) })
await queue.ready()
const count = defineJob("count", { attempts: 1_000, backoff: 0 }, async ({ id, attempt }) => {
  say(`ran ${id} ${attempt}`)
  if (attempt === 1 && id.endsWith("0")) throw new RangeError("once more")
})
queue.on("completed", ({ id }) => say(`done ${id}`))
queue.work([count], { concurrency: 8, leaseMs: 1_000 })
say("ready")
let next = Number(first)
async function push(): Promise<void> {
  for (;;) {
    const unique = queue.guarantees.unique && next % 3 === 0 ? { unique: `key ${next}` } : {}
    const group = queue.guarantees.fairGroups && next % 5 === 0 ? { group: `group ${next % 2}` } : {}
    next++
    const { id } = await queue.push(count, undefined, { ...unique, ...group })
    say(`pushed ${id}`)
    // No faster than the work: what is left is worked off by the test.
    await new Promise((done) => setTimeout(done, 2))
  }
}
await Promise.all(Array.from({ length: 8 }, push))
