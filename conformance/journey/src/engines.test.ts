import { describe, expect, test } from "bun:test"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { findServer } from "@ashlar/cache/testing/servers"
import { dropRedisKeys, dropStreams } from "@ashlar/events/testing/drop-buses"
import { freshFolder } from "./install.ts"

const redis = await findServer("Redis")
const nats = await findServer("NATS")
/** Fewer would mean that the journey did not take place. */
const LEAST_TESTS = 30

describe.skipIf(redis === undefined || nats === undefined)("the same journey, kill -9 included", () => {
  test("with its cache in Redis, its queue and bus in NATS, and its storage elsewhere", async () => {
    const prefix = `journey-${crypto.randomUUID().slice(0, 8)}`
    const storage = freshFolder()
    const child = Bun.spawn(
      [process.execPath, "test", "--timeout", "120000", join(import.meta.dir, "journey.test.ts")],
      {
        cwd: join(import.meta.dir, ".."),
        env: {
          ...process.env,
          ASHLAR_CACHE_URL: `redis://127.0.0.1:${redis}?prefix=${prefix}`,
          ASHLAR_QUEUE_URL: `nats://127.0.0.1:${nats}?prefix=${prefix}`,
          ASHLAR_BUS_URL: `nats://127.0.0.1:${nats}?prefix=${prefix}`,
          ASHLAR_STORAGE_URL: `file:${storage}`,
        },
        ...{ stdin: "ignore", stdout: "pipe", stderr: "pipe" },
      },
    )
    try {
      const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
      const code = await child.exited
      const passed = Number(/(\d+) pass/.exec(err)?.[1] ?? 0)
      if (code !== 0) console.error(out, err)
      expect({ code, enough: passed >= LEAST_TESTS, failed: /[1-9]\d* fail/.test(err) }).toEqual({
        ...{ code: 0, enough: true, failed: false },
      })
    } finally {
      rmSync(storage, { recursive: true, force: true })
      await dropRedisKeys(redis!, `${prefix}*`)
      await dropStreams(nats!, prefix)
    }
  }, 900_000)
})
