import { describe, expect, test } from "bun:test"
import { createApp, layer } from "@ashlar/http"
import { events } from "@ashlar/http/sse"
import { upgrade } from "@ashlar/http/upgrade"
import { failure, under } from "./testing-apps.ts"
import "./matchers/bun.ts"

describe("long answers", () => {
  const slow = layer({ name: "slow", before: () => Bun.sleep(50).then(() => undefined) })
  const app = createApp()
  app.get("/events", (ctx) =>
    events(ctx, async function* () {
      yield { data: { n: 1 }, id: "a" }
      yield { event: "done", data: "two\nlines" }
    }),
  )
  app.get("/lines", () => new Response('{"n":1}\n\n{"n":2}'))
  app.get(
    "/never",
    () =>
      new Response(
        new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("begun")) }),
      ),
  )
  app.get("/slow", { layers: [slow] }, () => "late")

  test("are read event by event", async () => {
    const test = under(app)
    await using stream = await test.get("/events").stream()
    expect(stream.headers.get("content-type")).toStartWith("text/event-stream")
    expect(await stream.events(2)).toEqual([
      { event: "message", data: '{"n":1}', json: { n: 1 }, id: "a" },
      { event: "done", data: "two\nlines", json: undefined, id: "a" },
    ])
    expect(await stream.nextEvent()).toBeUndefined()
    const again = await test.get("/events").stream()
    expect((await failure(again.events(3))).message).toContain("Expected 3 events, got 2")
  })
  test("are read line by line, in pieces, and whole", async () => {
    const test = under(app)
    const lines = await test.get("/lines").stream()
    expect([await lines.nextJson(), await lines.nextJson(), await lines.nextJson()]).toEqual([
      { n: 1 },
      { n: 2 },
      undefined,
    ])
    expect(await (await test.get("/lines").stream()).nextChunk()).toBe('{"n":1}\n\n{"n":2}')
    expect(await (await test.get("/lines").stream()).rest()).toBe('{"n":1}\n\n{"n":2}')
  })
  test("are not waited for without end", async () => {
    const test = under(app, { timeoutMs: 20 })
    const stream = await test.get("/never").stream()
    const error = await failure(stream.nextLine())
    expect([error.code, error.message]).toEqual(["TESTING_NOTHING_CAME", 'Nothing came for 20 ms, after "begun"'])
    await stream.close()
    expect((await failure(test.get("/slow"))).message).toContain("GET /slow")
  })
})

describe("WebSockets", () => {
  const app = createApp()
  app.get("/echo/:room", { websocket: {} }, (ctx) =>
    upgrade(ctx, {
      open: (connection) =>
        void connection.send(JSON.stringify({ room: ctx.params.room, by: ctx.headers.get("authorization") })),
      message: (connection, data) => (data === "leave" ? connection.close(4001, "bye") : void connection.send(data)),
    }),
  )
  app.get("/plain", () => "no socket")

  test("are connected to, spoken over, and closed", async () => {
    const test = under(app)
    const socket = await test.bearer("t").socket("/echo/:room", { params: { room: "a" } })
    expect(await socket.nextJson<object>()).toEqual({ room: "a", by: "Bearer t" })
    socket.send({ n: 1 })
    expect(await socket.nextJson<object>()).toEqual({ n: 1 })
    socket.send(new Uint8Array([1, 2]))
    expect(await socket.next()).toEqual(new Uint8Array([1, 2]))
    socket.send("leave")
    expect(await socket.closed()).toEqual({ code: 4001, reason: "bye" })
    expect((await failure(socket.next())).message).toContain("4001 bye")
  })
  test("that are refused say so", async () => {
    expect((await failure(under(app).socket("/plain"))).code).toBe("TESTING_NOTHING_CAME")
  })
})
