import { afterAll } from "bun:test"
import { findServer } from "@ashlar/cache/testing/servers"
import { queueDrivers } from "../drivers/drivers.ts"
import { openQueue } from "../open-queue.ts"
import { deleteStreams } from "../testing/brokers.ts"
import { describeQueue, describeQueueStore } from "../testing/queue-suite.ts"

const prefix = `ashlar_test_${crypto.randomUUID().slice(0, 8)}`
const nats = await findServer("NATS")
if (nats !== undefined) {
  const url = `nats://127.0.0.1:${nats}?prefix=${prefix}`
  afterAll(() => deleteStreams(nats, prefix))
  describeQueueStore("NATS", {
    open: async (settings) => await (await queueDrivers.open(url))(settings),
    pass: (ms) => Bun.sleep(Math.min(ms, 6_000)),
  })
  describeQueue("NATS", { open: (name) => openQueue(url, { name }) })
}
