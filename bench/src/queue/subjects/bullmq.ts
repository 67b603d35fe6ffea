import { createBunRedisClient, Queue, Worker } from "bullmq"
import { serverUrl } from "../server.ts"
import { IN_FLIGHT, type OpenSubject, type QueueSubject } from "../subject.ts"

export const BULLMQ: readonly QueueSubject[] = [{ engine: "redis", name: "bullmq", open }]

const BATCH = 1_000

/** As its documentation has it, on Bun's client as ours is. */
async function open(): Promise<OpenSubject | undefined> {
  const url = await serverUrl("redis")
  if (url === undefined) return undefined
  const prefix = `{bench-${crypto.randomUUID().slice(0, 8)}}`
  const connect = () => {
    const client = createBunRedisClient(new Bun.RedisClient(url) as never)
    client.on("error", () => undefined)
    return client
  }
  const connection = connect()
  const queue = new Queue("letters", { connection, prefix, defaultJobOptions: { removeOnComplete: true } })
  await queue.waitUntilReady()
  return {
    add: (payload) => queue.add("letter", payload),
    async fill(payloads) {
      for (let at = 0; at < payloads.length; at += BATCH)
        await queue.addBulk(payloads.slice(at, at + BATCH).map((data) => ({ name: "letter", data })))
    },
    async work(done) {
      const worker = new Worker("letters", async () => done(), {
        connection: connect(),
        prefix,
        concurrency: IN_FLIGHT,
      })
      await worker.waitUntilReady()
      return async () => await worker.close()
    },
    async close() {
      await queue.obliterate({ force: true })
      await queue.close()
    },
  }
}
