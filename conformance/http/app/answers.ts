import { type App, errors, Reply } from "@ashlar/http"

const encoder = new TextEncoder()

/** A stream of text, a part every so many milliseconds. */
function streamOf(parts: readonly string[], everyMs: number, fail = false): ReadableStream<Uint8Array> {
  let next = 0
  return new ReadableStream({
    async pull(controller) {
      const part = parts[next++]
      if (next > 1 && everyMs > 0) await new Promise((resolve) => setTimeout(resolve, everyMs))
      if (part !== undefined) controller.enqueue(encoder.encode(part))
      else if (fail) controller.error(new TypeError("secret-of-the-app in a stream"))
      else controller.close()
    },
  })
}

async function* parts(...all: readonly string[]): AsyncGenerator<string> {
  yield* all
}

async function* failing(): AsyncGenerator<string> {
  yield "one "
  await new Promise((resolve) => setTimeout(resolve, 30))
  throw new TypeError("secret-of-the-app in a generator")
}

class Refusal {
  readonly message = "secret-of-the-app in an object"
}
const THROWN: Readonly<Record<string, () => unknown>> = {
  error: () => new TypeError("secret-of-the-app"),
  cause: () => new Error("secret-of-the-app", { cause: new Error("secret-of-the-app within") }),
  text: () => "secret-of-the-app",
  nothing: () => undefined,
  null: () => null,
  number: () => 404,
  object: () => new Refusal(),
  frozen: () => Object.freeze(new Error("secret-of-the-app")),
  conflict: () => new errors.Conflict("Revision 3 is newer", { details: { current: 3 }, cause: THROWN.error!() }),
  unavailable: () => new errors.Unavailable("Later, please", { details: { retryAfterSeconds: 7 } }),
  unauthorized: () => new errors.Unauthorized(),
  forbidden: () => new errors.Forbidden(),
}

export function addAnswers(app: App): void {
  addValues(app)
  addStreams(app)
  addUntrusted(app)
  app.get("/throw/:what", (ctx) => {
    throw THROWN[ctx.params.what]!()
  })
  app.get("/throw/later/:what", async (ctx) => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    throw THROWN[ctx.params.what]!()
  })
  app.get("/return/:what", (ctx) => THROWN[ctx.params.what]!())
}

function addValues(app: App): void {
  app.get("/value/text", () => "grün")
  app.get("/value/empty-text", () => "")
  app.get("/value/object", () => ({ a: 1, b: [true, null] }))
  app.get("/value/array", () => [1, 2])
  app.get("/value/number", () => 0)
  app.get("/value/false", () => false)
  app.get("/value/null", () => null)
  app.get("/value/undefined", () => undefined)
  app.get("/value/bytes", () => new Uint8Array([0, 255, 1]))
  app.get("/value/buffer", () => new Uint8Array([1, 2]).buffer)
  app.get("/value/blob", () => new Blob(["blob"], { type: "text/x-blob" }))
  app.get("/value/date", () => ({ at: new Date(0) }))
  app.get("/value/async", async () => "late")
  app.get("/value/large", () => "x".repeat(300_000))
  app.get("/value/circular", () => {
    const self: Record<string, unknown> = { secret: "secret-of-the-app" }
    self.self = self
    return self
  })
  app.get("/value/bigint", () => ({ n: 1n }))
  app.get("/reply/:status", (ctx) => new Reply(Number(ctx.params.status), "body", "text/plain"))
  app.get("/reply-empty/:status", (ctx) => ctx.empty(Number(ctx.params.status)))
  app.get("/reply-headers", () => new Reply(201, { a: 1 }, "application/vnd.a+json", { "x-own": "yes" }))
  app.get("/response", () => new Response("own", { status: 203, headers: { "x-own": "yes" } }))
  app.get("/response-empty", () => new Response(null, { status: 204, headers: { "x-own": "yes" } }))
  app.get("/response-304", () => new Response(null, { status: 304, headers: { etag: '"a"' } }))
  app.get("/response-json", () => Response.json({ a: 1 }))
  app.get("/response-redirect", () => Response.redirect("http://a/there", 307))
  app.get("/cookies", (ctx) => {
    ctx.set("set-cookie", "a=1; HttpOnly")
    ctx.set("set-cookie", "b=2; Path=/")
    return "ok"
  })
  app.get("/response-cookies", () => {
    const headers = new Headers()
    headers.append("set-cookie", "a=1; HttpOnly")
    headers.append("set-cookie", "b=2; Path=/")
    return new Response("ok", { headers })
  })
  app.get("/headers", (ctx) => {
    ctx.set("x-one", "first")
    ctx.set("x-one", "second")
    ctx.set("vary", "accept")
    ctx.set("vary", "origin")
    return "ok"
  })
}

function addStreams(app: App): void {
  app.get("/stream", () => streamOf(["one ", "two ", "three"], 0))
  app.get("/stream/slow", () => streamOf(["one ", "two ", "three"], 30))
  app.get("/stream/empty", () => streamOf([], 0))
  app.get("/stream/large", () => streamOf(new Array<string>(64).fill("x".repeat(16_384)), 0))
  app.get("/stream/fails", () => streamOf(["one "], 30, true))
  app.get("/stream/fails-first", () => streamOf([], 0, true))
  app.get("/stream/parts", () => new Reply(200, parts("one ", "two ", "three"), "text/plain"))
  app.get("/stream/parts/fails", () => new Reply(200, failing(), "text/plain"))
  app.get(
    "/stream/response",
    () => new Response(streamOf(["one ", "two"], 0), { headers: { "content-type": "text/x" } }),
  )
}

/** Input that goes where the wire has a syntax of its own. The parameter is decoded, so it may hold any character. */
function addUntrusted(app: App): void {
  app.get("/inject/header", (ctx) => {
    ctx.set("x-value", String(ctx.query.value))
    return "ok"
  })
  app.get("/inject/header-name", (ctx) => {
    ctx.set(String(ctx.query.value), "1")
    return "ok"
  })
  app.get("/inject/cookie", (ctx) => {
    ctx.set("set-cookie", `a=${ctx.query.value}`)
    return "ok"
  })
  app.get("/inject/redirect", (ctx) => ctx.redirect(String(ctx.query.value)))
  app.get("/inject/type", (ctx) => new Reply(200, "ok", String(ctx.query.value)))
  app.get("/inject/reply", (ctx) => new Reply(200, "ok", "text/plain", { "x-value": String(ctx.query.value) }))
  app.get("/inject/error", (ctx) => {
    throw new errors.BadRequest(String(ctx.query.value))
  })
  app.get("/inject/vary", (ctx) => {
    ctx.set("vary", String(ctx.query.value))
    return "ok"
  })
}
