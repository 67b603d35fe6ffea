import { afterAll, describe, expect, test } from "bun:test"
import { parseDriverUrl } from "@ashlar/core"
import { startProxy } from "@ashlar/core/testing/proxy"
import { findBusServers } from "../testing/bus-servers.ts"
import { describeBus } from "../testing/bus-suite.ts"
import { buses } from "./drivers.ts"
import { open as openIoredis } from "./redis.ts"

const servers = await findBusServers()

let name = 0
describeBus("memory", {
  open: () => buses.open(`memory:suite-${Math.floor(name++ / 2)}`),
  maxPayloadBytes: Number.MAX_SAFE_INTEGER,
})

const MiB = 1024 * 1024
const kinds = [
  { what: "redis, by Bun's client", name: "Redis", scheme: "redis", maxPayloadBytes: 8 * MiB },
  { what: "redis, by ioredis", name: "Redis", scheme: "ioredis", maxPayloadBytes: 8 * MiB },
  { what: "nats", name: "NATS", scheme: "nats", maxPayloadBytes: MiB },
] as const

for (const { what, name, scheme, maxPayloadBytes } of kinds) {
  const server = servers.find((one) => one.name === name)
  if (server === undefined) continue
  const proxy = await startProxy(server.port)
  afterAll(() => proxy.close())
  const address = `127.0.0.1:${proxy.port}`
  const options = { prefix: "ashlar-test", connectTimeoutMs: 2000 }
  const open =
    scheme === "ioredis"
      ? () => openIoredis(parseDriverUrl(`redis://${address}`), options)
      : () => buses.open(`${scheme}://${address}?prefix=ashlar-test&connectTimeoutMs=2000`)
  describeBus(what, { open, maxPayloadBytes, cut: () => proxy.cut() })
}

describe("the drivers of the bus", () => {
  test.each(["redis://127.0.0.1:1", "nats://127.0.0.1:1"])("say when nobody answers at %s", async (url) => {
    const error = await buses.open(`${url}?connectTimeoutMs=500`).catch((cause) => cause)
    expect(error).toMatchObject({ code: "WEBSOCKET_BUS_FAILED", message: expect.stringContaining(url) })
  })
  test("say so with ioredis too, and never show a password", async () => {
    const url = parseDriverUrl("redis://user:hunter2@127.0.0.1:1")
    const error = await openIoredis(url, { prefix: "x", connectTimeoutMs: 500 }).catch((cause) => cause)
    expect(error).toMatchObject({ code: "WEBSOCKET_BUS_FAILED" })
    expect(error.message).not.toContain("hunter2")
  })
  test("keep apps with different prefixes apart", async () => {
    const redis = servers.find((one) => one.name === "Redis")
    if (redis === undefined) return
    const url = `redis://127.0.0.1:${redis.port}`
    const [a, b] = await Promise.all(["a", "b"].map((one) => buses.open(`${url}?prefix=${one}`)))
    const got: string[] = []
    await b!.subscribe("x", (payload) => void got.push(payload))
    await a!.publish("x", "for a")
    await b!.publish("x", "for b")
    while (got.length === 0) await Bun.sleep(2)
    expect(got).toEqual(["for b"])
    await Promise.all([a!.close(), b!.close()])
  })
  test("promise what they carry, before anything is opened", () => {
    expect(buses.guarantees("memory:")).toMatchObject({ crossProcess: false })
    expect(buses.guarantees("nats://h")).toEqual({ crossProcess: true, maxPayloadBytes: MiB })
    expect(() => buses.guarantees("kafka://h")).toThrow(expect.objectContaining({ code: "CORE_DRIVER_UNKNOWN" }))
  })
})
