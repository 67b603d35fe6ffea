import { afterAll, describe, expect, test } from "bun:test"
import { connect } from "node:net"
import { parseDriverUrl } from "@ashlar/core"
import { describeBus } from "../testing/bus-suite.ts"
import { startProxy } from "../testing/proxy.ts"
import { buses } from "./drivers.ts"
import { open as openIoredis } from "./redis.ts"

/** Where real servers are looked for. The suite says which are missing; with `CI=true` that is a failure. */
const REDIS_PORT = Number(process.env.REDIS_PORT ?? 6379)
const NATS_PORT = Number(process.env.NATS_PORT ?? 4222)

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.on("error", () => resolve(false))
  })
}

let name = 0
describeBus("memory", {
  open: () => buses.open(`memory:suite-${Math.floor(name++ / 2)}`),
  maxPayloadBytes: Number.MAX_SAFE_INTEGER,
})

const MiB = 1024 * 1024
const servers = [
  { what: "redis, by Bun's client", server: "Redis", port: REDIS_PORT, scheme: "redis", maxPayloadBytes: 8 * MiB },
  { what: "redis, by ioredis", server: "Redis", port: REDIS_PORT, scheme: "ioredis", maxPayloadBytes: 8 * MiB },
  { what: "nats", server: "NATS", port: NATS_PORT, scheme: "nats", maxPayloadBytes: MiB },
] as const

for (const { what, server, port, scheme, maxPayloadBytes } of servers) {
  if (!(await isListening(port))) {
    if (process.env.CI === "true") test(`${server} is there`, () => expect(`127.0.0.1:${port}`).toBe("listening"))
    else console.warn(`skipped: the bus over ${what}, for no ${server} listens on 127.0.0.1:${port}`)
    continue
  }
  const proxy = await startProxy(port)
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
    if (!(await isListening(REDIS_PORT))) return
    const [a, b] = await Promise.all(
      ["a", "b"].map((one) => buses.open(`redis://127.0.0.1:${REDIS_PORT}?prefix=${one}`)),
    )
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
