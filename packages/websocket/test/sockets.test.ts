import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { closePayload } from "@ashlar/http/testing/raw-websocket"
import { buildProgram, type Running, startProgram } from "@ashlar/http/testing/runtimes"
import { Client } from "./client.ts"

/** Sockets of one process, on every runtime. */

const program = await buildProgram(join(import.meta.dir, "sockets-serve.ts"))
afterAll(() => program.dispose())

for (const runtime of program.runtimes) {
  const { name, command } = runtime
  if (command === undefined) {
    if (process.env.CI === "true") test(`${name} is installed`, () => expect(command).toBeDefined())
    else console.warn(`skipped: sockets on ${name}, which is not installed`)
    continue
  }
  describe(`sockets on ${name}`, () => {
    let app: Running
    const clients: Client[] = []
    const enter = async (user: string, room?: string): Promise<Client> => {
      const client = await Client.enter(app.url, user, room)
      clients.push(client)
      return client
    }
    const connect = async (path: string, headers: Record<string, string | null> = {}): Promise<Client> => {
      const client = await Client.connect(app.url + path, { headers })
      clients.push(client)
      return client
    }
    const json = async (path: string, init?: RequestInit): Promise<never> =>
      (await fetch(app.url + path, init)).json() as Promise<never>
    /** Waits for something in the trace. */
    const traced = async (wanted: Record<string, unknown>): Promise<Record<string, unknown>> => {
      for (;;) {
        const trace: Record<string, unknown>[] = await json("/trace")
        const found = trace.find((one) => Object.entries(wanted).every(([key, value]) => one[key] === value))
        if (found !== undefined) return found
        await Bun.sleep(5)
      }
    }
    const emptied = async (): Promise<{ rss: number }> => {
      for (;;) {
        const sizes: { chat: number; raw: number; lobby: number; rss: number } = await json("/sizes")
        if (sizes.chat + sizes.raw + sizes.lobby === 0) return sizes
        await Bun.sleep(5)
      }
    }

    beforeAll(async () => {
      app = await startProgram(runtime, { HUB_NAME: crypto.randomUUID() })
    })
    afterEach(async () => {
      for (const client of clients.splice(0)) client.raw.destroy()
      await emptied()
    })
    afterAll(() => app.signal("SIGKILL"))

    test("see what the layers of their scope provide, and are refused by them", async () => {
      const ana = await connect("/chat/lobby", { "x-user": "ana" })
      expect(ana.raw.header("x-seen")).toEqual(["ana"])
      expect(await ana.next()).toEqual({ event: "welcome", text: "ana none" })
      const nobody = await connect("/chat/lobby")
      expect([nobody.raw.status, JSON.parse(await nobody.raw.body())]).toEqual([
        401,
        expect.objectContaining({ code: "HTTP_UNAUTHORIZED" }),
      ])
    })
    test.each([
      ["chat.v1, chat.v2", "chat.v1"],
      ["chat.v9, chat.v2", "chat.v2"],
      ["chat.v9", "none"],
    ])("agree on a subprotocol: offered %s, spoken %s", async (offered, spoken) => {
      const ana = await connect("/chat/lobby", { "x-user": "ana", "sec-websocket-protocol": offered })
      expect(ana.raw.header("sec-websocket-protocol")).toEqual(spoken === "none" ? [] : [spoken])
      expect(await ana.next()).toEqual({ event: "welcome", text: `ana ${spoken}` })
    })

    describe("reach each other", () => {
      test("in a room: everybody in it, and nobody else", async () => {
        const [ana, bob, eve] = [await enter("ana"), await enter("bob"), await enter("eve", "elsewhere")]
        ana.say({ do: "say", room: "lobby", text: "hello" })
        expect(await ana.next()).toEqual({ event: "said", text: "hello" })
        expect(await bob.next()).toEqual({ event: "said", text: "hello" })
        expect(await eve.heardByNow()).toEqual([])
      })
      test("in a room, without the one who speaks", async () => {
        const [ana, bob] = [await enter("ana"), await enter("bob")]
        ana.say({ do: "others", room: "lobby", text: "psst" })
        expect(await bob.next()).toEqual({ event: "said", text: "psst" })
        expect(await ana.heardByNow()).toEqual([])
      })
      test("in a room that the one who speaks is not in", async () => {
        const [ana, bob] = [await enter("ana", "elsewhere"), await enter("bob")]
        ana.say({ do: "others", room: "lobby", text: "from outside" })
        expect(await bob.next()).toEqual({ event: "said", text: "from outside" })
        ana.say({ do: "leave", room: "elsewhere" })
        await ana.hears({ event: "left" })
        ana.say({ do: "others", room: "lobby", text: "from nowhere" })
        expect(await bob.next()).toEqual({ event: "said", text: "from nowhere" })
      })
      test("wherever they are, with or without the one who speaks, also those who come later", async () => {
        const [ana, bob] = [await enter("ana"), await enter("bob", "elsewhere")]
        ana.say({ do: "all", text: "1" })
        for (const client of [ana, bob]) expect(await client.next()).toEqual({ event: "all", text: "1" })
        const eve = await enter("eve", "third")
        ana.say({ do: "all others", text: "2" })
        for (const client of [bob, eve]) expect(await client.next()).toEqual({ event: "all", text: "2" })
        expect(await ana.heardByNow()).toEqual([])
      })
      test("from outside of any socket", async () => {
        const ana = await enter("ana")
        await fetch(`${app.url}/rooms/lobby`, { method: "POST", body: "from a handler" })
        expect(await ana.next()).toEqual({ event: "said", text: "from a handler" })
      })
      test("until they leave, in order, and once however often they join", async () => {
        const [ana, bob] = [await enter("ana"), await enter("bob")]
        await bob.ask({ do: "join", room: "lobby" }, "joined")
        for (let index = 0; index < 50; index++) ana.say({ do: "say", room: "lobby", text: `${index}` })
        for (let index = 0; index < 50; index++) expect(await bob.next()).toEqual({ event: "said", text: `${index}` })
        await bob.ask({ do: "leave", room: "lobby" }, "left")
        ana.say({ do: "say", room: "lobby", text: "late" })
        await ana.hears({ text: "late" })
        expect(await bob.heardByNow()).toEqual([])
        expect((await bob.ask({ do: "rooms" }, "rooms")).list).toEqual([])
      })
      test("with text and bytes as they are, where messages are no JSON", async () => {
        const headers = { origin: "https://app.example.com" }
        const [ana, bob] = [await connect("/raw", headers), await connect("/raw", headers)]
        ana.raw.text('{"not":"parsed"')
        expect(await bob.raw.nextText()).toBe('{"not":"parsed"')
        ana.raw.send({ opcode: 2, payload: new Uint8Array([0, 255, 10]) })
        const frame = (await bob.raw.next())!
        expect([frame.opcode, frame.payload.toString("hex")]).toEqual([2, "00ff0a"])
      })
      test("and a room can be closed with everybody in it", async () => {
        const [ana, bob, eve] = [await enter("ana"), await enter("bob"), await enter("eve", "elsewhere")]
        await fetch(`${app.url}/rooms/lobby`, { method: "DELETE" })
        for (const client of [ana, bob]) {
          const frame = (await client.raw.next())!
          expect([frame.opcode, frame.payload.toString("hex")]).toEqual([
            8,
            closePayload(4003, "The room is closed").toString("hex"),
          ])
        }
        expect(await eve.heardByNow()).toEqual([])
      })
    })

    describe("are members", () => {
      test("whom everybody sees come, change and go", async () => {
        const [ana, bob] = [await enter("ana"), await enter("bob")]
        expect((await bob.ask({ do: "members", room: "lobby" }, "members")).list).toEqual([])
        await ana.ask({ do: "join", room: "lobby", shows: "Ana" }, "joined")
        await bob.hears({ event: "came", text: "Ana" })
        expect((await bob.ask({ do: "members", room: "lobby" }, "members")).list).toEqual(["Ana"])
        await ana.ask({ do: "join", room: "lobby", shows: "Ana B." }, "joined")
        await bob.hears({ event: "came", text: "Ana B." })
        expect((await bob.ask({ do: "members", room: "lobby" }, "members")).list).toEqual(["Ana B."])
        ana.raw.destroy()
        await bob.hears({ event: "went", text: "Ana B." })
        expect(await json("/rooms/lobby/members")).toEqual([] as never)
      })
      test("only as many as the room takes, and no larger than they may be", async () => {
        const all = await Promise.all(["a", "b", "c", "d", "e", "f"].map((one) => enter(one)))
        for (const [index, client] of all.slice(0, 5).entries())
          await client.ask({ do: "join", room: "lobby", shows: `${index}` }, "joined")
        all[5]!.say({ do: "join", room: "lobby", shows: "6" })
        expect(await all[5]!.hears({ status: 409 })).toMatchObject({ code: "WEBSOCKET_MEMBERS_EXCEEDED" })
        all[0]!.say({ do: "join", room: "other", shows: "x".repeat(21) })
        expect(await all[0]!.hears({ status: 500 })).toMatchObject({ code: "WEBSOCKET_OPTION_INVALID" })
      })
    })

    describe("are told what is wrong", () => {
      const invalid: [what: string, text: string, says: object][] = [
        ["no JSON", "{", { detail: "The message is not valid JSON" }],
        ["another type", "[]", { errors: [expect.objectContaining({ pointer: "" })] }],
        [
          "a value out of bounds",
          JSON.stringify({ do: "say", room: "lobby", text: "x".repeat(101) }),
          { errors: [expect.objectContaining({ pointer: "/text" })] },
        ],
      ]
      test.each(invalid)("with %s, and stay", async (_what, text, says) => {
        const ana = await enter("ana")
        ana.raw.text(text)
        expect(await ana.next()).toMatchObject({
          type: "urn:ashlar:error:WEBSOCKET_MESSAGE_INVALID",
          code: "WEBSOCKET_MESSAGE_INVALID",
          status: 422,
          ...says,
        })
        expect(await ana.heardByNow()).toEqual([])
      })
      test("with bytes where text was expected", async () => {
        const ana = await enter("ana")
        ana.raw.send({ opcode: 2, payload: "{}" })
        expect(await ana.next()).toMatchObject({ detail: "Expected JSON as text, got bytes" })
      })
      test("so often in a row, then it ends with 1007 or 1008", async () => {
        for (const [text, code] of [
          ["{", 1007],
          ["{}", 1008],
        ] as const) {
          const ana = await enter("ana")
          for (let round = 0; round < 2; round++) {
            ana.raw.text(text)
            await ana.hears({ status: 422 })
          }
          expect(await ana.heardByNow()).toEqual([]) // a good one begins the count again
          for (let round = 0; round < 3; round++) ana.raw.text(text)
          expect(await ana.raw.closeCode()).toBe(code)
        }
      })
      test("by the end at once, where the route says so", async () => {
        const good = await connect("/strict")
        good.raw.text('{"n":1}')
        expect(await good.raw.nextText()).toBe("2")
        for (const [text, code] of [
          ["nonsense", 1007],
          ['{"n":"1"}', 1008],
        ] as const) {
          const client = await connect("/strict")
          client.raw.text(text)
          expect(await client.raw.closeCode()).toBe(code)
        }
      })
      test("of an error that is meant for them, and stay", async () => {
        const ana = await enter("ana")
        ana.say({ do: "throw", what: "forbidden" })
        expect(await ana.next()).toMatchObject({ code: "HTTP_FORBIDDEN", detail: "Not for you" })
        for (const room of ["2", "3"]) await ana.ask({ do: "join", room }, "joined")
        ana.say({ do: "join", room: "4" })
        expect(await ana.next()).toMatchObject({ code: "WEBSOCKET_ROOMS_EXCEEDED", details: { maxRoomsPerSocket: 3 } })
        expect(await ana.heardByNow()).toEqual([])
      })
      test("of an error by the end, where messages are no JSON", async () => {
        const ana = await connect("/raw", { origin: "https://app.example.com" })
        ana.raw.text("deny")
        const frame = (await ana.raw.next())!
        expect(frame.payload.toString("hex")).toBe(closePayload(1008, "HTTP_FORBIDDEN").toString("hex"))
      })
      test.each(["defect", "late defect"])("of a %s nothing but an id, and it ends with 1011", async (what) => {
        const ana = await enter("ana")
        ana.say({ do: "throw", what })
        const problem = await ana.next()
        expect(problem).toMatchObject({ code: "INTERNAL", requestId: expect.any(String) })
        expect(JSON.stringify(problem)).not.toContain("secret")
        expect(await ana.raw.closeCode()).toBe(1011)
        await traced({ reported: "TypeError: a secret of the implementation" })
      })
      test("of a message to send that its schema does not describe", async () => {
        const ana = await enter("ana")
        ana.say({ do: "throw", what: "unsendable" })
        expect(await ana.next()).toMatchObject({ code: "WEBSOCKET_MESSAGE_UNSENDABLE" })
        expect(await ana.raw.closeCode()).toBe(1011)
      })
      test("by the route itself, where it has an error hook", async () => {
        const ana = await connect("/handled")
        ana.raw.text("{}")
        expect(await ana.next()).toEqual({ handled: "TypeError: mine" })
      })
    })

    test("have their messages handled one after the other", async () => {
      const ana = await enter("ana")
      ana.say({ do: "slow", text: "1", ms: 40 })
      ana.say({ do: "slow", text: "2", ms: 1 })
      ana.say({ do: "say", room: "lobby", text: "3" })
      expect([await ana.next(), await ana.next(), await ana.next()].map(({ text }) => text)).toEqual(["1", "2", "3"])
    })
    test("end with what was sent before, and leave their rooms, then close is told, last", async () => {
      const bob = await enter("bob")
      const cleo = await enter("cleo")
      cleo.say({ do: "slow", text: "x", ms: 30 })
      cleo.say({ do: "others", room: "lobby", text: "last words" })
      cleo.raw.send({ opcode: 8, payload: closePayload(4001, "bye") })
      await bob.hears({ event: "said", text: "last words" })
      expect(await traced({ closed: "cleo" })).toEqual({
        closed: "cleo",
        code: 4001,
        reason: "bye",
        by: "client",
        rooms: [],
        aborted: true,
      })
    })
    test("can be closed with a code and a reason, which is cut to what fits", async () => {
      const dora = await enter("dora")
      dora.say({ do: "close", code: 4000, reason: "é".repeat(100) })
      const frame = (await dora.raw.next())!
      expect(frame.payload.toString("hex")).toBe(closePayload(4000, "é".repeat(61)).toString("hex"))
      dora.raw.send({ opcode: 8, payload: frame.payload })
      expect(await traced({ closed: "dora" })).toMatchObject({ code: 4000, by: "server" })
    })
    test.each([999, 1002, 1005, 1006, 1015, 2000, 5000])("cannot be closed with %p", async (code) => {
      const ana = await enter("ana")
      ana.say({ do: "close", code, reason: "" })
      expect(await ana.next()).toMatchObject({ code: "WEBSOCKET_CLOSE_INVALID" })
    })

    describe("from another site", () => {
      const host = (): string => new URL(app.url).host
      const cases: [what: string, path: string, origin: () => string, allowed: boolean][] = [
        ["the same host", "/chat/lobby", () => `http://${host()}`, true],
        ["the same host behind TLS", "/chat/lobby", () => `https://${host()}`, true],
        ["another host", "/chat/lobby", () => "https://evil.example", false],
        ["the same host on another port", "/chat/lobby", () => "http://127.0.0.1:1", false],
        ["a host that begins with ours", "/chat/lobby", () => `http://${host()}.evil.example`, false],
        ["a user name that looks like ours", "/chat/lobby", () => `http://${host()}@evil.example`, false],
        ["a page without an origin", "/chat/lobby", () => "null", false],
        ["nonsense", "/chat/lobby", () => "%%", false],
        ["one that is listed", "/raw", () => "https://app.example.com", true],
        ["a listed one with another scheme", "/raw", () => "http://app.example.com", false],
        ["the own host, where a list leaves it out", "/raw", () => `http://${host()}`, false],
        ["any, where all may", "/own", () => "https://evil.example", true],
      ]
      test.each(cases)("%s: refused or let in, with the cookies of its user", async (_what, path, origin, allowed) => {
        const client = await connect(path, { cookie: "user=ana", origin: origin() })
        expect(client.raw.status).toBe(allowed ? 101 : 403)
        if (!allowed) expect(JSON.parse(await client.raw.body())).toMatchObject({ code: "WEBSOCKET_ORIGIN_DENIED" })
      })
      test("what is no browser sends no origin, and is let in", async () => {
        expect((await connect("/chat/lobby", { cookie: "user=ana" })).raw.status).toBe(101)
      })
    })

    test("are as many as the process takes, and more are refused", async () => {
      const all = await Promise.all(Array.from({ length: 50 }, (_, index) => enter(`u${index}`, `room${index % 9}`)))
      const late = await connect("/chat/lobby", { "x-user": "late" })
      expect([late.raw.status, JSON.parse(await late.raw.body())]).toEqual([
        503,
        expect.objectContaining({ code: "WEBSOCKET_SOCKETS_EXCEEDED", details: { maxSockets: 50 } }),
      ])
      all[0]!.raw.destroy()
      while (((await json("/sizes")) as { chat: number }).chat > 49) await Bun.sleep(5)
      expect((await enter("later")).raw.status).toBe(101)
    })

    describe("that do not read", () => {
      test("are disconnected", async () => {
        const id = `${name} close`
        const slow = await connect(`/flood/close?id=${encodeURIComponent(id)}`)
        slow.raw.text("send 400")
        slow.raw.socket.pause()
        expect(await traced({ floodClosed: id })).toMatchObject({ code: 1013, by: "server" })
        const { most } = await traced({ flood: id })
        expect(most as number).toBeLessThan(4 * 512 * 1024)
      })
      test("are disconnected from a room in which others do read", async () => {
        const id = `${name} close in room`
        const slow = await connect(`/flood/close?id=${encodeURIComponent(id)}`)
        const healthy = await connect("/flood/close?id=healthy")
        slow.raw.socket.pause()
        for (let index = 0; index < 400; index++) {
          healthy.raw.text("publish 1")
          let frame = (await healthy.raw.next())!
          while (frame.payload.toString() === "caught up") frame = (await healthy.raw.next())!
          expect(frame.payload.length).toBe(64 * 1024)
        }
        expect(await traced({ floodClosed: id })).toMatchObject({ code: 1013, by: "server" })
      })
      for (const how of ["send", "publish"]) {
        test(`miss messages until they have caught up, by ${how}`, async () => {
          const id = `${name} drop ${how}`
          const slow = await connect(`/flood/drop?id=${encodeURIComponent(id)}`)
          slow.raw.text(`${how} 400`)
          slow.raw.socket.pause()
          const { most, refused } = await traced({ flood: id })
          expect(most as number).toBeLessThan(4 * 512 * 1024)
          if (how === "send") expect(refused as number).toBeGreaterThan(50)
          slow.raw.socket.resume()
          let blocks = 0
          for (let frame = await slow.raw.next(); frame!.payload.length > 100; frame = await slow.raw.next()) blocks++
          expect(blocks).toBeGreaterThan(0)
          expect(blocks).toBeLessThan(350)
          await traced({ drained: id })
          slow.raw.text("publish 1")
          const found = async (): Promise<boolean> => {
            for (let frame = await slow.raw.next(); frame !== undefined; frame = await slow.raw.next())
              if (frame.payload.length > 100) return true
            return false
          }
          expect(await found()).toBe(true) // it is back in its rooms
        })
      }
      test("are waited for by those who ask whether they are ready", async () => {
        const id = `${name} ready`
        const client = await connect(`/flood/close?id=${encodeURIComponent(id)}`)
        client.raw.text("ready 200")
        client.raw.socket.pause()
        await Bun.sleep(200)
        client.raw.socket.resume()
        let blocks = 0
        while (blocks < 200) if ((await client.raw.next())!.payload.length > 100) blocks++
        const { most, refused, queued } = await traced({ flood: id })
        expect([refused, queued]).toEqual([0, 200])
        expect(most as number).toBeLessThanOrEqual(512 * 1024)
      })
      test("give the memory back when they go", async () => {
        const before = await emptied()
        for (let round = 0; round < 3; round++) {
          const ids = Array.from({ length: 10 }, (_, index) => `${name} memory ${round} ${index}`)
          const all = await Promise.all(ids.map((id) => connect(`/flood/close?id=${encodeURIComponent(id)}`)))
          for (const client of all) {
            client.raw.text("ready 100")
            client.raw.socket.pause()
          }
          await Bun.sleep(100)
          for (const client of all) client.raw.destroy()
          for (const id of ids) await traced({ flood: id })
        }
        const sockets = await Promise.all(Array.from({ length: 40 }, (_, index) => enter(`m${index}`)))
        for (const client of sockets) client.raw.destroy()
        const { rss } = await emptied()
        expect((rss - before.rss) / 2 ** 20).toBeLessThan(60)
      })
    })

    test("are told that the server stops, and are waited for", async () => {
      const own = await startProgram(runtime, { HUB_NAME: crypto.randomUUID() })
      const ana = await Client.enter(own.url, "ana")
      own.signal("SIGTERM")
      const frame = (await ana.raw.next())!
      expect([frame.opcode, frame.payload.readUInt16BE(0)]).toEqual([8, 1001])
      ana.raw.send({ opcode: 8, payload: frame.payload })
      const { stopped, trace } = (await own.line()) as { stopped: boolean; trace: unknown[] }
      expect(stopped).toBe(true)
      expect(trace).toContainEqual(expect.objectContaining({ closed: "ana", code: 1001, by: "server", rooms: [] }))
      expect(await own.exited).toBe(0)
    })
  })
}
