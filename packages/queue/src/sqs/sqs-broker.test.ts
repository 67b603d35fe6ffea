import { afterAll } from "bun:test"
import { queueDrivers } from "../drivers/drivers.ts"
import { openQueue } from "../open-queue.ts"
import { describeQueue, describeQueueStore } from "../testing/queue-suite.ts"
import { startSqsServer } from "../testing/sqs-server.ts"

const server = startSqsServer()
afterAll(() => server.stop())
const url = `sqs://key:secret@eu-central-1?endpoint=${encodeURIComponent(server.url)}`
describeQueueStore("SQS", {
  open: async (settings) => await (await queueDrivers.open(url))(settings),
  pass: (ms) => Bun.sleep(Math.min(ms, 6_000)),
})
describeQueue("SQS", { open: (name) => openQueue(url, { name, pollMs: 20 }) })
