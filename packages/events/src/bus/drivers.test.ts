import { afterAll } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { startProxy } from "@ashlar/core/testing/proxy"
import { describeBus } from "../testing/bus-suite.ts"
import { dropExchanges, dropRedisKeys, dropStreams } from "../testing/drop-buses.ts"
import { busGuarantees, openBus } from "./open-bus.ts"

describeBus("memory", {
  open: (options) => openBus("memory:suite", options),
  guarantees: busGuarantees("memory:"),
})

/** Two pools on one database: what a second process would be, but for the pool, which processes do not share. */
let handle = 0
const apart = (): number => 5_000 + (handle++ % 2)

const sqlite = `sqlite:${join(temporaryFolder(), "bus.db")}?synchronous=NORMAL`
describeBus("SQLite", {
  open: (options) => openBus(`${sqlite}&acquireTimeoutMs=${apart()}`, options),
  guarantees: busGuarantees(sqlite),
  url: sqlite,
})

for (const [name, urlOf, admin] of [
  ["PostgreSQL", (at: string) => `postgres://postgres@127.0.0.1:${at}`, "postgres"],
  ["MariaDB", (at: string) => `mysql://root@127.0.0.1:${at}`, ""],
] as const) {
  const port = await findServer(name)
  if (port === undefined) continue
  const proxy = await startProxy(port)
  const url = await temporaryDatabase((database) => urlOf(`${port}/${database}`), admin)
  afterAll(() => proxy.close())
  const far = url.replace(String(port), String(proxy.port))
  describeBus(name, {
    open: (options) => openBus(`${far}?acquireTimeoutMs=${apart()}`, options),
    guarantees: busGuarantees(url),
    cut: () => proxy.cut(),
    url,
  })
}

const redis = await findServer("Redis")
if (redis !== undefined) {
  const proxy = await startProxy(redis)
  afterAll(() => proxy.close())
  const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
  const url = `redis://127.0.0.1:${redis}?prefix=${prefix}`
  afterAll(() => dropRedisKeys(redis, `${prefix}:*`))
  describeBus("Redis", {
    open: (options) => openBus(`redis://127.0.0.1:${proxy.port}?prefix=${prefix}`, options),
    guarantees: busGuarantees(url),
    cut: () => proxy.cut(),
    url,
  })
}

const nats = await findServer("NATS")
if (nats !== undefined) {
  const proxy = await startProxy(nats)
  afterAll(() => proxy.close())
  const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
  const url = `nats://127.0.0.1:${nats}?prefix=${prefix}`
  afterAll(() => dropStreams(nats, prefix))
  describeBus("NATS", {
    open: (options) => openBus(`nats://127.0.0.1:${proxy.port}?prefix=${prefix}`, options),
    guarantees: busGuarantees(url),
    cut: () => proxy.cut(),
    url,
  })
}

const rabbit = await findServer("RabbitMQ")
if (rabbit !== undefined) {
  const proxy = await startProxy(rabbit)
  afterAll(() => proxy.close())
  const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
  const url = `amqp://127.0.0.1:${rabbit}?prefix=${prefix}`
  const names = new Set<string>()
  afterAll(() =>
    dropExchanges(
      rabbit,
      [...names].map((name) => `${prefix}.${name}`),
    ),
  )
  describeBus("RabbitMQ", {
    open: (options) => {
      names.add(options.name!)
      return openBus(`amqp://127.0.0.1:${proxy.port}?prefix=${prefix}`, options)
    },
    guarantees: busGuarantees(url),
    cut: () => proxy.cut(),
    url,
  })
}
