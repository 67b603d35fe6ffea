import { createHash } from "node:crypto"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { type App, createApp } from "../src/index.ts"
import { multipart, receiveFile, receiveUploads, toFolder, toMemory, uploads } from "../src/uploads/index.ts"

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
