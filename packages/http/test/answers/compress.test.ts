import { afterEach, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from "node:zlib"
import { onEachRuntime } from "../each-runtime.ts"
import { OpenStream, parseEvents, until } from "./event-source.ts"

/** Decodes what came so far of a compressed stream, though it has no end yet. */
const decoders: Record<string, (bytes: Uint8Array) => Uint8Array> = {
  gzip: (bytes) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
  br: (bytes) => brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: (bytes) => zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush }),
}

interface State {
  readonly sources: number
  readonly reported: readonly string[]
}

onEachRuntime(join(import.meta.dir, "compress-serve.ts"), (server) => {
  const open: OpenStream[] = []
  const stream = (path: string, encoding: string): OpenStream => {
    const one = new OpenStream(server.port, path, { "accept-encoding": encoding })
    open.push(one)
    return one
  }
  const state = async (): Promise<State> => (await (await fetch(`${server.url}/state`)).json()) as State
  const isFree = async (): Promise<boolean> => (await state()).sources === 0
  const decoded = (one: OpenStream, encoding: string): string => {
    try {
      return new TextDecoder().decode(decoders[encoding]!(one.bodyBytes))
    } catch {
      return ""
    }
  }
  afterEach(() => {
    for (const one of open.splice(0)) one.close()
  })

  describe.each(["gzip", "br", "zstd"])("with %s", (encoding) => {
    test.each(["/text", "/large", "/bytes"])("%s comes whole, with its right length", async (path) => {
      const one = stream(path, encoding)
      await one.until(() => one.isWhole)
      const plain = stream(path, "identity")
      await plain.until(() => plain.isWhole)
      expect(one.head.toLowerCase()).toContain(`content-encoding: ${encoding}`)
      expect(plain.head.toLowerCase()).not.toContain("content-encoding")
      expect(decoded(one, encoding)).toBe(plain.body)
      expect(one.bodyBytes.length).toBeLessThan(plain.bodyBytes.length / 10)
    })
    test("events arrive when they are sent, and a caller who leaves frees their source", async () => {
      const one = stream("/events", encoding)
      const seen = (): string[] => parseEvents(decoded(one, encoding)).events.map(({ data }) => data)
      await one.until(() => seen().length === 1)
      expect(one.at.at(-1)!).toBeLessThan(90)
      await one.until(() => seen().length === 2)
      expect(one.isClosed).toBe(false)
      one.close()
      await until(isFree)
    })
    test("rows arrive when they are sent, all of them, and in order", async () => {
      const one = stream("/rows", encoding)
      await one.until(() => decoded(one, encoding).split("\n").length > 490)
      expect(one.isWhole).toBe(false)
      await one.until(() => one.isWhole)
      const rows = decoded(one, encoding).trimEnd().split("\n")
      expect(rows.map((row) => (JSON.parse(row) as { n: number }).n)).toEqual(Array.from({ length: 1000 }, (_, n) => n))
    })
    test("a caller who does not read, and then leaves, frees the source", async () => {
      const one = stream("/endless", encoding)
      one.socket.pause()
      await until(async () => (await state()).sources === 1)
      await Bun.sleep(200)
      one.close()
      await until(isFree)
    })
  })

  test("HEAD opens nothing", async () => {
    const one = new OpenStream(server.port, "/rows", { "accept-encoding": "gzip", connection: "close" }, "HEAD")
    open.push(one)
    await one.until(() => one.isClosed)
    expect([/content-encoding: gzip/i.test(one.head), one.body, await isFree()]).toEqual([true, "", true])
  })
  test("a small body, and a caller who asks for nothing, get it plain", async () => {
    for (const [path, encoding] of [
      ["/small", "gzip"],
      ["/text", "identity"],
    ] as const) {
      const one = stream(path, encoding)
      await one.until(() => one.isWhole)
      expect(one.head.toLowerCase()).not.toContain("content-encoding")
      expect(one.head.toLowerCase()).toContain("vary: accept-encoding")
    }
  })
  test.each(["gzip", "identity"])("a source that fails breaks the answer off, once reported: %s", async (encoding) => {
    const before = (await state()).reported.length
    const one = stream("/broken", encoding)
    await one.until(() => one.isClosed)
    expect(one.isWhole).toBe(false)
    await until(async () => (await state()).reported.length > before)
    expect((await state()).reported.length).toBe(before + 1)
  })

  test("a body of many lines is read as it comes", async () => {
    const rows = 50_000
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let n = 0; n < rows; n += 100) {
          const text = Array.from({ length: 100 }, (_, at) => `${JSON.stringify({ n: n + at })}\n`).join("")
          controller.enqueue(new TextEncoder().encode(text))
        }
        controller.close()
      },
    })
    const headers = { "content-type": "application/x-ndjson" }
    const response = await fetch(`${server.url}/sum`, { method: "POST", body, headers })
    expect(await response.json()).toEqual({ rows, sum: (rows * (rows - 1)) / 2 })
    const long = await fetch(`${server.url}/sum`, { method: "POST", body: `"${"x".repeat(2000)}"`, headers })
    expect([long.status, await long.json()]).toMatchObject([413, { code: "HTTP_LINE_TOO_LONG" }])
  })
  test("cookies go out and come back, and no signature but ours is believed", async () => {
    const ask = async (cookie?: string): Promise<{ lines: string[]; body: unknown }> => {
      const response = await fetch(`${server.url}/cookies`, cookie === undefined ? {} : { headers: { cookie } })
      return { lines: response.headers.getSetCookie(), body: await response.json() }
    }
    const first = await ask()
    expect(first.body).toEqual({ seen: null, plain: "a; b" })
    expect(first.lines.map((line) => line.replace(/\.[\w-]{43};/, ".…;"))).toEqual([
      "__Host-session=1.…; Path=/; Secure; HttpOnly; SameSite=Lax",
      "__Host-plain=a%3B%20b; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax",
    ])
    const session = first.lines[0]!.split(";")[0]!
    expect((await ask(session)).body).toMatchObject({ seen: "1" })
    expect((await ask(session.replace("=1.", "=2."))).body).toMatchObject({ seen: null })
  })
})
