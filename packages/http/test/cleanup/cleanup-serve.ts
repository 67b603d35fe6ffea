import { setTimeout as sleep } from "node:timers/promises"
import { type App, type BaseContext, createApp, errors, fail, Reply } from "../../src/index.ts"
import { events } from "../../src/sse/index.ts"

/** The server that the suite of cleanup and cancellation drives on every runtime. */
const trace: string[] = []
const app: App = createApp({ development: false, onError: (error) => void trace.push(`reported ${error}`) })
const encoder = new TextEncoder()

/** Notes in the trace what is cleaned up, and when. */
function watch(ctx: BaseContext): void {
  ctx.defer(() => void trace.push("first"))
  ctx.defer(async () => {
    await sleep(1)
    trace.push("second")
  })
}
async function* pieces(count: number, everyMs = 10): AsyncGenerator<string> {
  try {
    for (let n = 1; n <= count; n++) {
      yield `${n} `
      await sleep(everyMs)
    }
  } finally {
    trace.push("source ended")
  }
}
function stream(count: number): ReadableStream<Uint8Array> {
  const source = pieces(count)
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(value))
    },
    async cancel() {
      await source.return(undefined)
    },
  })
}
const serve = (path: string, handler: (ctx: BaseContext) => unknown): void =>
  void app.get(path, (ctx) => {
    watch(ctx)
    return handler(ctx)
  })

serve("/ok", () => "ok")
serve("/later", async () => {
  await sleep(5)
  return "ok"
})
serve("/failure", () => fail(errors.Conflict))
serve("/throws", () => {
  throw new TypeError("handler")
})
serve("/rejects", async () => {
  await sleep(1)
  throw new errors.Gone()
})
serve("/bad-answer", () => new Reply(200, pieces(1000), undefined, { "x-bad": "a\nb" }))
serve("/cleanup-throws", (ctx) => {
  ctx.defer(() => {
    throw new TypeError("cleanup")
  })
  return "ok"
})
serve("/empty-stream", () => new Reply(204, pieces(3)))
serve("/stream", () => stream(3))
serve("/iterable", () => pieces(3))
serve("/response", () => new Response(stream(3), { status: 203, headers: { "x-own": "1" } }))
serve("/response-text", () => new Response("text"))
serve("/endless/stream", () => stream(100_000))
serve("/endless/iterable", () => pieces(100_000))
serve("/endless/response", () => new Response(stream(100_000)))
app.get("/late/iterable", (ctx) => {
  async function* late(): AsyncGenerator<string> {
    yield "1 "
    watch(ctx)
    yield "2 "
    trace.push("source ended")
  }
  return late()
})
app.get("/late/events", (ctx) =>
  events(ctx, async function* () {
    yield { data: "1" }
    watch(ctx)
    yield { data: "2" }
    trace.push("source ended")
  }),
)
serve("/breaks", () => {
  async function* broken(): AsyncGenerator<string> {
    yield "1 "
    await sleep(30) // the head is out: no client tries again
    throw new TypeError("source")
  }
  return broken()
})
serve("/waits", async ({ signal }) => {
  await new Promise((resolve) => signal.addEventListener("abort", resolve))
  trace.push("aborted")
  return "late"
})
app.get("/timeout", { timeoutMs: 60 }, async (ctx) => {
  watch(ctx)
  await sleep(150)
  ctx.defer(() => void trace.push("deferred late"))
  trace.push("handler ended")
  return "late"
})

/** A server further on, which answers when it likes to, and knows when nobody waits for it any more. */
app.get("/upstream", async ({ signal }) => {
  trace.push("asked")
  await new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => {
      trace.push("upstream let go")
      resolve()
    })
    setTimeout(resolve, 5000)
  })
  return "x"
})
const askUpstream = async ({ signal, url }: BaseContext): Promise<string> => {
  try {
    return await (await fetch(new URL("/upstream", url), { signal })).text()
  } catch (error) {
    const { code } = (signal.reason ?? {}) as { code?: unknown }
    trace.push(`fetch ended: ${signal.aborted ? (typeof code === "string" ? code : "gone") : error}`)
    throw error
  }
}
app.get("/asks", askUpstream)
app.get("/asks-shortly", { timeoutMs: 100 }, askUpstream)
app.get("/trace", () => trace.splice(0))

const server = await app.listen({ port: Number(process.env.PORT ?? 0) })
console.log(JSON.stringify({ url: server.url }))
