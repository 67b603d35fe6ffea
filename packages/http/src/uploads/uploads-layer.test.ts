import { afterAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type App, createApp, errors, fail, layer, Reply } from "../index.ts"
import { BOUNDARY, chunked, formOf, TYPE } from "./testing-form.ts"
import { toFolder } from "./to-folder.ts"
import { uploads } from "./uploads-layer.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-uploads-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const stored = (): string[] => readdirSync(folder).filter((name) => name !== ".incoming")

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0)
const whole = formOf({ name: "title", content: "A" }, { name: "photo", filename: "a.png", content: PNG })
const photos = uploads({
  target: toFolder(folder),
  files: { photo: { maxFileBytes: 3 * 2 ** 20, types: ["image/png"], required: true } },
  fields: { title: {} },
})
const reported: unknown[] = []
const outer = layer({
  name: "outer",
  after: ({ path }, reply) => (path === "/outer" ? new Reply(502, "the answer was not liked") : reply),
})

const app: App = createApp({ layers: [outer], onError: (error) => void reported.push(error) })
app.post("/ok", { layers: [photos] }, ({ form }) => ({ title: form.fields.title, type: form.files.photo[0].type }))
app.post("/throws", { layers: [photos] }, () => {
  throw new TypeError("a defect")
})
app.post("/fails", { layers: [photos] }, () => fail(errors.Conflict))
app.post("/answers", { layers: [photos] }, (ctx) => ctx.text("no", 403))
app.post("/outer", { layers: [photos] }, () => "fine")
app.post("/small", { layers: [photos], maxBodyBytes: 100 }, () => "fine")
app.post("/direct", async (ctx) => {
  for await (const _chunk of ctx.chunks());
  return null
})

function post(path: string, body: Uint8Array): Promise<Response> {
  const chunks = chunked(body, 1000)
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
  return app.fetch(
    new Request(`http://localhost${path}`, { method: "POST", headers: { "content-type": TYPE }, body: stream }),
  )
}

describe("the layer", () => {
  test("gives the handler a form, and keeps its files when the answer is good", async () => {
    const response = await post("/ok", whole)
    expect([response.status, await response.json()]).toEqual([200, { title: "A", type: "image/png" }])
    const names = stored()
    expect(names).toHaveLength(1)
    rmSync(join(folder, names[0]!))
  })

  test.each([
    ["/throws", 500],
    ["/fails", 409],
    ["/answers", 403],
    ["/outer", 502],
  ])("removes the files when %s answers %p", async (path, status) => {
    const response = await post(path, whole)
    expect(response.status).toBe(status)
    // What is no error of the handler is known to be a failure only when the answer is made.
    for (let waits = 0; stored().length > 0 && waits < 200; waits++) await Bun.sleep(5)
    expect(stored()).toEqual([])
  })

  test("has removed the files of a handler that threw before the caller hears of it", async () => {
    await post("/throws", whole)
    expect(stored()).toEqual([])
  })

  test("answers as problem documents, with what is wrong", async () => {
    const bad = formOf({ name: "photo", filename: "a.png", type: "image/png", content: "<html>" })
    const response = await post("/ok", bad)
    expect([response.status, response.headers.get("content-type")]).toEqual([422, "application/problem+json"])
    expect(await response.json()).toMatchObject({
      code: "HTTP_INVALID",
      detail: "body/photo/0: Expected image/png, got text/html.",
      errors: [{ in: "body", pointer: "/photo/0", code: "file_type" }],
    })
    const cut = await post("/ok", whole.slice(0, -BOUNDARY.length))
    expect([cut.status, ((await cut.json()) as { code: string }).code]).toEqual([400, "HTTP_MULTIPART_TRUNCATED"])
  })

  test("makes the route read as much as its rules add up to, where the route says nothing else", async () => {
    const limits = Object.fromEntries(app.table().records.map(({ path, maxBodyBytes }) => [path, maxBodyBytes]))
    expect(limits["/ok"]).toBe(3 * 2 ** 20 + 65_536 + 4 * 1024)
    expect([limits["/small"], limits["/direct"]]).toEqual([100, 2 ** 20])
    const large = formOf({ name: "photo", filename: "a.png", content: new Uint8Array(3 * 2 ** 20).fill(1) })
    large.set(PNG, large.indexOf(1))
    expect((await post("/ok", large)).status).toBe(200)
    expect((await post("/small", large)).status).toBe(413)
    expect((await post("/direct", large)).status).toBe(413)
  })

  test("tells the table what it takes and which errors it has", () => {
    const [record] = app.table().records
    expect(record!.meta.requestBody).toEqual({
      "multipart/form-data": {
        schema: {
          type: "object",
          properties: { title: { type: "string" }, photo: { type: "string", contentMediaType: "image/png" } },
          required: ["photo"],
        },
        encoding: { photo: { contentType: "image/png" } },
      },
    })
    expect(record!.errors.map(({ code }) => code)).toEqual([
      "HTTP_BODY_INVALID",
      "HTTP_MULTIPART_INVALID",
      "HTTP_MULTIPART_TRUNCATED",
      "HTTP_UPLOAD_NAME_TAKEN",
      "HTTP_BODY_TOO_LARGE",
      "HTTP_PART_HEADERS_TOO_LARGE",
      "HTTP_PART_TOO_LARGE",
      "HTTP_PARTS_TOO_MANY",
      "HTTP_UNSUPPORTED_MEDIA_TYPE",
      "HTTP_INVALID",
      "HTTP_UNAVAILABLE",
      "HTTP_STORAGE_FULL",
    ])
  })

  test("refuses rules that are none when it is made", () => {
    expect(() => uploads({ target: toFolder(folder), files: { a: { maxFileBytes: -1 } } })).toThrow("`maxFileBytes`")
  })
})
