import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type { Expectation } from "../case.ts"
import { webSocket } from "../groups/web-socket.ts"
import { judge, stepsOf } from "../judge.ts"
import { type Server, startProgram, startServer } from "../server.ts"
import { describeExchange } from "./exchange.ts"
import { closePayload, decodeFrames, encodeFrame, FrameMalformed } from "./frames.ts"

describe("frames", () => {
  test.each([0, 1, 125, 126, 65_535, 65_536])("of %p bytes are read as they were written", (length) => {
    const payload = Buffer.alloc(length, 7)
    const { received, rest } = decodeFrames(encodeFrame({ opcode: 2, payload, mask: null }))
    expect(received).toEqual([{ kind: "binary", payload, compressed: false }])
    expect(rest.length).toBe(0)
  })
  test("are masked as RFC 6455 shows it", () => {
    const mask = new Uint8Array([0x37, 0xfa, 0x21, 0x3d])
    expect(encodeFrame({ opcode: 1, payload: "Hello", mask }).toString("hex")).toBe("818537fa213d7f9f4d5158")
  })
  test("that are cut are the rest", () => {
    const whole = encodeFrame({ opcode: 1, payload: "Hello", mask: null })
    for (let length = 0; length < whole.length; length++)
      expect(decodeFrames(whole.subarray(0, length)).rest.length).toBe(length)
  })
  test.each([
    ["masked", encodeFrame({ opcode: 1, payload: "a" })],
    ["of an unknown opcode", encodeFrame({ opcode: 3, mask: null })],
    ["with a reserved bit", encodeFrame({ opcode: 1, reserved: 2, mask: null })],
    ["with a longer length than needed", encodeFrame({ opcode: 1, payload: "a", lengthBytes: 8, mask: null })],
    ["that continue nothing", encodeFrame({ opcode: 0, mask: null })],
    ["of a message that has no end", encodeFrame({ opcode: 1, fin: false, mask: null })],
    ["of a long ping", encodeFrame({ opcode: 9, payload: "a".repeat(126), mask: null })],
    ["of a close that is cut", encodeFrame({ opcode: 8, payload: closePayload(1000).subarray(1), mask: null })],
  ])("%s are no frames of a server", (_what, bytes) => {
    expect(() => decodeFrames(bytes)).toThrow(FrameMalformed)
  })
})

const echo = (file: string): string => join(import.meta.dir, "..", "testing", file)
const node = process.env.NODE_BIN
const servers: readonly (readonly [name: string, command: readonly string[]])[] = [
  ["Bun's own server", [process.execPath, echo("bun-echo.ts")]],
  ...(node && existsSync(node) ? [["ws", [node, echo("ws-echo.ts")]] as const] : []),
]

/** What these servers do in their own way: the cases hold for servers of ours. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  "Bun's own server": [
    "a handshake of HTTP/1.0 is refused",
    "a handshake with Connection: keep-alive is refused",
    "a handshake without Connection is refused",
    "a handshake with a short key is refused",
    "a handshake with a key that is no base64 is refused",
  ],
  ws: [
    "a handshake of HTTP/1.0 is refused",
    "a handshake of version 8 is refused",
    "4 MiB in fragments of 64 bytes are one message",
  ],
}

for (const [name, command] of servers) {
  describe.concurrent(`the WebSocket cases on ${name}`, () => {
    let server: Server
    beforeAll(async () => {
      server = await startServer({ name, groups: [], start: () => startProgram(command) })
    })
    afterAll(() => server.stop())
    const outcome = async (one: (typeof webSocket.cases)[number], expected: Expectation): Promise<string> => {
      const { faults, exchange } = await judge(one, expected, server)
      return faults.length === 0 ? "" : `${faults.join("\n")}\n${describeExchange(stepsOf(one), exchange)}`
    }
    for (const one of webSocket.cases)
      test(one.name, async () => {
        const faults = await outcome(one, one.expect)
        if ((faults === "") === (OTHERWISE[name]?.includes(one.name) ?? false))
          throw new Error(faults || "needs no exception")
      })
  })
}
