import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect as connectTcp } from "node:net"
import { join } from "node:path"
import { createApp } from "../src/index.ts"
import { closePayload, connectRaw, encodeFrame, type Frame, type RawWebSocket } from "../src/testing/raw-websocket.ts"
import { buildProgram, type Running, startProgram } from "../src/testing/runtimes.ts"
import { upgrade } from "../src/websocket/upgrade.ts"

/** WebSocket routes over real sockets on every runtime: the handshake through the layers, and RFC 6455 after it. */

const program = await buildProgram(join(import.meta.dir, "upgrade-serve.ts"))
afterAll(() => program.dispose())

const MiB = 1024 * 1024
const text = (payload: string, more: Partial<Frame> = {}): Frame => ({ opcode: 1, payload, ...more })
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)
const close = (code: number, reason?: string | Uint8Array): Frame => ({
  opcode: 8,
  payload: closePayload(code, reason),
})

/** What ends the connection, and with which code. */
const broken: [what: string, frames: Frame[], code: number][] = [
  ["an unmasked frame", [text("hi", { masked: false })], 1002],
  ["the first reserved bit", [text("hi", { rsv: 4 })], 1002],
  ["the second reserved bit", [text("hi", { rsv: 2 })], 1002],
  ["a reserved bit of a ping", [{ opcode: 9, rsv: 1 }], 1002],
  ["a reserved data opcode", [{ opcode: 3, payload: "hi" }], 1002],
  ["a reserved control opcode", [{ opcode: 11 }], 1002],
  ["a fragmented ping", [{ opcode: 9, fin: false }], 1002],
  ["a ping of 126 bytes", [{ opcode: 9, payload: "x".repeat(126) }], 1002],
  ["a continuation of nothing", [{ opcode: 0, payload: "x" }], 1002],
  ["a new message inside another", [text("a", { fin: false }), text("b")], 1002],
  ["bytes that are not UTF-8", [text("", { payload: bytes(0xff, 0xfe) })], 1007],
  ["an overlong form", [text("", { payload: bytes(0xc0, 0xaf) })], 1007],
  ["a surrogate", [text("", { payload: bytes(0xed, 0xa0, 0x80) })], 1007],
  ["UTF-8 cut off", [text("", { payload: bytes(0xce) })], 1007],
  ["bad UTF-8 in a later fragment", [text("ok", { fin: false }), { opcode: 0, payload: bytes(0xff) }], 1007],
  ["a length with its first bit set", [text("x", { length: "negative" })], 1009],
  ["a close frame of one byte", [{ opcode: 8, payload: "x" }], 1002],
  ["the close code 999", [close(999)], 1002],
  ["the close code 1005", [close(1005)], 1002],
  ["the close code 1006", [close(1006)], 1002],
  ["the close code 1015", [close(1015)], 1002],
  ["the close code 5000", [close(5000)], 1002],
  ["a close reason that is not UTF-8", [close(1000, bytes(0xff))], 1007],
]

for (const { name, command, env } of program.runtimes) {
  if (command === undefined) {
    if (process.env.CI === "true") test(`${name} is installed`, () => expect(command).toBeDefined())
    else console.warn(`skipped: WebSocket routes on ${name}, which is not installed`)
    continue
  }
  describe(`a WebSocket route on ${name}`, () => {
    let app: Running
    const open: RawWebSocket[] = []
    const connect = async (
      path: string,
      headers: Record<string, string | null> = {},
      timeoutMs = 5000,
    ): Promise<RawWebSocket> => {
      const socket = await connectRaw(app.url + path, { headers, timeoutMs })
      open.push(socket)
      return socket
    }
    const trace = async () =>
      (await (await fetch(`${app.url}/trace`)).json()) as {
        closes: [string, number, string][]
        ends: { status: number; deferred: boolean }[]
        trace: string[]
      }

    /** The close event comes when both sides are done, which may be after the client is. */
    const closeOf = async (id: string): Promise<[string, number, string]> => {
      for (;;) {
        const found = (await trace()).closes.find((one) => one[0] === id)
        if (found !== undefined) return found
        await Bun.sleep(5)
      }
    }

    beforeAll(async () => {
      app = await startProgram({ name, command, env })
    })
    afterAll(() => {
      for (const socket of open) socket.destroy()
      app.signal("SIGKILL")
    })

    describe("shakes hands", () => {
      test("with the headers of layers, constant ones and cookies", async () => {
        const socket = await connect("/echo")
        expect(socket.status).toBe(101)
        expect(socket.header("sec-websocket-accept")).toEqual(["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
        expect(socket.header("x-constant")).toEqual(["1"])
        expect(socket.header("x-outer")).toEqual(["1"])
        expect(socket.header("set-cookie")).toEqual(["a=1; HttpOnly", "b=2"])
        expect(socket.header("x-request-id")).toHaveLength(1)
        expect(socket.header("sec-websocket-extensions")).toEqual([])
      })
      test("after layers that wait, with parameters and the query", async () => {
        const socket = await connect("/rooms/a%2Fb?x=1", { "x-user": "ana" })
        expect(await socket.nextText()).toBe('ana is in a/b, {"x":"1"}')
      })
      test("with the subprotocol that was chosen", async () => {
        const socket = await connect("/protocol", { "sec-websocket-protocol": "v3, v2, v1" })
        expect(socket.header("sec-websocket-protocol")).toEqual(["v2"])
      })
      test("without a subprotocol when none was chosen", async () => {
        const socket = await connect("/protocol", { "sec-websocket-protocol": "v9" })
        expect([socket.status, socket.header("sec-websocket-protocol")]).toEqual([101, []])
      })
      test("inside web-standard middleware, which sees the status and may set headers", async () => {
        const socket = await connect("/stamped")
        expect([socket.status, socket.header("x-stamp"), socket.header("x-outer")]).toEqual([101, ["101"], ["1"]])
      })
      test("and finish hooks see 101, once, after what was deferred", async () => {
        const before = (await trace()).ends.filter(({ status }) => status === 101).length
        await connect("/echo")
        const after = (await trace()).ends.filter(({ status }) => status === 101)
        expect(after.length).toBe(before + 1)
        expect(after.at(-1)).toEqual({ status: 101, deferred: true })
      })
    })

    const refused: [
      what: string,
      path: string,
      headers: Record<string, string | null>,
      status: number,
      code: string,
    ][] = [
      ["no upgrade", "/echo", { upgrade: null, connection: null }, 426, "HTTP_UPGRADE_REQUIRED"],
      ["an old version", "/echo", { "sec-websocket-version": "12" }, 426, "HTTP_UPGRADE_REQUIRED"],
      ["no version", "/echo", { "sec-websocket-version": null }, 426, "HTTP_UPGRADE_REQUIRED"],
      ["a short key", "/echo", { "sec-websocket-key": "abc" }, 400, "HTTP_BAD_REQUEST"],
      ["no key", "/echo", { "sec-websocket-key": null }, 400, "HTTP_BAD_REQUEST"],
      ["a malformed subprotocol", "/echo", { "sec-websocket-protocol": "a b" }, 400, "HTTP_BAD_REQUEST"],
      ["no credentials", "/rooms/a", {}, 401, "HTTP_UNAUTHORIZED"],
      ["an unknown path", "/nowhere", {}, 404, "HTTP_NOT_FOUND"],
      ["a route that does not say it upgrades", "/undeclared", {}, 500, "HTTP_UPGRADE_INVALID"],
      ["a line break in a header", "/injected", {}, 500, "HTTP_RESPONSE_INVALID"],
    ]
    test.each(refused)("refuses %s with a problem document", async (_what, path, headers, status, code) => {
      const socket = await connect(path, headers)
      expect(socket.status).toBe(status)
      expect(socket.header("content-type")).toEqual(["application/problem+json"])
      const problem = JSON.parse(await socket.body()) as Record<string, unknown>
      expect(problem).toMatchObject({ status, code })
      expect(JSON.stringify(problem)).not.toContain("evil")
      expect(socket.header("x-evil")).toEqual([])
      if (path === "/injected") return // what cannot be sent takes the context's other headers with it
      expect(socket.header("x-outer")).toEqual(["1"])
      expect(problem.requestId).toBe(socket.header("x-request-id")[0])
    })
    test("says what it speaks", async () => {
      const plain = await connect("/echo", { upgrade: null, connection: null })
      expect(plain.header("upgrade")).toEqual(["websocket"])
      const old = await connect("/echo", { "sec-websocket-version": "12" })
      expect([old.header("upgrade"), old.header("sec-websocket-version")]).toEqual([["websocket"], ["13"]])
    })
    test("lets middleware answer in its place", async () => {
      const socket = await connect("/closed")
      expect([socket.status, await socket.body()]).toEqual([418, expect.stringContaining("closed today")])
    })
    test("leaves other requests with an Upgrade header alone", async () => {
      const response = await fetch(`${app.url}/`, { headers: { upgrade: "h2c", connection: "upgrade" } })
      expect([response.status, await response.text()]).toEqual([200, "h2c"])
      const body = await fetch(`${app.url}/body`, { method: "POST", body: "x", headers: { upgrade: "websocket" } })
      expect([body.status, await body.text()]).toEqual([200, "x"])
    })

    const handshake =
      "GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    /** Sends over a plain connection: at first, and then each piece once its words have come. Reads until "hi" is back. */
    const exchange = async (first: string | Uint8Array, ...then: [after: string, send: string | Uint8Array][]) => {
      const { hostname, port } = new URL(app.url)
      const socket = connectTcp({ host: hostname, port: Number(port) })
      let got = ""
      const heard = new Promise<void>((resolve) => {
        socket.on("data", (data) => {
          got += data.toString("latin1")
          if (then[0] !== undefined && got.includes(then[0][0]) && /\r\n\r\n(hello|plain)?$/.test(got))
            socket.write(then.shift()![1])
          if (got.endsWith("\u0081\u0002hi")) resolve()
        })
        socket.on("close", () => resolve())
      })
      socket.write(first)
      await Promise.race([heard, Bun.sleep(5000)])
      socket.destroy()
      return got
    }
    const hi = encodeFrame(text("hi"))
    test("shakes hands on a connection that was used before, at once and later", async () => {
      const twice = await exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n", ["200 OK", handshake], ["101 S", hi])
      expect(twice).toMatch(/^HTTP\/1.1 200 OK[\s\S]*HTTP\/1.1 101 Switching Protocols[\s\S]*hi$/)
    })
    // Bun ends a connection on which a request comes before the answer to the one before: docs/runtimes.md
    if (name !== "bun")
      test("shakes hands after the answer to a request that is still under way", async () => {
        const got = await exchange(`GET /late HTTP/1.1\r\nHost: a\r\n\r\n${handshake}`, ["101 S", hi])
        expect(got).toMatch(/^HTTP\/1.1 200 OK[\s\S]*HTTP\/1.1 101 Switching Protocols[\s\S]*hi$/)
        expect((await fetch(`${app.url}/`)).status).toBe(200)
      })
    test("loses no frame that comes right behind the handshake", async () => {
      const got = await exchange(Buffer.concat([Buffer.from(handshake), hi]))
      expect(got).toMatch(/^HTTP\/1.1 101 Switching Protocols[\s\S]*hi$/)
    })

    describe("keeps RFC 6455", () => {
      const kept: [what: string, sent: Frame[], received: [opcode: number, payload: string][]][] = [
        ["text", [text("héllo")], [[1, "héllo"]]],
        ["an empty text", [text("")], [[1, ""]]],
        ["bytes", [{ opcode: 2, payload: bytes(0, 255) }], [[2, "00ff"]]],
        ["a ping", [{ opcode: 9, payload: "p" }], [[10, "p"]]],
        ["a ping of 125 bytes", [{ opcode: 9, payload: "x".repeat(125) }], [[10, "x".repeat(125)]]],
        ["a pong nobody asked for", [{ opcode: 10 }, text("a")], [[1, "a"]]],
        ["fragments", [text("a", { fin: false }), { opcode: 0, payload: "b", fin: false }, { opcode: 0 }], [[1, "ab"]]],
        [
          "a ping between fragments",
          [text("a", { fin: false }), { opcode: 9, payload: "!" }, { opcode: 0, payload: "b" }],
          [
            [10, "!"],
            [1, "ab"],
          ],
        ],
        [
          "a character in two fragments",
          [text("", { payload: bytes(0xce), fin: false }), { opcode: 0, payload: bytes(0xba) }],
          [[1, "κ"]],
        ],
        ["a length of 16 bits", [text("a".repeat(126))], [[1, "a".repeat(126)]]],
        ["a length of 64 bits", [text("a".repeat(65_536))], [[1, "a".repeat(65_536)]]],
      ]
      test.each(kept)("in %s", async (_what, sent, received) => {
        const socket = await connect("/echo")
        socket.send(...sent)
        for (const [opcode, payload] of received) {
          const frame = (await socket.next())!
          expect([frame.opcode, frame.fin, frame.rsv, frame.masked]).toEqual([opcode, true, 0, false])
          expect(frame.payload.toString(opcode === 2 ? "hex" : "utf8")).toBe(payload)
        }
      })
      test.each(broken)("and refuses %s", async (what, frames, code) => {
        const socket = await connect("/echo")
        socket.send(...frames)
        if (name === "deno" && what === "an unmasked frame") {
          expect(await socket.nextText()).toBe("hi") // Deno's own server takes it: docs/guides/websocket.md
          return
        }
        // Deno's own server ends the connection without a word, except for a close code that nobody may send.
        const saysCode = name !== "deno" || what.startsWith("the close code")
        expect(await socket.closeCode()).toBe(saysCode ? code : 1006)
        expect(await socket.ended()).toBe(true)
      })
      test.each([1000, 1001, 1003, 1011, 1012, 3000, 4999])("and answers the close code %p", async (code) => {
        const socket = await connect(`/echo?id=${code}`)
        socket.send(close(code as number, "bye"))
        const frame = (await socket.next())!
        expect([frame.opcode, frame.payload.toString("hex")]).toEqual([
          8,
          closePayload(code as number, "bye").toString("hex"),
        ])
        expect(await socket.ended()).toBe(true)
        expect(await closeOf(`${code}`)).toEqual([`${code}`, code as number, "bye"])
      })
      test("and tells 1005 of a close without a code, 1006 of a broken connection", async () => {
        const silent = await connect("/echo?id=silent")
        silent.send({ opcode: 8 })
        expect(await silent.closeCode()).toBe(1005)
        expect(await closeOf("silent")).toEqual(["silent", 1005, ""])
        const lost = await connect("/echo?id=lost")
        lost.destroy()
        expect(await closeOf("lost")).toEqual(["lost", 1006, expect.any(String)])
      })
      test("and takes nothing after a close", async () => {
        const socket = await connect("/echo")
        socket.send(close(1000), text("late"))
        expect(await socket.closeCode()).toBe(1000)
        expect(await socket.next()).toBeUndefined()
      })
    })

    test("echoes 16 MiB of text and of bytes", async () => {
      const socket = await connect("/echo", {}, 20_000)
      socket.send(text("a".repeat(16 * MiB)))
      expect((await socket.nextData())!.payload.length).toBe(16 * MiB)
      socket.send({ opcode: 2, payload: new Uint8Array(16 * MiB).fill(7) })
      const back = (await socket.nextData())!
      expect([back.opcode, back.payload.length, back.payload.every((one) => one === 7)]).toEqual([2, 16 * MiB, true])
    })
    const long: [what: string, frames: Frame[]][] = [
      ["in one frame", [text("12345678901")]],
      ["in fragments", [text("123456", { fin: false }), { opcode: 0, payload: "78901" }]],
      ["by its bytes, not its characters", [text("ééééé€")]],
    ]
    test.each(long)("closes with 1009 on a message over the route's limit, %s", async (_what, frames) => {
      const exact = await connect("/small")
      exact.text("1234567890")
      expect(await exact.nextText()).toBe("1234567890")
      const socket = await connect("/small")
      socket.send(...frames)
      expect(await socket.closeCode()).toBe(1009)
    })
    test("closes with 1011 when an event throws, and tells only the log", async () => {
      const socket = await connect("/throws")
      socket.text("go")
      const frame = (await socket.next())!
      expect(frame.payload.readUInt16BE(0)).toBe(1011)
      expect(frame.payload.toString()).not.toContain("secret")
      expect((await trace()).trace.join()).toContain("a secret of the implementation")
    })
    test("drains: closes with 1001, waits for the peer, refuses others, and ends who does not answer", async () => {
      const own = await startProgram({ name, command, env }, { GRACE_MS: "700" })
      const polite = await connectRaw(`${own.url}/echo`)
      const rude = await connectRaw(`${own.url}/echo`)
      own.signal("SIGTERM")
      expect(await polite.closeCode()).toBe(1001)
      polite.send(close(1001))
      expect(await rude.closeCode()).toBe(1001)
      expect(await polite.ended()).toBe(true)
      const { stopped, ms } = (await own.line()) as { stopped: boolean; ms: number }
      expect(stopped).toBe(true)
      expect(ms).toBeLessThan(3000)
      expect(await rude.ended()).toBe(true)
      expect(await own.exited).toBe(0)
      rude.destroy()
    })
  })
}

test("a WebSocket route of a table that is too wide for Bun's own router is found by ours", async () => {
  const app = await startProgram(program.runtimes[0]!, { WIDE: "1" })
  const socket = await connectRaw(`${app.url}/rooms/a%2Fb?x=1`, { headers: { "x-user": "ana" } })
  expect([socket.status, await socket.nextText()]).toEqual([101, 'ana is in a/b, {"x":"1"}'])
  expect((await connectRaw(`${app.url}/rooms/a`)).status).toBe(401)
  expect((await fetch(`${app.url}/echo`, { method: "HEAD" })).status).toBe(426)
  app.signal("SIGKILL")
  socket.destroy()
})

/** Each takes its whole idle time, so they wait side by side. */
describe("an idle connection", () => {
  const present = program.runtimes.filter(({ command }) => command !== undefined)
  test.concurrent.each(present)(
    "on $name is asked whether it is there, and ends when it does not answer",
    async (runtime) => {
      const app = await startProgram(runtime)
      const lively = await connectRaw(`${app.url}/idle`, { timeoutMs: 25_000 })
      const dead = await connectRaw(`${app.url}/idle`, { timeoutMs: 25_000 })
      let pings = 0
      const answer = async (): Promise<void> => {
        for (let frame = await lively.next(); frame?.opcode === 9; frame = await lively.next()) {
          pings++
          lively.send({ opcode: 10, payload: frame.payload })
        }
      }
      const answering = answer()
      expect(await dead.ended()).toBe(true)
      expect(pings).toBeGreaterThan(0)
      expect(lively.socket.readableEnded).toBe(false)
      app.signal("SIGKILL")
      lively.destroy()
      await answering
    },
  )
})

describe("a WebSocket route", () => {
  const handler = (ctx: Parameters<typeof upgrade>[0]) => upgrade(ctx, { message: () => undefined })
  const wrong: [what: string, declare: (app: ReturnType<typeof createApp>) => unknown, says: string][] = [
    ["another method than GET", (app) => app.post("/x", { websocket: {} }, handler), "POST /x"],
    ["no room for a byte", (app) => app.get("/x", { websocket: { maxMessageBytes: 0 } }, handler), "`maxMessageBytes`"],
    ["too large a buffer", (app) => app.get("/x", { websocket: { maxBufferedBytes: 2 ** 31 } }, handler), "1073741824"],
    ["half a second", (app) => app.get("/x", { websocket: { idleTimeoutSeconds: 8.5 } }, handler), "got 8.5"],
  ]
  test.each(wrong)("with %s does not start", (_what, declare, says) => {
    const app = createApp()
    declare(app)
    expect(() => app.table()).toThrow(
      expect.objectContaining({ code: "HTTP_UPGRADE_INVALID", message: expect.stringContaining(says) }),
    )
  })
  test("shows its limits, with the defaults, in the table", () => {
    const app = createApp()
    app.get("/x", { websocket: { maxMessageBytes: 5 } }, handler)
    expect(app.table().records[0]!.websocket).toEqual({
      maxMessageBytes: 5,
      maxBufferedBytes: MiB,
      idleTimeoutSeconds: 120,
    })
  })
  test("has no connection to take over where no server listens", async () => {
    const reported: unknown[] = []
    const app = createApp({ onError: (error) => void reported.push(error) })
    app.get("/x", { websocket: {} }, handler)
    const response = await app.fetch(
      new Request("http://localhost/x", {
        headers: {
          upgrade: "websocket",
          connection: "upgrade",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
      }),
    )
    expect(response.status).toBe(501)
    expect(await response.json()).toMatchObject({ code: "HTTP_UPGRADE_UNAVAILABLE" })
    expect(reported).toHaveLength(1)
  })
})
