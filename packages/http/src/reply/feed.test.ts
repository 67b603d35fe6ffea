import { describe, expect, test } from "bun:test"
import { Feed, type FeedSpec, type Sink } from "./feed.ts"

interface Written {
  readonly pieces: string[]
  ended: boolean
  error: unknown
  /** While set, `write` says that there is no room. */
  full: PromiseWithResolvers<void> | undefined
}

function feedOf(values: FeedSpec<string>["open"], more: Partial<FeedSpec<string>> = {}): Feed<string> {
  return new Feed({ open: values, format: (value) => `${value};`, opening: "open;", maxHeld: 3, ...more })
}

function write(feed: Feed<string>): Written {
  const written: Written = { pieces: [], ended: false, error: undefined, full: undefined }
  const sink: Sink = {
    write(text) {
      written.pieces.push(text)
      return written.full?.promise
    },
    end(text) {
      if (text !== "") written.pieces.push(text)
      written.ended = true
    },
    fail(error) {
      written.error = error
    },
  }
  feed.start(sink)
  return written
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))

async function* slowly(...values: string[]): AsyncGenerator<string> {
  for (const value of values) {
    await turn()
    yield value
  }
}

describe("a feed", () => {
  test("writes all that is ready as one piece", async () => {
    const written = write(feedOf(() => ["a", "b", "c"][Symbol.iterator]()))
    await turn()
    expect(written).toMatchObject({ pieces: ["a;b;c;"], ended: true })
  })
  test("opens when the first value takes its time, and writes each as it comes", async () => {
    const written = write(feedOf(() => slowly("a", "b")))
    for (let at = 0; at < 8; at++) await turn()
    expect(written).toMatchObject({ pieces: ["open;", "a;", "b;"], ended: true })
  })
  test("writes a piece before it grows large, without a turn between", () => {
    const text = "x".repeat(1000)
    const written = write(feedOf(() => Array.from({ length: 100 }, () => text)[Symbol.iterator]()))
    expect(written.pieces.length).toBeGreaterThan(4)
    expect(written.pieces.join("")).toBe(`${text};`.repeat(100))
  })
  test("asks for nothing while there is no room", async () => {
    let asked = 0
    const endless = { next: () => ({ done: false as const, value: String(asked++).padEnd(1000) }) }
    const feed = feedOf(() => endless)
    const waits: PromiseWithResolvers<void>[] = []
    const write = (): Promise<void> => {
      waits.push(Promise.withResolvers())
      return waits.at(-1)!.promise
    }
    feed.start({ write, end: () => undefined, fail: () => undefined })
    const before = asked
    await turn()
    expect([asked, waits.length]).toEqual([before, 1])
    waits[0]!.resolve()
    await turn()
    expect([asked, waits.length]).toEqual([2 * before, 2])
    feed.stop()
  })
  test("keeps pushed values while there is no room, up to its limit", async () => {
    const feed = feedOf(() => undefined)
    const written = write(feed)
    written.full = Promise.withResolvers()
    await turn()
    expect(["a", "b", "c", "d"].map((value) => feed.push(value))).toEqual([true, true, true, false])
    const { full } = written
    written.full = undefined
    full.resolve()
    await turn()
    expect(written.pieces).toEqual(["open;", "a;b;c;"])
    expect(feed.push("e")).toBe(true)
    feed.end("bye;")
    expect([written.pieces.at(-1), written.ended, feed.push("f")]).toEqual(["e;bye;", true, false])
  })
  test("lingers only when it outlives its first turn, and closes once", async () => {
    const seen: string[] = []
    const hooks = { linger: () => void seen.push("linger"), close: () => void seen.push("close") }
    write(feedOf(() => ["a"][Symbol.iterator](), hooks))
    await turn()
    expect(seen.splice(0)).toEqual(["close"])
    const feed = feedOf(() => undefined, hooks)
    write(feed)
    await turn()
    feed.stop()
    feed.stop()
    feed.end()
    expect(seen).toEqual(["linger", "close"])
  })
  test.each<[string, FeedSpec<string>["open"]]>([
    ["opening", () => JSON.parse("{")],
    ["a next that throws", () => ({ next: () => JSON.parse("{") })],
    ["a next that rejects", () => ({ next: () => Promise.resolve("{").then(JSON.parse) })],
  ])("fails with what its source throws: %s", async (_what, open) => {
    let closed = 0
    const written = write(feedOf(open, { close: () => closed++ }))
    await turn()
    expect(written.error).toBeInstanceOf(SyntaxError)
    expect([closed, written.ended]).toEqual([1, false])
  })
  test("returns its source, whoever ends it", async () => {
    for (const end of ["stop", "end"] as const) {
      let returned = 0
      const source: AsyncIterator<string> = {
        next: () => Promise.withResolvers<IteratorResult<string>>().promise,
        return: () => Promise.resolve({ done: true as const, value: returned++ }),
      }
      const feed = feedOf(() => source)
      write(feed)
      await turn()
      feed[end]()
      expect(returned).toBe(1)
    }
  })
})

describe("a feed that is iterated", () => {
  test("gives every text, in order", async () => {
    const texts: string[] = []
    for await (const text of feedOf(() => slowly("a", "b", "c"))) texts.push(text)
    expect(texts).toEqual(["open;", "a;", "b;", "c;"])
  })
  test("waits while nobody asks", async () => {
    let asked = 0
    async function* endless(): AsyncGenerator<string> {
      for (;;) yield String(asked++).padEnd(1000)
    }
    const iterator = feedOf(endless)[Symbol.asyncIterator]()
    expect(asked).toBe(0)
    await iterator.next()
    await turn()
    const before = asked
    await turn()
    expect(asked).toBe(before)
    for (let at = 0; at < 10; at++) await iterator.next()
    expect(asked).toBeGreaterThan(before)
    await iterator.return?.()
    expect(await iterator.next()).toEqual({ done: true, value: undefined })
  })
  test("ends a wait when it is returned", async () => {
    const feed = feedOf(() => undefined)
    const iterator = feed[Symbol.asyncIterator]()
    await iterator.next()
    const waiting = iterator.next()
    await iterator.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(feed.push("a")).toBe(false)
  })
  test("rejects with what its source throws", async () => {
    async function* broken(): AsyncGenerator<string> {
      yield "a"
      await turn()
      JSON.parse("{")
    }
    const texts: string[] = []
    const read = async (): Promise<void> => {
      for await (const text of feedOf(broken)) texts.push(text)
    }
    expect(read()).rejects.toBeInstanceOf(SyntaxError)
    await turn()
    expect(texts).toEqual(["a;"])
  })
})
