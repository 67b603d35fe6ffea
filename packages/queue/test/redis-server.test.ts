import { afterEach, describe, expect, test } from "bun:test"
import { rmSync } from "node:fs"
import { connect } from "node:net"
import { RedisLink, redisClients } from "@ashlar/cache/redis"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { parseDriverUrl } from "@ashlar/core"
import { freePort } from "@ashlar/core/testing/ports"
import { queueDrivers } from "../src/drivers/drivers.ts"
import { defineJob, openQueue } from "../src/index.ts"
import { until } from "../src/testing/queue-cases.ts"
import { claim, done, newJob, retry } from "../src/testing/store-stage.ts"

/* What happens when the server itself is full, or killed: with one of our own, for others use the one that listens. */

const binary = Bun.which("redis-server") ?? Bun.which("valkey-server")
if (binary !== null) describeServer(binary)
else console.warn("skipped: what needs a Redis of its own, for there is no redis-server or valkey-server in the PATH")

type Server = Bun.Subprocess

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => resolve(socket.destroy() !== undefined))
    socket.on("error", () => resolve(false))
  })
}

function describeServer(path: string): void {
  describe("a Redis of our own", () => {
    let running: Server | undefined
    const start = async (port: number, folder: string): Promise<void> => {
      const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
      const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, ...durable]
      running = Bun.spawn([path, ...args], { stdout: "ignore", stderr: "ignore" })
      await until(() => isListening(port), "listening")
    }
    const kill = async (): Promise<void> => {
      running?.kill(9)
      await running?.exited
      running = undefined
    }
    afterEach(kill)

    test("that is full takes no job and works off those it has", async () => {
      const [port, folder] = [await freePort(), temporaryFolder()]
      await start(port, folder)
      const url = `redis://127.0.0.1:${port}`
      const store = await (await queueDrivers.open(url))({ queue: "full", pollMs: 20, onError: console.error })
      const options = { prefix: "x", connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 }
      const link = await RedisLink.open(parseDriverUrl(url), options, await redisClients())
      const jobs = Array.from({ length: 300 }, () => newJob({ group: "g", keepCompletedMs: 60_000 }))
      await store.add(jobs)
      await link.send("CONFIG", "SET", "maxmemory", "100000")
      const some = [newJob({ unique: { key: "k", until: "finished" } }), newJob(), newJob({ delayMs: 5 })]
      expect(await Promise.resolve(store.add(some)).catch((error) => error)).toMatchObject({
        code: "QUEUE_STORE_FAILED",
      })
      const first = await claim(store, { max: 10 })
      expect(await store.extend(first, 10_000, ["1"])).toEqual(first.map(() => true))
      expect(await store.settle(first.map((job) => retry(job, 0)))).toEqual(first.map(() => true))
      let count = 0
      for (let claimed = await claim(store); claimed.length > 0; claimed = await claim(store)) {
        count += claimed.length
        expect(await store.settle(claimed.map((job) => done(job, "1")))).not.toContain(false)
      }
      expect(count).toBe(300)
      expect(await store.counts!()).toMatchObject([{ waiting: 0, active: 0, delayed: 0, completed: 300 }])
      await link.send("CONFIG", "SET", "maxmemory", "0")
      expect((await store.add(some)).every(({ isNew }) => isNew)).toBe(true)
      await store.close()
      link.close()
      rmSync(folder, { recursive: true, force: true })
    })

    test("that is killed and comes back has every job whose push was acknowledged, and workers go on", async () => {
      const [port, folder] = [await freePort(), temporaryFolder()]
      await start(port, folder)
      const queue = openQueue(`redis://127.0.0.1:${port}?commandTimeoutMs=1000`, { name: "killed", pollMs: 20 })
      await queue.ready()
      const ran = new Set<string>()
      const job = defineJob("job", { attempts: 1_000, backoff: 0 }, ({ id }) => void ran.add(id))
      queue.work([job], { concurrency: 5, leaseMs: 1_000 })
      const pushed: string[] = []
      let isOver = false
      const push = async () => {
        while (!isOver)
          await queue.push(job, undefined, { group: `g${pushed.length % 3}` }).then(
            ({ id }) => pushed.push(id),
            (error) => {
              expect(error).toMatchObject({ code: "QUEUE_STORE_FAILED" })
              return Bun.sleep(5)
            },
          )
      }
      const pushing = [push(), push(), push()]
      for (let round = 0; round < 3; round++) {
        const before = pushed.length
        await until(() => pushed.length > before + 20, "pushes go through")
        await kill()
        await start(port, folder)
      }
      isOver = true
      await Promise.all(pushing)
      await until(() => pushed.every((id) => ran.has(id)), "all have run")
      await queue.close()
      rmSync(folder, { recursive: true, force: true })
    }, 60_000)
  })
}
