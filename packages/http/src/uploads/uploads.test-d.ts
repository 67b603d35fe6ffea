import type { StandardSchemaV1 } from "@ashlar/core"
import { createApp } from "../index.ts"
import { type MultipartPart, multipart, receiveFile, receiveUploads, toFolder, toMemory, uploads } from "./index.ts"

declare const schema: StandardSchemaV1<unknown, { title: string; n: number }>
const app = createApp()

const photos = uploads({
  target: toFolder("./photos"),
  files: { photos: { maxFiles: 5, required: true }, extra: {} },
  fields: { title: { required: true }, note: {}, tags: { maxValues: 5 } },
})
app.post("/rules", { layers: [photos] }, ({ form }) => {
  const title: string = form.fields.title
  const note: string | undefined = form.fields.note
  const tags: readonly string[] = form.fields.tags
  const path: string = form.files.photos[0].path // required: there is a first
  const size: number | undefined = form.files.extra[0]?.sizeBytes

  // @ts-expect-error it may not be there
  const sure: string = form.fields.note
  // @ts-expect-error there may be no file
  form.files.extra[0].name
  // @ts-expect-error no such field
  form.fields.other
  // @ts-expect-error no such field
  form.files.other
  // @ts-expect-error that is for files in memory
  form.files.photos[0].bytes
  return [title, note, tags, path, size, sure]
})

app.post("/schema", async (ctx) => {
  const form = await receiveUploads(ctx, { target: toMemory(), files: { a: { required: true } }, fields: schema })
  const n: number = form.fields.n
  const bytes: Uint8Array = form.files.a[0].bytes
  // @ts-expect-error the schema has no such field
  form.fields.other
  const none = await receiveUploads(ctx, { target: toMemory(), files: {} })
  // @ts-expect-error no fields were declared
  none.fields.title
  return [n, bytes]
})

app.put("/file", async (ctx) => {
  const file = await receiveFile(ctx, { target: toFolder("./x"), types: ["image/*"] })
  const path: string = file.path
  for await (const part of multipart(ctx)) {
    const same: MultipartPart = part
    // @ts-expect-error only text has none
    const filename: string = same.filename
    return filename
  }
  return path
})

// @ts-expect-error a rule that does not exist
uploads({ target: toMemory(), files: { a: { maxSize: 5 } } })
