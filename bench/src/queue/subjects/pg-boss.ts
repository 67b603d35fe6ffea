import { PgBoss } from "pg-boss"
import { serverUrl } from "../server.ts"
import type { OpenSubject, QueueSubject } from "../subject.ts"

export const PG_BOSS: readonly QueueSubject[] = [{ engine: "postgres", name: "pg-boss", open }]

const QUEUE = "letter"
/** Fetches under way at a time, and jobs of one: its `work` asks twice a second at most, which would measure that. */
const LOOPS = 4
const BATCH = 100

async function open(): Promise<OpenSubject | undefined> {
  const url = await serverUrl("postgres")
  if (url === undefined) return undefined
  const schema = `bench_${crypto.randomUUID().slice(0, 8)}`
  const boss = new PgBoss({ connectionString: url, schema, max: 10, supervise: false, schedule: false })
  boss.on("error", (error) => console.error(error))
  await boss.start()
  await boss.createQueue(QUEUE)
  return {
    add: (payload) => boss.send(QUEUE, payload),
    async fill(payloads) {
      for (let at = 0; at < payloads.length; at += 1_000)
        await boss.insert(
          QUEUE,
          payloads.slice(at, at + 1_000).map((data) => ({ data })),
        )
    },
    async work(done) {
      let isOver = false
      const loop = async () => {
        while (!isOver) {
          const jobs = await boss.fetch(QUEUE, { batchSize: BATCH })
          if (jobs.length === 0) {
            await Bun.sleep(1)
            continue
          }
          await boss.complete(
            QUEUE,
            jobs.map(({ id }) => id),
          )
          for (const _ of jobs) done()
        }
      }
      const loops = Array.from({ length: LOOPS }, loop)
      return async () => {
        isOver = true
        await Promise.all(loops)
      }
    },
    async close() {
      const db = boss.getDb()
      await db.executeSql(`drop schema ${schema} cascade`, [])
      await boss.stop({ graceful: false })
    },
  }
}
