import { afterAll, describe, expect, test } from "bun:test"
import { createCpuClock } from "../http/cpu-clock.ts"
import { gatherCrowd } from "./crowd.ts"
import { measureFanOut } from "./fan-out.ts"
import { textFrame } from "./frames.ts"

const server = Bun.serve({
  port: 0,
  fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("no", { status: 400 })),
  websocket: {
    open: (socket) => void socket.subscribe("all"),
    message: (_socket, message) => void server.publish("all", message),
  },
})
const port = server.port ?? 0
afterAll(() => server.stop(true))

describe("a crowd", () => {
  test("hears what its first member says", async () => {
    const crowd = await gatherCrowd(port, 20)
    const heard = Promise.withResolvers<void>()
    crowd.onFirst = heard.resolve
    crowd.send(textFrame("hello"))
    await heard.promise
    for (let wait = 0; wait < 200 && crowd.frames < 20; wait++) await Bun.sleep(5)
    expect(crowd.frames).toBe(20)
    crowd.close()
  })
  test("does not gather where no WebSocket is", async () => {
    const plain = Bun.serve({ port: 0, fetch: () => new Response("no", { status: 404 }) })
    await expect(gatherCrowd(plain.port ?? 0, 2)).rejects.toThrow("404")
    await plain.stop(true)
  })
})

test("a fan-out counts what was delivered", async () => {
  const process = { port, pid: globalThis.process.pid, startMs: 0, stop: async () => undefined }
  const cpuClock = createCpuClock()
  const { cpuUs, perSecond } = await measureFanOut({ server: process, listeners: 10, measureMs: 100, cpuClock })
  expect(perSecond).toBeGreaterThan(10)
  expect(cpuUs).toBeGreaterThan(0)
}, 15_000)
