import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { closePayload, connectRaw } from "../src/testing/raw-websocket.ts"
import { startWorkerd, type Workerd } from "../src/testing/workerd.ts"

describe("a WebSocket route in workerd", () => {
  let workerd: Workerd
  beforeAll(async () => {
    workerd = await startWorkerd({ entry: join(import.meta.dir, "upgrade-worker.ts") })
  })
  afterAll(() => workerd.stop())
  const connect = (headers: Record<string, string | null> = {}) =>
    connectRaw(`${workerd.url}/echo`, { headers: { "x-user": "ana", ...headers } })

  test("shakes hands through the layers, and echoes", async () => {
    const socket = await connect()
    expect([socket.status, socket.header("x-outer"), socket.header("set-cookie")]).toEqual([101, ["1"], ["a=1", "b=2"]])
    expect(await socket.nextText()).toBe("welcome")
    socket.text("héllo")
    expect(await socket.nextText()).toBe("héllo")
    socket.send({ opcode: 2, payload: new Uint8Array([1, 255]) })
    expect((await socket.next())!.payload.toString("hex")).toBe("01ff")
    socket.destroy()
  })
  test("tells the route of the close", async () => {
    const socket = await connect()
    await socket.next()
    socket.send({ opcode: 8, payload: closePayload(4001, "bye") })
    expect(await socket.closeCode()).toBe(4001)
    const closes = async (): Promise<unknown[]> => (await fetch(`${workerd.url}/closes`)).json() as Promise<unknown[]>
    while (!JSON.stringify(await closes()).includes("4001")) await Bun.sleep(5)
    expect(await closes()).toContainEqual([4001, "bye"])
  })
  test("closes with 1009 on a message over the route's limit", async () => {
    const socket = await connect()
    await socket.next()
    socket.text("12345678901")
    expect(await socket.closeCode()).toBe(1009)
    socket.destroy()
  })
  test("refuses, as any route", async () => {
    const anonymous = await connect({ "x-user": null })
    expect([anonymous.status, JSON.parse(await anonymous.body())]).toEqual([
      401,
      expect.objectContaining({ code: "HTTP_UNAUTHORIZED" }),
    ])
    const plain = await connect({ upgrade: null, connection: null })
    expect([plain.status, JSON.parse(await plain.body())]).toEqual([
      426,
      expect.objectContaining({ code: "HTTP_UPGRADE_REQUIRED" }),
    ])
  })
})
