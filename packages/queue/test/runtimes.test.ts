import { afterAll } from "bun:test"
import { join } from "node:path"
import { temporaryDatabases } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"
import { deleteKeys, deleteStreams } from "../src/testing/brokers.ts"
import { startSqsServer } from "../src/testing/sqs-server.ts"

const servers = await temporaryDatabases()
const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
const [redis, nats, rabbit] = [await findServer("Redis"), await findServer("NATS"), await findServer("RabbitMQ")]
const sqs = startSqsServer()
const brokers = [
  ...(redis === undefined ? [] : [`redis://127.0.0.1:${redis}?prefix=${prefix}`]),
  ...(nats === undefined ? [] : [`nats://127.0.0.1:${nats}?prefix=${prefix}`]),
  ...(rabbit === undefined ? [] : [`amqp://127.0.0.1:${rabbit}?prefix=${prefix}&expiresMs=120000`]),
  `sqs://key:secret@eu-central-1?prefix=${prefix}&endpoint=${encodeURIComponent(sqs.url)}`,
]
afterAll(async () => {
  await sqs.stop()
  if (redis !== undefined) await deleteKeys(redis, prefix)
  if (nats !== undefined) await deleteStreams(nats, prefix)
})

testOnRuntimes(
  join(import.meta.dir, ".."),
  "queues work",
  (runtime, folder) => ["memory:", `sqlite:${join(folder, `${runtime}.db`)}`, ...servers, ...brokers],
  { timeoutMs: 120_000 },
)
