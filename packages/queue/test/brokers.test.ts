import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { findServer } from "@ashlar/cache/testing/servers"
import { startProxy } from "@ashlar/core/testing/proxy"
import { defineJob, openQueue } from "../src/index.ts"
import { deleteKeys, deleteStreams } from "../src/testing/brokers.ts"
import { until } from "../src/testing/queue-cases.ts"
import { startSqsServer } from "../src/testing/sqs-server.ts"
import { uniqueName } from "../src/testing/store-stage.ts"

/* What servers of their own do when connections are cut and processes are killed. */

const PROCESS = join(import.meta.dir, "../src/testing/crash-process.ts")
const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
const [redis, nats, rabbit] = [await findServer("Redis"), await findServer("NATS"), await findServer("RabbitMQ")]
const sqs = startSqsServer()
afterAll(async () => {
  await sqs.stop()
  if (redis !== undefined) await deleteKeys(redis, prefix)
  if (nats !== undefined) await deleteStreams(nats, prefix)
})

const sqsUrl = (port: number) =>
  `sqs://key:secret@eu-central-1?prefix=${prefix}&commandTimeoutMs=1000&endpoint=${encodeURIComponent(`http://127.0.0.1:${port}`)}`
const servers: readonly (readonly [string, number | undefined, (port: number) => string])[] = [
  ["Redis", redis, (port) => `redis://127.0.0.1:${port}?prefix=${prefix}&commandTimeoutMs=1000`],
  ["NATS", nats, (port) => `nats://127.0.0.1:${port}?prefix=${prefix}&commandTimeoutMs=1000`],
  ["RabbitMQ", rabbit, (port) => `amqp://127.0.0.1:${port}?prefix=${prefix}&commandTimeoutMs=1000&expiresMs=120000`],
  ["SQS", Number(new URL(sqs.url).port), sqsUrl],
]

for (const [server, port, urlOf] of servers) {
  if (port === undefined) continue
  describe(server, () => {
    test("connections that are cut lose no push that was acknowledged, and every one runs", async () => {
      const proxy = await startProxy(port)
      const queue = openQueue(urlOf(proxy.port), { name: uniqueName(), pollMs: 20 })
      await queue.ready()
      const ran = new Set<string>()
      const job = defineJob("job", { attempts: 1_000, backoff: 0 }, async ({ id }) => {
        await Bun.sleep(1)
        ran.add(id)
      })
      queue.work([job], { concurrency: 5, leaseMs: 2_000 })
      const acknowledged: string[] = []
      let isOver = false
      const push = async () => {
        while (!isOver)
          await queue.push(job).then(
            ({ id }) => acknowledged.push(id),
            (error) => {
              expect(error).toMatchObject({ code: "QUEUE_STORE_FAILED" })
              return Bun.sleep(5)
            },
          )
      }
      const pushing = [push(), push(), push()]
      for (let round = 0; round < 5; round++) {
        const before = acknowledged.length
        await until(() => acknowledged.length > before + 5, "pushes go through")
        await Bun.sleep(Math.random() * 20)
        proxy.refuse(true)
        proxy.cut()
        await Bun.sleep(20)
        proxy.refuse(false)
      }
      isOver = true
      await Promise.all(pushing)
      await until(() => acknowledged.every((id) => ran.has(id)), "all have run")
      await queue.close()
      await proxy.close()
    }, 90_000)

    test("a server that says nothing is said in time, and a worker goes on when it is back", async () => {
      const proxy = await startProxy(port)
      const queue = openQueue(urlOf(proxy.port), { name: uniqueName(), pollMs: 20 })
      const ran = new Set<string>()
      const job = defineJob("job", { backoff: 0 }, ({ id }) => void ran.add(id))
      await queue.push(job)
      queue.work([job], { leaseMs: 2_000 })
      await until(() => ran.size === 1, "the first")
      proxy.refuse(true)
      proxy.cut()
      expect(await queue.push(job).catch((error) => error)).toMatchObject({ code: "QUEUE_STORE_FAILED" })
      proxy.refuse(false)
      const direct = openQueue(urlOf(port), { name: queue.name })
      const { id } = await direct.push(job)
      await until(() => ran.has(id), "the one after")
      await Promise.all([direct.close(), queue.close()])
      await proxy.close()
    }, 60_000)

    test("kill -9 loses no push that was acknowledged", async () => {
      const name = uniqueName()
      const pushed = new Set<string>()
      const ran = new Set<string>()
      for (let round = 0; round < 5; round++)
        await killedRound([urlOf(port), name, String(round * 1_000_000)], pushed, ran)
      expect(pushed.size).toBeGreaterThan(5)
      const queue = openQueue(urlOf(port), { name, pollMs: 20 })
      const again = new Set<string>()
      const count = defineJob("count", { attempts: 1_000 }, ({ id }) => void again.add(id))
      queue.work([count], { concurrency: 50, leaseMs: 2_000 })
      await until(() => [...pushed].every((id) => again.has(id) || ran.has(id)), "worked off")
      expect(again.size).toBeGreaterThan(0) // what was left came to another
      await queue.close()
    }, 90_000)
  })
}

async function killedRound(args: readonly string[], pushed: Set<string>, ran: Set<string>): Promise<void> {
  const child = Bun.spawn([process.execPath, PROCESS, ...args], { stdout: "pipe", stderr: "inherit" })
  const decoder = new TextDecoder()
  let text = ""
  let isKilled = false
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true })
    if (isKilled || !text.includes("pushed")) continue
    isKilled = true
    // At a moment that nobody chose.
    setTimeout(() => child.kill(9), 20 + Math.random() * 300)
  }
  await child.exited
  // A line that was cut off is as one that was never written.
  for (const line of text.split("\n").slice(0, -1)) {
    const [what, id = "", attempt = ""] = line.split(" ")
    if (what === "pushed") pushed.add(id)
    // Its handler says so and ends, but for those that fail the first time.
    if (what === "ran" && !(attempt === "1" && id.endsWith("0"))) ran.add(id)
  }
}
