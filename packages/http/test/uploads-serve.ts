import { createHash } from "node:crypto"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { type App, createApp } from "../src/index.ts"
import { multipart, receiveFile, receiveUploads, toFolder, toMemory, uploads } from "../src/uploads/index.ts"
import { BOUNDARY, bytesOf, headerOf, TYPE } from "../src/uploads/testing-form.ts"

/** The server that the upload suite drives on every runtime. Its folder comes from the environment. */
const folder = process.env.UPLOADS_FOLDER!
const GIB = 2 ** 30
const reported: string[] = []
const app: App = createApp({ onError: (error) => void reported.push(String(error)) })

const photos = uploads({
  target: toFolder(join(folder, "photos"), { durable: false }),
  files: {
    photos: { maxFiles: 3, maxFileBytes: 2 ** 20, types: ["image/png", "image/jpeg"], extensions: [".png", ".jpg"] },
  },
  fields: { title: { maxBytes: 100 } },
})
app.post("/photos", { layers: [photos] }, ({ form }) => ({ title: form.fields.title, photos: form.files.photos }))
app.post("/photos/throws", { layers: [photos] }, ({ form }) => {
  throw new TypeError(`a defect after ${form.files.photos.length} files`)
})
app.post("/photos/refuses", { layers: [photos] }, (ctx) => ctx.text("not today", 409))

const large = uploads({
  target: toFolder(join(folder, "large"), { durable: false }),
  files: { file: { maxFileBytes: GIB, sha256: true, required: true } },
})
app.post("/large", { layers: [large] }, ({ form }) => form.files.file[0])
app.post(
  "/large/png",
  {
    layers: [
      uploads({
        target: toFolder(join(folder, "large"), { durable: false }),
        files: { file: { maxFileBytes: GIB, types: ["image/png"] } },
      }),
    ],
  },
  () => "stored",
)

app.post("/parts", { maxBodyBytes: GIB }, async (ctx) => {
  const parts: { name: string; filename: string | undefined; sizeBytes: number; sha256: string }[] = []
  for await (const part of multipart(ctx)) {
    const hash = createHash("sha256")
    let sizeBytes = 0
    for await (const chunk of part.chunks()) {
      sizeBytes += chunk.length
      hash.update(chunk)
    }
    parts.push({ name: part.name, filename: part.filename, sizeBytes, sha256: hash.digest("hex") })
  }
  return parts
})
app.put("/raw", { maxBodyBytes: GIB }, async (ctx) => {
  const { bytes, ...file } = await receiveFile(ctx, { target: toMemory(), maxFileBytes: 1000, types: ["text/plain"] })
  return { ...file, text: new TextDecoder().decode(bytes) }
})
app.post("/direct", async (ctx) => {
  const form = await receiveUploads(ctx, { target: toMemory(), files: {}, fields: { a: { required: true } } })
  return form.fields.a
})

/** Reads a form of so many MiB that is made while it is read, and tells how much larger that made the process. */
app.get("/generated/:kind/:mib", async (ctx) => {
  const { kind, mib } = ctx.params
  const chunk = new Uint8Array(2 ** 20)
  if (kind === "random")
    for (let at = 0; at < chunk.length; at += 65_536) crypto.getRandomValues(chunk.subarray(at, at + 65_536))
  if (kind === "returns") chunk.fill(13)
  if (kind === "almost") chunk.set(repeated(`\r\n--${BOUNDARY.slice(0, -1)}`, chunk.length))
  async function* body(): AsyncGenerator<Uint8Array> {
    yield bytesOf(headerOf({ name: "file", filename: "large.bin" }))
    for (let sent = 0; sent < Number(mib); sent++) yield chunk
    yield bytesOf(`\r\n--${BOUNDARY}--`)
  }
  const before = process.memoryUsage().rss
  let [sizeBytes, peak, seen] = [0, before, 0]
  for await (const part of multipart({ headers: { get: () => TYPE }, chunks: body })) {
    for await (const bytes of part.chunks()) {
      sizeBytes += bytes.length
      if (seen++ % 64 === 0) peak = Math.max(peak, process.memoryUsage().rss)
    }
  }
  return { sizeBytes, growthBytes: peak - before }
})

function repeated(text: string, length: number): Uint8Array {
  return bytesOf(text.repeat(Math.ceil(length / text.length))).slice(0, length)
}

/** What is in a folder, and how large the process has become: what a test cannot see from outside. */
app.get("/state", () => ({
  files: ["photos", "large"].flatMap((name) => list(name)),
  rssBytes: process.memoryUsage().rss,
  reported,
}))

function list(name: string): string[] {
  try {
    return readdirSync(join(folder, name), { recursive: true })
      .map((path) => `${name}/${path}`)
      .filter((path) => !path.endsWith(".incoming"))
  } catch {
    return [] // nothing was ever stored there
  }
}

const server = await app.listen({ port: Number(process.env.PORT ?? 0) })
console.log(JSON.stringify({ url: server.url }))
