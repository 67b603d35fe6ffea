import { describe, expect, test } from "bun:test"
import { temporaryDatabase } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { startProxy } from "@ashlar/core/testing/proxy"
import { defineJob, openQueue } from "../src/index.ts"
import { until } from "../src/testing/queue-cases.ts"
import { uniqueName } from "../src/testing/store-stage.ts"

const [postgres, mysql] = [await findServer("PostgreSQL"), await findServer("MariaDB")]

if (postgres !== undefined)
  describeCuts("PostgreSQL", postgres, (port, name) => `postgres://postgres@127.0.0.1:${port}/${name}`, "postgres")
if (mysql !== undefined)
  describeCuts("MariaDB", mysql, (port, name) => `mysql://root@127.0.0.1:${port}/${name}`, "mysql")

function describeCuts(
  engine: string,
  port: number,
  urlOf: (port: number, name: string) => string,
  admin: string,
): void {
  describe(`connections to ${engine} that are cut`, async () => {
    const direct = await temporaryDatabase((name) => urlOf(port, name), admin)
    const database = new URL(direct).pathname.slice(1)

    test("lose no push that was acknowledged, and every one runs", async () => {
      const proxy = await startProxy(port)
      const queue = openQueue(urlOf(proxy.port, database), { name: uniqueName(), pollMs: 20 })
      await queue.ready()
      const ran = new Set<string>()
      const job = defineJob("job", { attempts: 100, backoff: 0 }, async ({ id }) => {
        await Bun.sleep(1)
        ran.add(id)
      })
      queue.work([job], { concurrency: 5, leaseMs: 1_000 })
      const acknowledged: string[] = []
      let failures = 0
      let isOver = false
      const push = async () => {
        while (!isOver)
          await queue.push(job).then(
            ({ id }) => acknowledged.push(id),
            (error) => {
              expect(error).toMatchObject({ code: "QUEUE_STORE_FAILED" })
              failures++
              return Bun.sleep(5)
            },
          )
      }
      const pushing = [push(), push(), push()]
      for (let round = 0; round < 6; round++) {
        const before = acknowledged.length
        await until(() => acknowledged.length > before + 5, "pushes go through")
        await Bun.sleep(Math.random() * 20)
        proxy.cut()
      }
      isOver = true
      await Promise.all(pushing)
      await until(() => acknowledged.every((id) => ran.has(id)), "all have run")
      expect(failures).toBeGreaterThan(0)
      await queue.close()
      await proxy.close()
    }, 60_000)
  })
}
