import { expect, test } from "bun:test"
import { findServer } from "@ashlar/cache/testing/servers"
import { queueDrivers } from "../drivers/drivers.ts"
import { openQueue } from "../open-queue.ts"
import { describeQueue, describeQueueStore } from "../testing/queue-suite.ts"
import { roundUp } from "./amqp-places.ts"

const rabbit = await findServer("RabbitMQ")
if (rabbit !== undefined) {
  for (const queueType of ["quorum", "classic"]) {
    const url = `amqp://127.0.0.1:${rabbit}?prefix=ashlar-test-${crypto.randomUUID().slice(0, 8)}&queueType=${queueType}&expiresMs=120000`
    describeQueueStore(`RabbitMQ, ${queueType}`, {
      open: async (settings) => await (await queueDrivers.open(url))(settings),
      pass: (ms) => Bun.sleep(Math.min(ms, 6_000)),
    })
    if (queueType === "quorum") describeQueue("RabbitMQ", { open: (name) => openQueue(url, { name }) })
  }
}

test("delays are rounded up, to few different ones", () => {
  expect([1, 9, 10, 11, 99, 100, 101, 1_999, 2_000, 86_400_001].map(roundUp)).toEqual([
    1, 9, 10, 11, 99, 100, 110, 2_000, 2_000, 87_000_000,
  ])
})
