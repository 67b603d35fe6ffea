import { setTimeout as sleep } from "node:timers/promises"
import { compress } from "../../src/compression/index.ts"
import { cookies } from "../../src/cookies/index.ts"
import { createApp, Reply } from "../../src/index.ts"
import { ndjson, readNdjson } from "../../src/ndjson/index.ts"
import { events } from "../../src/sse/index.ts"

/** The server that the suite of compressed and line-by-line answers drives on every runtime. */
const reported: string[] = []
const held = { sources: 0 }
const app = createApp({ layers: [compress()], onError: (error) => void reported.push(String(error)) })

app.get("/text", () => "a text that repeats itself, ".repeat(100))
app.get("/large", () => "a text that repeats itself, ".repeat(20_000))
app.get("/bytes", () => new Reply(200, Buffer.from("bytes ".repeat(1000)), "text/plain"))
app.get("/small", () => "small")
app.get("/events", (ctx) =>
  events(ctx, async function* ({ signal }) {
    held.sources++
    try {
      for (const n of [1, 2]) {
        yield { data: n }
        await sleep(100)
      }
      await sleep(60_000, undefined, { signal })
    } finally {
      held.sources--
    }
  }),
)
app.get("/rows", () =>
  ndjson(async function* () {
    held.sources++
    try {
      for (let n = 0; n < 1000; n++) {
        yield { n, text: "a row that is like the others" }
        if (n === 500) await sleep(100)
      }
    } finally {
      held.sources--
    }
  }),
)
app.get("/endless", () =>
  ndjson(async function* () {
    held.sources++
    try {
      for (let n = 0; ; n++) {
        yield { n, noise: crypto.randomUUID() }
        if (n % 100 === 0) await sleep(1)
      }
    } finally {
      held.sources--
    }
  }),
)
app.get("/broken", () =>
  ndjson(async function* () {
    yield 1
    await sleep(20)
    throw new TypeError("a defect of the source")
  }),
)
app.post("/sum", async (ctx) => {
  let [rows, sum] = [0, 0]
  for await (const row of readNdjson(ctx, { maxBytes: 2 ** 26, maxLineBytes: 1000 })) {
    rows++
    sum += (row as { n: number }).n
  }
  return { rows, sum }
})
const jar = cookies({ keys: ["k".repeat(32)] })
app.get("/cookies", { layers: [jar] }, (ctx) => {
  const seen = ctx.cookies.getSigned("session")
  ctx.cookies.setSigned("session", `${Number(seen ?? 0) + 1}`)
  ctx.cookies.set("plain", "a; b", { maxAgeSeconds: 60 })
  return { seen: seen ?? null, plain: ctx.cookies.get("plain") }
})
app.get("/state", () => ({ ...held, reported }))

const server = await app.listen({ port: Number(process.env.PORT ?? 0) })
console.log(JSON.stringify({ url: server.url }))
