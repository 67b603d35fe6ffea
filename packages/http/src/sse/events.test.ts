import { describe, expect, test } from "bun:test"
import { parseEvents } from "../../test/answers/event-source.ts"
import { createApp } from "../index.ts"
import { type EventStream, events } from "./events.ts"
import { formatEvent, type ServerEvent } from "./server-event.ts"

const get = (path = "/"): Request => new Request(`http://x${path}`)

describe("an event on the wire", () => {
  const rows: [string, ServerEvent, string][] = [
    ["nothing", {}, "\n"],
    ["text", { data: "a" }, "data: a\n\n"],
    ["JSON", { data: { a: [1, "x\n"] } }, 'data: {"a":[1,"x\\n"]}\n\n'],
    ["null, which is JSON too", { data: null }, "data: null\n\n"],
    ["all fields", { event: "e", id: 7, retry: 0, data: true }, "id: 7\nevent: e\nretry: 0\ndata: true\n\n"],
    ["every kind of line end", { data: "a\nb\rc\r\nd" }, "data: a\ndata: b\ndata: c\ndata: d\n\n"],
    ["an empty id, which clears the last one", { id: "" }, "id: \n\n"],
  ]
  test.each(rows)("is %s", (_what, event, text) => expect(formatEvent(event)).toBe(text))

  const refused: [string, ServerEvent][] = [
    ["a line feed in the id", { id: "a\nb" }],
    ["a carriage return in the id", { id: "a\rdata: x" }],
    ["NUL in the id", { id: "a\0" }],
    ["a line feed in the name", { event: "a\n\ndata: x" }],
    ["a carriage return in the name", { event: "\r" }],
    ["a retry that is no number of milliseconds", { retry: 1.5 }],
    ["a retry below zero", { retry: -1 }],
    ["a retry that is text", { retry: "1\ndata: x" as unknown as number }],
  ]
  test.each(refused)("refuses %s", (_what, event) =>
    expect(() => formatEvent(event)).toThrow(expect.objectContaining({ code: "HTTP_EVENT_INVALID" })),
  )
  test("refuses data without a JSON form", () =>
    expect(() => formatEvent({ data: () => 1 })).toThrow(expect.objectContaining({ code: "HTTP_RESPONSE_INVALID" })))

  test("comes out as it went in, whatever the text", () => {
    const alphabet = ["\r", "\n", "\r\n", ":", " ", "data", "id: 1", "event: x", "\0", "\u2028", "\ufeff", "é", "🙂"]
    let seed = 7
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed % below
    }
    for (let round = 0; round < 2000; round++) {
      const text = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join("")
      const parsed = parseEvents(`${formatEvent({ data: "first" })}${formatEvent({ data: text, id: round })}`).events
      expect(parsed).toEqual([
        { type: "message", data: "first", lastEventId: "" },
        { type: "message", data: text.replace(/\r\n|\r/g, "\n"), lastEventId: String(round) },
      ])
    }
  })
})

describe("a stream of events without a server", () => {
  test("comes piece by piece, and ends with its reader", async () => {
    const app = createApp()
    let stream: EventStream | undefined
    let stopped = 0
    app.get("/", (ctx) =>
      events(ctx, (opened) => {
        stream = opened
        return () => void stopped++
      }),
    )
    const response = await app.fetch(get())
    expect(stream).toBeUndefined()
    const reader = response.body!.getReader()
    const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value)
    expect(await read()).toBe(":\n\n")
    expect(stream!.send({ data: "a" })).toBe(true)
    expect(await read()).toBe("data: a\n\n")
    await reader.cancel()
    expect([stopped, stream!.signal.aborted, stream!.send({ data: "b" })]).toEqual([1, true, false])
  })
  test("takes a generator that comes late", async () => {
    const app = createApp()
    async function* numbers(): AsyncGenerator<ServerEvent> {
      yield { data: 1 }
    }
    app.get("/", (ctx) => events(ctx, async () => numbers()))
    expect(parseEvents(await (await app.fetch(get())).text()).events).toMatchObject([{ data: "1" }])
  })
  test("reports what its cleanup throws", async () => {
    const reported: unknown[] = []
    const app = createApp({ onError: (error) => void reported.push(error) })
    app.get("/", (ctx) =>
      events(ctx, (stream) => {
        stream.end()
        return () => JSON.parse("{")
      }),
    )
    await (await app.fetch(get())).text()
    expect(reported).toEqual([expect.any(SyntaxError)])
  })
  test("says why when the app is stopping already", async () => {
    const app = createApp()
    app.get("/", (ctx) => events(ctx, () => undefined))
    await app.stop()
    const { events: got } = parseEvents(await (await app.fetch(get())).text())
    expect(got).toEqual([{ type: "close", data: '{"reason":"draining"}', lastEventId: "" }])
  })
  test.each([{ heartbeatMs: -1 }, { heartbeatMs: 1.5 }, { maxBufferedEvents: Number.NaN }])(
    "refuses the options %p",
    async (options) => {
      const reported: unknown[] = []
      const app = createApp({ onError: (error) => void reported.push((error as { code?: string }).code) })
      app.get("/", (ctx) => events(ctx, () => undefined, options))
      expect((await app.fetch(get())).status).toBe(500)
      expect(reported).toEqual(["HTTP_EVENT_INVALID"])
    },
  )
})
