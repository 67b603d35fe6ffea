import { afterAll, describe, expect, test } from "bun:test"
import { FrameCounter, OPENING_REQUEST, textFrame } from "./frames.ts"

const OPENED = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n"
const frame = (payload: number): Buffer => {
  const body = Buffer.alloc(payload, 0x81)
  if (payload < 126) return Buffer.concat([Buffer.from([0x81, payload]), body])
  const head = Buffer.alloc(payload < 65536 ? 4 : 10)
  head[0] = 0x81
  head[1] = payload < 65536 ? 126 : 127
  if (payload < 65536) head.writeUInt16BE(payload, 2)
  else head.writeBigUInt64BE(BigInt(payload), 2)
  return Buffer.concat([head, body])
}

describe("frames of a server", () => {
  const payloads = [0, 1, 125, 126, 3, 0, 300, 65536, 2]
  const bytes = Buffer.concat([Buffer.from(OPENED), ...payloads.map(frame)])
  test.each([1, 2, 3, 7, 61, 1000, 70_000])("are counted when they arrive in pieces of %p bytes", (size) => {
    const counter = new FrameCounter()
    let ended = 0
    for (let at = 0; at < bytes.length; at += size) ended += counter.feed(bytes.subarray(at, at + size))
    expect([counter.isOpen, counter.frames, ended]).toEqual([true, payloads.length, payloads.length])
  })
  test("do not come from a server that refuses", () => {
    expect(() => new FrameCounter().feed(Buffer.from("HTTP/1.1 404 Not Found\r\n\r\n"))).toThrow("404")
  })
})

describe("a client's frame", () => {
  const received = Promise.withResolvers<string>()
  const server = Bun.serve({
    port: 0,
    fetch: (request, self) => (self.upgrade(request) ? undefined : new Response("no", { status: 400 })),
    websocket: { message: (_socket, message) => received.resolve(String(message)) },
  })
  afterAll(() => server.stop(true))

  test("is understood by a real server", async () => {
    const counter = new FrameCounter()
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: server.port ?? 0,
      socket: {
        open: (one) => void one.write(OPENING_REQUEST),
        data(one, bytes) {
          counter.feed(bytes)
          if (counter.isOpen) one.write(textFrame("a text"))
        },
      },
    })
    expect(await received.promise).toBe("a text")
    socket.end()
  })
  test("holds 125 bytes and no more", () => {
    expect(textFrame("x".repeat(125))).toHaveLength(131)
    expect(() => textFrame("x".repeat(126))).toThrow("at most 125")
  })
})
