import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Subprocess } from "bun"
import { BodyPace, progressOf, watchBody } from "../src/adapters/deno-body.ts"

const deno = [process.env.DENO_BIN, Bun.which("deno")].find((path) => typeof path === "string" && existsSync(path))

/** What a client sends, and when. */
type Step = string | { readonly pauseMs: number }
interface Talk {
  readonly text: string
  readonly bytes: number
  /** When the server ended the connection, since it was opened. */
  readonly endedMs: number
}

async function talk(url: string, steps: readonly Step[], readAfterMs = 0): Promise<Talk> {
  const started = performance.now()
  const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1")
  let text = ""
  let bytes = 0
  const ended = new Promise<void>((resolve) => {
    socket.on("close", () => resolve())
    socket.on("error", () => resolve())
  })
  if (readAfterMs > 0) setTimeout(() => socket.resume(), readAfterMs)
  socket.on("data", (data) => {
    bytes += data.length
    if (text.length < 10_000) text += data.toString("latin1")
  })
  if (readAfterMs > 0) socket.pause()
  for (const step of steps) {
    if (typeof step === "string") socket.write(step)
    else await Bun.sleep(step.pauseMs)
  }
  await ended
  return { text, bytes, endedMs: performance.now() - started }
}

const get = (path: string, ...fields: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, "Host: a", ...fields, "", ""].join("\r\n")
const post = (path: string, ...fields: readonly string[]): string => get(path, ...fields).replace("GET", "POST")

/** Asks on one connection of HTTP/2 for four things at once. */
const HTTP2_CLIENT = `
  import { connect } from "node:http2"
  const session = connect(process.argv[1])
  const ask = async (path) => {
    let text = ""
    for await (const chunk of session.request({ ":path": path })) text += chunk
    return text
  }
  console.log(JSON.stringify(await Promise.all(["/ok", "/late", "/ok", "/drip"].map(ask))))
  session.close()
`

/** The body of a whole answer in chunks. */
function unchunked(text: string): string {
  let rest = text.slice(text.indexOf("\r\n\r\n") + 4)
  let body = ""
  for (;;) {
    const start = rest.indexOf("\r\n") + 2
    const size = Number.parseInt(rest, 16)
    if (size === 0) return body
    body += rest.slice(start, start + size)
    rest = rest.slice(start + size + 2)
  }
}

describe.skipIf(deno === undefined).each([
  ["Deno", {}],
  ["a Deno that hides what it has inside", { HIDES_INSIDE: "1" }],
])("connections on %s", (_which, env) => {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-deno-"))
  let child: Subprocess<"ignore", "pipe", "pipe">
  let output: ReadableStreamDefaultReader<Uint8Array>
  let url = ""
  beforeAll(async () => {
    const built = await Bun.build({
      entrypoints: [join(import.meta.dir, "deno-serve.ts")],
      target: "node",
      outdir: folder,
      naming: "[name].mjs",
    })
    expect(built.success).toBe(true)
    const bundle = join(folder, "deno-serve.mjs")
    child = Bun.spawn([deno as string, "run", "--quiet", "--allow-all", "--no-lock", bundle], {
      env: { ...process.env, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    })
    output = child.stdout.getReader()
    url = (JSON.parse(new TextDecoder().decode((await output.read()).value)) as { url: string }).url
  })
  afterAll(() => {
    child.kill("SIGKILL")
    rmSync(folder, { recursive: true, force: true })
  })

  const ends: readonly (readonly [what: string, steps: readonly Step[], answer: string])[] = [
    ["says nothing", [], ""],
    ["stays after its answer", [get("/ok")], "200 OK"],
    ["asks with a body that does not come", [get("/ok", "Content-Length: 9")], "200 OK"],
    ["asks with chunks that do not come", [get("/ok", "Transfer-Encoding: chunked")], "200 OK"],
    ["gets a short answer after a long one", [get("/long"), get("/ok")], "200 OK"],
    [
      "asks with a body that does not come after a long answer",
      [get("/long"), get("/ok", "Content-Length: 9")],
      "200 OK",
    ],
    ["asks for what is not there with a body that does not come", [post("/none", "Content-Length: 9")], "404 "],
    [
      "sends a body of a type that nobody takes, and that does not come",
      [post("/typed", "Content-Type: text/csv", "Content-Length: 9")],
      "415 ",
    ],
    [
      "sends a part of more than may be sent",
      [post("/size", "Content-Type: application/json", "Content-Length: 9000000"), "x".repeat(5000)],
      "413 ",
    ],
  ]
  test.concurrent.each(ends)(
    "a client that %s is let go",
    async (_what, steps, answer) => {
      const { text, endedMs } = await talk(url, steps)
      expect(text).toContain(answer)
      expect(endedMs).toBeGreaterThan(1000)
      expect(endedMs).toBeLessThan(10_000)
    },
    15_000,
  )

  test.concurrent("a connection that is used stays", async () => {
    const { text } = await talk(url, Array.from({ length: 5 }, () => [get("/ok"), { pauseMs: 1000 }]).flat())
    expect(text.match(/200 OK/g)).toHaveLength(5)
  }, 15_000)
  test.concurrent("a handler may take its time", async () => {
    expect((await talk(url, [get("/late")])).text).toEndWith("late")
  }, 15_000)
  test.concurrent("over HTTP/2 it may do so beside quick ones", async () => {
    const client = Bun.spawn(["node", "--input-type=module", "--eval", HTTP2_CLIENT, url], { stderr: "inherit" })
    const answers: unknown = JSON.parse(await new Response(client.stdout).text())
    expect(answers).toEqual(["ok", "late", "ok", "01234567"])
  }, 15_000)
  test.concurrent("a stream may take its time", async () => {
    expect(unchunked((await talk(url, [get("/drip")])).text)).toBe("01234567")
  }, 15_000)
  test.concurrent.each(["/bytes", "/text", "/json", "/later", "/response"])(
    "the large answer of %s may be taken slowly",
    async (path) => {
      expect((await talk(url, [get(path)], 5000)).bytes).toBeGreaterThan(16 * 1024 * 1024)
    },
    15_000,
  )
  test.concurrent("a body may come slowly, and its answer with it", async () => {
    const body = Array.from({ length: 8 }, (_, index) => [`1\r\n${index}\r\n`, { pauseMs: 500 }]).flat()
    const { text } = await talk(url, [post("/mirror", "Transfer-Encoding: chunked"), ...body, "0\r\n\r\n"])
    expect(unchunked(text)).toBe("01234567")
  }, 15_000)
  test.concurrent.each([10, 10_000, 100_000, 900_000])(
    "JSON of %d bytes is read",
    async (size) => {
      const response = await fetch(`${url}/size`, {
        method: "POST",
        body: JSON.stringify("x".repeat(size - 2)),
        headers: { "content-type": "application/json" },
      })
      expect(await response.json()).toEqual({ size })
    },
    15_000,
  )
  test.concurrent.each([
    ["of few bytes", '"12345678"', 200],
    ["of few characters in many bytes", '"ééééé"', 413],
    ["of too many bytes", '"123456789"', 413],
    ["that is none", "{", 400],
    ["that is empty", "", 400],
  ] as const)("JSON %s comes under its limit, in one piece or not", async (_what, body, status) => {
    const head = ["Content-Type: application/json", "Connection: close"]
    const bytes = Buffer.byteLength(body)
    const whole = post("/few", ...head, `Content-Length: ${bytes}`) + body
    const chunk = bytes === 0 ? "" : `${bytes.toString(16)}\r\n${body}\r\n`
    const chunked = [post("/few", ...head, "Transfer-Encoding: chunked"), { pauseMs: 100 }, chunk, "0\r\n\r\n"]
    const inOne = [`${chunked[0]}${chunk}0\r\n\r\n`]
    for (const steps of [[whole], chunked, inOne])
      expect((await talk(url, steps as readonly Step[])).text).toStartWith(`HTTP/1.1 ${status} `)
  })
  test.concurrent("a Host that looks like a path leads nowhere else", async () => {
    for (const host of ["a/ok?", "a/ok#", "a?", "a/late?x="])
      expect(
        (await talk(url, [get("/text", "Connection: close").replace("Host: a", `Host: ${host}`)])).text,
      ).toStartWith("HTTP/1.1 400 ")
  })
  test.concurrent.each([10, 100_000])(
    "a form of %d bytes is read from the web's own request",
    async (size) => {
      const body = new FormData()
      body.set("a", "x".repeat(size))
      expect(await (await fetch(`${url}/form`, { method: "POST", body })).json()).toEqual(["a"])
    },
    15_000,
  )

  test("it drains: what is under way ends, and nothing new is taken", async () => {
    const idle = talk(url, [get("/ok")])
    const stream = talk(url, [get("/drip")])
    const late = talk(url, [get("/late")])
    await Bun.sleep(1500)
    const started = performance.now()
    child.kill("SIGTERM")
    await Bun.sleep(200)
    await expect(fetch(`${url}/ok`)).rejects.toThrow()
    expect((await idle).endedMs).toBeLessThan(2500)
    expect((await stream).text).toEndWith("7\r\n0\r\n\r\n")
    expect((await late).text).toEndWith("late")
    await child.exited
    expect(performance.now() - started).toBeLessThan(3500)
    expect(await new Response(child.stderr).text()).toBe("")
  }, 15_000)
})

const asked = (body: BodyInit | null, headers: Record<string, string> = {}): Request => {
  const request = new Request("http://a/", { method: "POST", body, headers })
  watchBody(request)
  return request
}

describe("the pace of a body", () => {
  const stage = (request: Request) => {
    const pace = new BodyPace()
    let now = 1000
    /** Whether it was too slow at any look. */
    const after = (ms: number, bytes: number): boolean => {
      let isTooSlow = false
      for (let passed = 0; passed < ms; passed += 2500) {
        now += 2500
        const progress = progressOf(request)
        if (progress !== undefined) progress.bytes += (bytes * 2500) / ms
        isTooSlow ||= pace.isTooSlow(request, progress, now)
      }
      return isTooSlow
    }
    return { pace, after }
  }
  const read = () => {
    const request = asked(new ReadableStream())
    const reader = request.body!.getReader()
    void reader.read()
    return request
  }
  test("one that drips is too slow within 30 seconds", () => {
    const { after } = stage(read())
    expect(after(20_000, 100)).toBe(false)
    expect(after(5_000, 10)).toBe(true)
  })
  test("a large one may take its time while it comes", () => {
    expect(stage(read()).after(3_600_000, 100 * 2 ** 20)).toBe(false)
  })
  test("one that waits for its reader is not slow", () => {
    const request = read()
    const { after } = stage(request)
    expect(after(15_000, 0)).toBe(false)
    progressOf(request)!.isAwaited = false
    expect(after(120_000, 0)).toBe(false)
  })
  test("one that nobody reads is not slow", () => {
    expect(stage(asked(new ReadableStream())).after(120_000, 0)).toBe(false)
  })
  test("the next one starts anew", () => {
    const { pace, after } = stage(read())
    expect(after(20_000, 0)).toBe(false)
    pace.restart()
    expect(after(20_000, 0)).toBe(false)
  })

  const closed = Symbol.for("nodejs.webstream.isClosedPromise")
  const whole = (length: string) => {
    const end = Promise.withResolvers<void>()
    const request = asked(Object.assign(new ReadableStream(), { [closed]: end }), { "content-length": length })
    request.text().catch(() => undefined)
    return { ...stage(request), end }
  }
  test.each([
    ["16384", 20_000],
    ["160000", 30_000],
    ["1600000", 120_000],
  ])("one of %s bytes that is read whole must have come after its time", (length, mostMs) => {
    const { after } = whole(length)
    expect(after(mostMs, 0)).toBe(false)
    expect(after(5_000, 0)).toBe(true)
  })
  test("one that was read whole is over, however long the handler works", async () => {
    const { after, end } = whole("100")
    expect(after(5_000, 0)).toBe(false)
    end.resolve()
    await Bun.sleep(1)
    expect(after(120_000, 0)).toBe(false)
  })
})

describe("the progress of a body", () => {
  test("nobody has touched it yet", () => {
    expect(progressOf(asked("x"))).toBeUndefined()
  })
  test("whoever reads it whole comes to its end", async () => {
    const request = asked('{"a":1}')
    expect(await request.json()).toEqual({ a: 1 })
    expect(progressOf(request)).toMatchObject({ isComplete: true })
    expect(request.bodyUsed).toBe(true)
  })
  const readers: [what: string, read: (stream: ReadableStream<Uint8Array>) => () => Promise<{ done?: boolean }>][] = [
    ["a reader", (stream) => stream.getReader().read],
    ["an iterator", (stream) => stream[Symbol.asyncIterator]().next],
    ["the values", (stream) => stream.values().next],
  ]
  test.each(readers)("with %s it is counted, and waits for its reader between its parts", async (_what, start) => {
    const source = new TransformStream<Uint8Array, Uint8Array>()
    const writer = source.writable.getWriter()
    const request = asked(source.readable, { "transfer-encoding": "chunked" })
    const read = start(request.body!)
    const first = read()
    await Bun.sleep(1)
    expect(progressOf(request)).toEqual({ bytes: 0, isAwaited: true, isComplete: false })
    await writer.write(new Uint8Array(3))
    expect(await first).toEqual({ done: false, value: new Uint8Array(3) } as never)
    expect(progressOf(request)).toEqual({ bytes: 3, isAwaited: false, isComplete: false })
    void writer.close()
    expect((await read()).done).toBe(true)
    expect(progressOf(request)).toEqual({ bytes: 3, isAwaited: false, isComplete: true })
  })
  test("one that breaks off is not complete", async () => {
    const source = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new TypeError("gone")) })
    const request = asked(source)
    await expect(request.body!.getReader().read()).rejects.toThrow()
    expect(progressOf(request)).toEqual({ bytes: 0, isAwaited: false, isComplete: false })
  })
})
