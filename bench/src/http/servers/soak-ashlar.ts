/** The application of the soak: a little of everything that may hold on to memory. */
import { createApp, Reply } from "@ashlar/http"
import { events, type ServerEvent } from "@ashlar/http/sse"
import { readSettings } from "../profile.ts"
import { addUserPost } from "./ashlar/users.ts"

const MAX_UPLOAD_BYTES = 8 * 1024 * 1024
const PIECE = new Uint8Array(16 * 1024).fill(97)
const PIECES = 64

const { port } = readSettings()
const open = { streams: 0, uploads: 0 }
const app = createApp({ onError: () => undefined })

app.get("/", () => "hi")
addUserPost(app)
app.get("/fail", () => {
  throw new TypeError("a defect of the application")
})
app.post("/upload", async (ctx) => {
  let bytes = 0
  open.uploads++
  try {
    for await (const chunk of ctx.chunks(MAX_UPLOAD_BYTES)) bytes += chunk.byteLength
  } finally {
    open.uploads--
  }
  return { bytes }
})
app.get("/download", () => new Reply(200, download(), "application/octet-stream"))
app.get("/events", (ctx) => events(ctx, numbers()))
/** What is left over, after a collection of garbage. */
app.get("/memory", () => {
  collect()
  return { heapBytes: process.memoryUsage().heapUsed, ...open }
})

async function* download(): AsyncGenerator<Uint8Array> {
  open.streams++
  try {
    for (let piece = 0; piece < PIECES; piece++) yield PIECE
  } finally {
    open.streams--
  }
}

/** Ends when whoever listens has gone. */
async function* numbers(): AsyncGenerator<ServerEvent> {
  open.streams++
  try {
    for (let n = 0; ; n++) {
      yield { id: n, data: { n } }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  } finally {
    open.streams--
  }
}

function collect(): void {
  const { Bun: bun, gc } = globalThis as { Bun?: { gc(force: boolean): void }; gc?: () => void }
  if (bun !== undefined) bun.gc(true)
  else gc?.()
}

await app.listen({ port })
