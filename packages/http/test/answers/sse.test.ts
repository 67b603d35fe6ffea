import { afterEach, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { onEachRuntime } from "../each-runtime.ts"
import { OpenStream, parseEvents, until } from "./event-source.ts"

interface State {
  readonly generators: number
  readonly waits: number
  readonly listeners: number
  readonly events: number
  readonly reported: readonly string[]
  readonly rss: number
}

onEachRuntime(join(import.meta.dir, "sse-serve.ts"), (server) => {
  const open: OpenStream[] = []
  const stream = (path: string, headers?: Record<string, string>, method?: string): OpenStream => {
    const one = new OpenStream(server.port, path, headers, method)
    open.push(one)
    return one
  }
  const state = async (): Promise<State> => (await (await fetch(`${server.url}/state`)).json()) as State
  const isFree = async (): Promise<boolean> => {
    const { generators, waits, listeners } = await state()
    return generators + waits + listeners === 0
  }
  afterEach(() => {
    for (const one of open.splice(0)) one.close()
  })

  test("a hundred events that are ready come in order, and nothing else", async () => {
    const response = await fetch(`${server.url}/hundred`)
    expect(response.headers.get("content-type")).toBe("text/event-stream")
    expect(response.headers.get("cache-control")).toBe("no-store")
    const { events, comments } = parseEvents(await response.text())
    expect(events).toEqual(
      Array.from({ length: 100 }, (_, n) => ({ type: "message", data: JSON.stringify({ n }), lastEventId: String(n) })),
    )
    expect(comments).toBe(0)
  })
  test("a source without events ends the stream", async () => {
    const response = await fetch(`${server.url}/none`)
    expect([response.status, parseEvents(await response.text()).events]).toEqual([200, []])
  })
  test("HEAD opens no source", async () => {
    const one = stream("/silent", { connection: "close" }, "HEAD")
    await one.until(() => one.isClosed)
    expect(one.head).toMatch(/^HTTP\/1.1 200[\s\S]*text\/event-stream/i)
    expect([one.body, await isFree()]).toEqual(["", true])
  })
  test("every field arrives as it was meant, texts of several lines too", async () => {
    const response = await fetch(`${server.url}/kinds`)
    const { events, retry } = parseEvents(await response.text())
    expect(retry).toBe(1500)
    expect(events).toEqual([
      { type: "greeting", data: "héllo\nsecond\nthird\nfourth", lastEventId: "none" },
      { type: "message", data: '{"text":"a\\nb","last":null}', lastEventId: "none" },
      { type: "message", data: "", lastEventId: "none" },
      { type: "message", data: " leading\n\nid: 7", lastEventId: "none" },
    ])
  })
  test.each(["41", "ünï-✓"])("the source is told the last id the caller got: %s", async (id) => {
    const one = stream("/kinds", { "last-event-id": Buffer.from(id).toString("latin1"), connection: "close" })
    await one.until(() => one.isClosed)
    expect(one.events[0]).toMatchObject({ lastEventId: id })
  })

  test("events go out when they come, not later", async () => {
    const one = stream("/slow")
    await one.until(() => one.isWhole)
    expect(one.events.map(({ data }) => data)).toEqual(["1", "2", "3"])
    expect(one.at.length).toBeGreaterThanOrEqual(3)
    const last = one.at.length - 1
    expect(one.at[last]! - one.at[0]!).toBeGreaterThan(100)
  })
  test("a silent stream opens at once, and its heartbeat outlives the server's idle timeout", async () => {
    const one = stream("/silent")
    await one.until(() => one.body !== "", 1000)
    await one.until(() => parseEvents(one.body).comments >= 9, 8000)
    expect([one.isClosed, one.events]).toEqual([false, []])
    expect(one.at.at(-1)!).toBeGreaterThan(2100)
    one.close()
    await until(isFree)
  })

  if (server.runtime === "bun") {
    // The only one that closes connections on which nothing moves.
    test("a heartbeat may be slower than the server's idle timeout", async () => {
      const one = stream("/sleepy")
      await one.until(() => parseEvents(one.body).comments === 3, 10_000)
      expect(one.isClosed).toBe(false)
    })
  }

  test("a caller who leaves frees a generator that waits, one that is busy, and one without room", async () => {
    const waiting = stream("/silent")
    const busy = stream("/flood")
    const full = stream("/flood")
    const pushed = stream("/pushed")
    full.socket.pause()
    await until(async () => (await state()).listeners === 1 && (await state()).generators === 3)
    await busy.until(() => busy.body.length > 100_000)
    for (const one of [waiting, busy, full, pushed]) one.close()
    await until(isFree)
  })
  test("a caller who does not read holds the generator back", async () => {
    const one = stream("/flood")
    one.socket.pause()
    const made = async (): Promise<number> => (await state()).events
    await until(async () => {
      const before = await made()
      await Bun.sleep(250)
      return (await made()) === before
    }, 15_000)
    const before = await made()
    one.socket.resume()
    await until(async () => (await made()) > before + 200)
  })
  test("many streams that come and go leave nothing behind", async () => {
    for (let round = 0; round < 5; round++) {
      const all = Array.from({ length: 40 }, (_, at) => stream(["/silent", "/pushed", "/slow"][at % 3]!))
      await until(() => all.every((one) => one.head !== ""))
      for (const one of all) one.close()
    }
    await until(isFree)
  })

  test("pushed events come to all who listen", async () => {
    const [first, second] = [stream("/pushed"), stream("/pushed")]
    await until(async () => (await state()).listeners === 2)
    for (const n of [1, 2, 3]) await fetch(`${server.url}/push`, { method: "POST", body: String(n) })
    for (const one of [first, second]) {
      await one.until(() => one.events.length === 3)
      expect(one.events.map(({ data, lastEventId }) => [data, lastEventId])).toEqual(
        [1, 2, 3].map((n) => [JSON.stringify({ n }), String(n)]),
      )
    }
    first.close()
    await until(async () => (await state()).listeners === 1)
    second.close()
    await until(isFree)
  })
  test("a stream that its source ends says why", async () => {
    const { events } = parseEvents(await (await fetch(`${server.url}/done`)).text())
    expect(events.map(({ type, data }) => [type, data])).toEqual([
      ["message", "only"],
      ["close", '{"reason":"finished"}'],
    ])
  })
  test("a caller who is too slow for pushed events loses the stream, not the server its memory", async () => {
    const before = (await state()).rss
    const one = stream("/overflow")
    one.socket.pause()
    await until(async () => (await state()).reported.includes("HTTP_EVENTS_OVERFLOW"), 10_000)
    expect((await state()).rss - before).toBeLessThan(150_000_000)
    one.socket.resume()
    await one.until(() => one.isWhole, 10_000)
    expect(one.events.at(-1)).toMatchObject({ type: "close", data: '{"reason":"overflow"}' })
    await until(isFree)
  })

  test.each([
    ["/broken", "a defect of the source"],
    ["/inject", "one line"],
  ])("a source that fails breaks the stream off and is reported: %s", async (path, message) => {
    const one = stream(path)
    await one.until(() => one.isClosed)
    expect([one.isWhole, one.events.map(({ data }) => data)]).toEqual([false, ["before"]])
    expect(one.body).not.toContain("injected")
    expect((await state()).reported.filter((line) => line.includes(message)).length).toBe(1)
    await until(isFree)
  })

  describe("when the app stops", () => {
    test("every stream ends with the reason, at once, and frees its source", async () => {
      const all = ["/silent", "/pushed", "/silent"].map((path) => stream(path))
      await until(async () => (await state()).generators === 2 && (await state()).listeners === 1)
      const began = performance.now()
      server.child.kill("SIGTERM")
      for (const one of all) {
        await one.until(() => one.isWhole)
        expect(one.events.at(-1)).toMatchObject({ type: "close", data: '{"reason":"draining"}' })
      }
      await until(() => server.output().includes("stopped"))
      expect(performance.now() - began).toBeLessThan(2500)
      expect(JSON.parse(server.output())).toEqual({ stopped: true, held: { generators: 0, waits: 0, listeners: 0 } })
    })
  })
})
