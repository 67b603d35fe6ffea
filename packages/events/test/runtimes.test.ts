import { afterAll } from "bun:test"
import { join } from "node:path"
import { temporaryDatabases } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { testOnRuntimes } from "@ashlar/core/testing/runtimes"
import { dropExchanges, dropRedisKeys, dropStreams } from "../src/testing/drop-buses.ts"
import { startFakeKafka } from "../src/testing/kafka/fake-kafka.ts"

const [redis, nats, rabbit] = [await findServer("Redis"), await findServer("NATS"), await findServer("RabbitMQ")]
const servers = await temporaryDatabases()
const kafka = await startFakeKafka()
afterAll(() => kafka.close())
const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
const of = (scheme: string, port: number | undefined): string[] =>
  port === undefined ? [] : [`${scheme}://127.0.0.1:${port}?prefix=${prefix}`]

afterAll(async () => {
  if (redis !== undefined) await dropRedisKeys(redis, `${prefix}:*`)
  if (nats !== undefined) await dropStreams(nats, prefix)
  if (rabbit !== undefined)
    await dropExchanges(
      rabbit,
      ["bun", "node", "deno"].map((runtime) => `${prefix}.${runtime}`),
    )
})

testOnRuntimes(
  join(import.meta.dir, ".."),
  "events, buses, outbox and inbox work",
  (runtime, folder) => {
    const databases = [`sqlite:${join(folder, `${runtime}.db`)}?synchronous=NORMAL`, ...servers]
    const brokers = [...of("redis", redis), ...of("nats", nats), ...of("amqp", rabbit)]
    const buses = ["memory:shared", ...databases, ...brokers, `kafka://127.0.0.1:${kafka.port}/${prefix}`]
    return { name: runtime, buses, databases }
  },
  // The client of Kafka reads files that lie beside its own.
  { external: ["@platformatic/kafka"], timeoutMs: 90_000 },
)
