import { describe, expect, test } from "bun:test"
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib"
import { etag, notModified } from "../caching/index.ts"
import { type BaseContext, createApp, FileSlice, type Layer, Reply } from "../index.ts"
import { webGzip } from "./codecs.ts"
import { type CompressOptions, compress } from "./compress.ts"
import { isCompressible } from "./compressible.ts"

const LONG = "a text that repeats itself, ".repeat(100)
const decoders = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  readonly text: string
}

async function ask(
  handle: (ctx: BaseContext) => unknown,
  headers: Record<string, string> = { "accept-encoding": "gzip" },
  { layers = [], method = "GET", ...options }: CompressOptions & { layers?: Layer[]; method?: string } = {},
): Promise<Answer> {
  const app = createApp({ onError: () => undefined })
  app.scope("/", [compress(options)], (scope) => {
    if (layers[0] === undefined) scope.get("/", (ctx) => handle(ctx))
    else scope.scope("/", [layers[0]], (inner) => inner.get("/", (ctx) => handle(ctx)))
  })
  const response = await app.fetch(new Request("http://x/", { method, headers }))
  const bytes = new Uint8Array(await response.arrayBuffer())
  const decode = decoders[response.headers.get("content-encoding") as "gzip"]
  const isCoded = decode !== undefined && bytes.length > 0 && response.headers.get("x-fake") === null
  const plain = isCoded ? decode(bytes) : bytes
  return { status: response.status, headers: response.headers, bytes, text: new TextDecoder().decode(plain) }
}

async function* pieces(): AsyncGenerator<string> {
  for (const text of [LONG, "é", "", LONG]) yield text
}

describe("an answer", () => {
  test.each(["gzip", "br", "zstd"])("is compressed with %s", async (encoding) => {
    const { headers, bytes, text } = await ask(() => LONG, { "accept-encoding": encoding })
    expect([headers.get("content-encoding"), text]).toEqual([encoding, LONG])
    expect(headers.get("vary")).toBe("accept-encoding")
    expect(bytes.length).toBeLessThan(LONG.length / 5)
    expect(headers.get("content-length") ?? String(bytes.length)).toBe(String(bytes.length))
  })
  const bodies: [string, () => unknown, string][] = [
    ["JSON", () => ({ text: LONG }), JSON.stringify({ text: LONG })],
    ["bytes", () => new Reply(200, new TextEncoder().encode(LONG), "text/plain"), LONG],
    ["a buffer", () => new Reply(200, new TextEncoder().encode(LONG).buffer, "text/plain"), LONG],
    ["a blob", () => new Blob([LONG], { type: "text/plain" }), LONG],
    ["a stream", () => new Reply(200, new Response(LONG).body, "text/plain"), LONG],
    ["an iterable", () => new Reply(200, pieces(), "text/plain"), `${LONG}é${LONG}`],
    [
      "a response",
      () => new Response(LONG, { headers: { "content-type": "text/plain", "content-length": String(LONG.length) } }),
      LONG,
    ],
    ["a large text", () => LONG.repeat(200), LONG.repeat(200)],
    [
      "a part of a file",
      () => new Reply(200, new FileSlice({ path: import.meta.path, start: 0, end: 4000, type: "text/javascript" })),
      "",
    ],
  ]
  test.each(bodies)("may be %s", async (what, body, expected) => {
    const { headers, text, bytes } = await ask(body)
    expect(headers.get("content-encoding")).toBe("gzip")
    expect(text).toBe(
      what === "a part of a file"
        ? await Bun.file(import.meta.path)
            .slice(0, 4000)
            .text()
        : expected,
    )
    expect(headers.get("content-length") ?? String(bytes.length)).toBe(String(bytes.length))
  })

  const chosen: [string, string | undefined, CompressOptions, string | null][] = [
    ["nothing without the header", undefined, {}, null],
    ["nothing for an empty one", "", {}, null],
    ["the server's first", "gzip, br, zstd", {}, "zstd"],
    ["the server's own first", "gzip, br, zstd", { encodings: ["br", "gzip"] }, "br"],
    ["the caller's weights", "gzip;q=1, br;q=0.5, zstd;q=0.1", {}, "gzip"],
    ["nothing that is refused", "zstd;q=0, br;q=0, *", {}, "gzip"],
    ["nothing that it does not know", "compress, deflate", {}, null],
    ["nothing where that is liked better", "identity, gzip;q=0.5", {}, null],
  ]
  test.each(chosen)("is compressed with %s", async (_what, header, options, encoding) => {
    const headers: Record<string, string> = header === undefined ? {} : { "accept-encoding": header }
    const answer = await ask(() => LONG, headers, options)
    expect([answer.headers.get("content-encoding"), answer.text]).toEqual([encoding, LONG])
    expect(answer.headers.get("vary")).toBe("accept-encoding")
  })
  test("is refused to who takes no form that there is", async () => {
    const { status, text } = await ask(() => LONG, { "accept-encoding": "identity;q=0, deflate" })
    expect([status, JSON.parse(text)]).toMatchObject([
      406,
      { code: "HTTP_NOT_ACCEPTABLE", details: { encodings: ["zstd", "br", "gzip", "identity"] } },
    ])
  })
  test("is compressed however small for who refuses the plain form", async () => {
    const { headers, text } = await ask(() => "a", { "accept-encoding": "identity;q=0, gzip" })
    expect([headers.get("content-encoding"), text]).toEqual(["gzip", "a"])
  })

  const alone: [string, (ctx: BaseContext) => unknown, string | null][] = [
    ["a small body", () => "x".repeat(1023), "accept-encoding"],
    ["nothing", () => null, null],
    ["what is compressed already", () => new Reply(200, LONG, "image/png"), null],
    [
      "what says how it is coded",
      () => new Reply(200, LONG, "text/plain", { "Content-Encoding": "gzip", "x-fake": "1" }),
      null,
    ],
    [
      "what nobody may change",
      () => new Reply(200, LONG, undefined, { "cache-control": "public, no-transform" }),
      null,
    ],
    [
      "what nobody may change, as the context says",
      (ctx) => {
        ctx.set("cache-control", "no-transform")
        return LONG
      },
      null,
    ],
    ["a part", () => new Reply(206, LONG, "text/plain", { "content-range": "bytes 0-1/2" }), null],
    [
      "what would become larger",
      () => new Reply(200, crypto.getRandomValues(new Uint8Array(2000)), "text/plain"),
      "accept-encoding",
    ],
  ]
  test.each(alone)("is left as it is: %s", async (_what, handle, vary) => {
    const { headers, bytes } = await ask(handle)
    const coding = headers.get("content-encoding")
    expect(coding === null || handle === alone[3]![1]).toBe(true)
    expect(headers.get("vary")).toBe(vary)
    const plain = await ask(handle, {})
    expect(bytes.length).toBe(plain.bytes.length)
  })
  test("varies by more than its coding", async () => {
    const both = await ask(() => new Reply(200, LONG, undefined, { vary: "accept" }))
    expect(both.headers.get("vary")).toBe("accept, accept-encoding")
    const once = await ask(() => new Reply(200, LONG, undefined, { vary: "Accept-Encoding" }))
    expect(once.headers.get("vary")).toBe("Accept-Encoding")
  })
  test("to HEAD has the same headers, and no body", async () => {
    const get = await ask(() => LONG)
    const head = await ask(() => LONG, undefined, { method: "HEAD" })
    expect([head.status, head.bytes.length, head.headers.get("content-encoding")]).toEqual([200, 0, "gzip"])
    expect(head.headers.get("content-length")).toBe(String(get.bytes.length))
    let returned = false
    const stream = new ReadableStream({
      cancel() {
        returned = true
      },
    })
    const streamed = await ask(() => new Reply(200, stream, "text/plain"), undefined, { method: "HEAD" })
    expect([streamed.bytes.length, streamed.headers.get("content-length"), returned]).toEqual([0, null, true])
  })
  test("says no length of the plain body, wherever that was said", async () => {
    const { headers, bytes, text } = await ask((ctx) => {
      ctx.set("content-length", String(LONG.length))
      ctx.set("x-kept", "yes")
      return new Reply(200, LONG, undefined, { "Content-Length": String(LONG.length), "accept-ranges": "bytes" })
    })
    expect(text).toBe(LONG)
    expect(headers.get("content-length") ?? String(bytes.length)).toBe(String(bytes.length))
    expect([headers.get("accept-ranges"), headers.get("x-kept")]).toEqual([null, "yes"])
  })
})

describe("the tag of a compressed answer", () => {
  test("names the coding, and means the same state", async () => {
    const handle = (ctx: BaseContext): unknown => notModified(ctx, { etag: "7" }) ?? LONG
    const first = await ask(handle)
    expect(first.headers.get("etag")).toBe('"7--gzip"')
    expect((await ask(handle, {})).headers.get("etag")).toBe('"7"')
    for (const tag of ['"7--gzip"', '"7"', '"7--br"']) {
      const second = await ask(handle, { "accept-encoding": "gzip", "if-none-match": tag })
      expect([second.status, second.headers.get("etag"), second.headers.get("vary")]).toEqual([
        304,
        tag,
        "accept-encoding",
      ])
    }
    expect((await ask(handle, { "accept-encoding": "gzip", "if-none-match": '"8--gzip"' })).status).toBe(200)
    expect((await ask(handle, { "accept-encoding": "gzip", "if-match": '"7--gzip"' })).status).toBe(200)
    expect((await ask(handle, { "accept-encoding": "gzip", "if-match": '"8--gzip"' })).status).toBe(412)
  })
  test.each([
    ["a weak tag", { etag: 'W/"7"' }, { "if-none-match": 'W/"7"' }],
    ["a time alone", { lastModified: 0 }, { "if-modified-since": "Fri, 02 Jan 2026 03:04:05 GMT" }],
  ])("is not needed to tell caches of the coding: %s", async (_what, validators, headers) => {
    const handle = (ctx: BaseContext): unknown => notModified(ctx, validators) ?? LONG
    const known = await ask(handle, { "accept-encoding": "gzip", ...headers })
    expect([known.status, known.headers.get("vary")]).toEqual([304, "accept-encoding"])
  })
  test("stays as it is where it is weak", async () => {
    expect((await ask(() => new Reply(200, LONG, undefined, { etag: 'W/"7"' }))).headers.get("etag")).toBe('W/"7"')
  })
  test("may come from the etag layer", async () => {
    const layers = [etag()]
    const tag = (await ask(() => LONG, undefined, { layers })).headers.get("etag")!
    expect(tag).toMatch(/^"[\w-]{22}--gzip"$/)
    const again = await ask(() => LONG, { "accept-encoding": "gzip", "if-none-match": tag }, { layers })
    expect([again.status, again.bytes.length, again.headers.get("content-encoding")]).toEqual([304, 0, null])
  })
})

test("gzip can be had where there is no node:zlib", async () => {
  const { whole, large, stream } = webGzip()
  expect([whole, stream]).toEqual([undefined, undefined])
  expect(gunzipSync(await large(new TextEncoder().encode(LONG))).toString()).toBe(LONG)
})

test("types that become smaller are told from those that do not", () => {
  const yes = [
    "text/html; charset=utf-8",
    "Application/JSON",
    "application/problem+json",
    "image/svg+xml",
    "application/wasm",
  ]
  const events = [
    "text/event-stream",
    "application/x-ndjson",
    "application/vnd.api+json",
    "font/ttf",
    "application/atom+xml",
  ]
  const no = ["image/png", "image/jpeg", "video/mp4", "audio/mpeg", "font/woff2", "application/zip", "application/gzip"]
  const unknown = [
    "application/octet-stream",
    "application/pdf",
    "multipart/byteranges; boundary=x",
    "",
    "text",
    "x/y+jsonx",
  ]
  for (const type of [...yes, ...events]) expect([type, isCompressible(type)]).toEqual([type, true])
  for (const type of [...no, ...unknown]) expect([type, isCompressible(type)]).toEqual([type, false])
})

test.each<CompressOptions>([
  { minBytes: -1 },
  { minBytes: 0.5 },
  { level: { gzip: 0 } },
  { level: { br: 12 } },
  { level: { zstd: 1.5 } },
  { encodings: ["deflate" as "gzip"] },
])("compress refuses %p", (options) =>
  expect(() => compress(options)).toThrow(expect.objectContaining({ code: "HTTP_COMPRESSION_INVALID" })),
)
