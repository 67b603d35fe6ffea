import { describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { type BaseContext, createApp } from "../index.ts"
import { ndjson } from "./ndjson.ts"
import { readLines } from "./read-lines.ts"
import { type ReadNdjsonOptions, readNdjson } from "./read-ndjson.ts"

const post = (body: BodyInit, type = "application/x-ndjson"): Request =>
  new Request("http://x/", { method: "POST", body, headers: { "content-type": type }, duplex: "half" } as RequestInit)

/** A body in pieces of so many bytes, and how many of them were taken. */
function inPieces(text: string | Uint8Array, size: number): { body: ReadableStream<Uint8Array>; taken: () => number } {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        controller.enqueue(bytes.slice(at, at + size))
        at += size
        if (at >= bytes.length) controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return { body, taken: () => at }
}

async function answer(handle: (ctx: BaseContext) => unknown, request: Request) {
  const reported: unknown[] = []
  const app = createApp({ onError: (error) => void reported.push(error) })
  app.post("/", (ctx) => handle(ctx))
  const response = await app.fetch(request)
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, reported }
}

const readAll =
  (options: ReadNdjsonOptions = {}) =>
  async (ctx: BaseContext): Promise<unknown[]> => {
    const values: unknown[] = []
    for await (const value of readNdjson(ctx, options)) values.push(value)
    return values
  }

describe("an answer of lines", () => {
  const sources: [string, Parameters<typeof ndjson>[0]][] = [
    ["a list", [1, { a: "x\ny" }, null]],
    ["an async generator", twoLines(1, { a: "x\ny" }, null)],
    ["a function, called when it is sent", () => twoLines(1, { a: "x\ny" }, null)],
  ]
  test.each(sources)("comes from %s", async (_what, rows) => {
    const app = createApp()
    app.get("/", () => ndjson(rows))
    const response = await app.fetch(new Request("http://x/"))
    expect(response.headers.get("content-type")).toBe("application/x-ndjson")
    expect(await response.text()).toBe('1\n{"a":"x\\ny"}\nnull\n')
  })
  test("begins nothing for HEAD", async () => {
    let began = 0
    const app = createApp()
    app.get("/", () => ndjson(() => [began++]))
    await (await app.fetch(new Request("http://x/", { method: "HEAD" }))).text()
    expect(began).toBe(0)
  })
  test("breaks off, and reports, what has no JSON form", async () => {
    const reported: unknown[] = []
    const app = createApp({ onError: (error) => void reported.push((error as { code?: string }).code) })
    app.get("/", () => ndjson([1, () => 2]))
    const response = await app.fetch(new Request("http://x/"))
    expect(response.text()).rejects.toThrow()
    await Bun.sleep(5)
    expect(reported).toEqual(["HTTP_RESPONSE_INVALID"])
  })
  test("returns its generator when the caller leaves", async () => {
    let returned = false
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let n = 0; ; n++) {
          yield n
          await Bun.sleep(1)
        }
      } finally {
        returned = true
      }
    }
    const app = createApp()
    app.get("/", () => ndjson(endless()))
    const reader = (await app.fetch(new Request("http://x/"))).body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toStartWith("0\n")
    await reader.cancel()
    await Bun.sleep(10)
    expect(returned).toBe(true)
  })
})

async function* twoLines(...values: unknown[]): AsyncGenerator<unknown> {
  yield* values
}

describe("a body of lines", () => {
  const text = '{"a":1}\r\n\n  \n"é✓🙂"\n[]\n"last"'
  test.each([1, 2, 3, 5, 7, 100])("is read whole in pieces of %d bytes", async (size) => {
    const { status, body } = await answer(readAll(), post(inPieces(text, size).body))
    expect([status, body]).toEqual([200, [{ a: 1 }, "é✓🙂", [], "last"] as never])
  })
  test("may begin with a byte order mark, and be empty", async () => {
    expect((await answer(readAll(), post("\ufeff1\n2\n"))).body).toEqual([1, 2] as never)
    expect((await answer(readAll(), post(""))).body).toEqual([] as never)
  })
  test.each(["\n", "\r\n"])("may have lines of the very limit before %j", async (end) => {
    const line = JSON.stringify("x".repeat(98))
    const pieces = inPieces(`${line}${end}${line}${end}`, 50).body
    const { status, body } = await answer(readAll({ maxLineBytes: 100 }), post(pieces))
    expect([status, (body as unknown as string[]).length]).toEqual([200, 2])
  })
  test("is checked by a schema, line by line", async () => {
    const schema = v.object({ n: v.integer().min(1) })
    const { body } = await answer(readAll({ schema }), post('{"n":1}\n{"n":2}\n'))
    expect(body).toEqual([{ n: 1 }, { n: 2 }] as never)
    const refused = await answer(readAll({ schema }), post('{"n":1}\n{"n":0}\n'))
    expect(refused.body).toMatchObject({ code: "HTTP_INVALID", details: { line: 2 }, errors: [{ pointer: "/1/n" }] })
  })
  test("is taken no faster than its lines are", async () => {
    const { body, taken } = inPieces("1\n".repeat(10_000), 2)
    let seen = 0
    await answer(async (ctx) => {
      for await (const _ of readNdjson(ctx)) if (++seen === 10) return taken()
    }, post(body)).then(({ body: most }) => expect(most as unknown as number).toBeLessThan(60))
  })
  test("is read in time that grows with its length, however it is cut", async () => {
    const began = performance.now()
    const one = `"${"x".repeat(200_000)}"\n`
    const { body } = await answer(readAll(), post(inPieces(one, 1).body))
    expect((body as unknown as string[])[0]!.length).toBe(200_000)
    expect(performance.now() - began).toBeLessThan(5000)
  })

  const refused: [string, Request, number, string, unknown][] = [
    ["another type", post("1", "application/json"), 415, "HTTP_UNSUPPORTED_MEDIA_TYPE", undefined],
    ["a line that is not JSON", post('1\n{"secret\n'), 400, "HTTP_BODY_INVALID", { line: 2 }],
    ["a line that is not UTF-8", post(new Uint8Array([49, 10, 0xff, 10])), 400, "HTTP_BODY_INVALID", { line: 2 }],
    ["a long line", post(`1\n"${"x".repeat(99)}"\n`), 413, "HTTP_LINE_TOO_LONG", { line: 2, maxLineBytes: 100 }],
    [
      "a long line that never ends",
      post(inPieces(`1\n${"x".repeat(10_000)}`, 64).body),
      413,
      "HTTP_LINE_TOO_LONG",
      { line: 2, maxLineBytes: 100 },
    ],
    ["a body over the limit", post("1\n".repeat(600)), 413, "HTTP_BODY_TOO_LARGE", { maxBodyBytes: 1000 }],
  ]
  test.each(refused)("is refused for %s", async (_what, request, status, code, details) => {
    const { body, status: got } = await answer(readAll({ maxLineBytes: 100, maxBytes: 1000 }), request)
    expect([got, body.code, body.details]).toEqual([status, code, details])
    expect(JSON.stringify(body)).not.toContain("secret")
  })
  test("may have lines of exactly the limit, with either end", async () => {
    const line = `"${"x".repeat(98)}"`
    for (const end of ["\n", ""]) {
      const { body } = await answer(readAll({ maxLineBytes: 100 }), post(`${line}\n${line}${end}`))
      expect(body as unknown as string[]).toHaveLength(2)
    }
  })
  test("is given as text too", async () => {
    const { body } = await answer(
      async (ctx) => {
        const lines: string[] = []
        for await (const line of readLines(ctx)) lines.push(line)
        return lines
      },
      post("a\r\n\n b \r\nc", "text/plain"),
    )
    expect(body as unknown).toEqual(["a", "", " b ", "c"])
  })
})
