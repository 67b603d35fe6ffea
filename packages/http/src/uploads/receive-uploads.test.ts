import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { AshlarError, type StandardResult, type StandardSchemaV1 } from "@ashlar/core"
import { receiveFile } from "./receive-file.ts"
import { receiveUploads } from "./receive-uploads.ts"
import {
  BOUNDARY,
  bytesOf,
  chunked,
  codeOf,
  concat,
  contextOf,
  formOf,
  headerOf,
  type TestPart,
} from "./testing-form.ts"
import { toFolder } from "./to-folder.ts"
import { toMemory } from "./to-memory.ts"
import type { FieldRules, FilesRules, UploadOptions } from "./upload-rules.ts"
import type { UploadTarget } from "./upload-target.ts"

const base = mkdtempSync(join(tmpdir(), "ashlar-uploads-"))
let folder = ""
let count = 0
beforeEach(() => {
  folder = join(base, String(count++))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13)
const png = (name = "photos", filename = "a.png"): TestPart => ({ name, filename, type: "image/png", content: PNG })
/** What is in the folder, without the place where files grow. */
function stored(): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }).map(String)
  return names.filter((name) => name !== ".incoming").sort()
}
type Options = Partial<UploadOptions<FilesRules, FieldRules, object>>
const RULES = {
  files: { photos: { maxFiles: 2, maxFileBytes: 1000, types: ["image/png"], extensions: [".png"] } },
  fields: { title: { maxBytes: 20 } },
} as const satisfies Options

async function problemOf(run: Promise<unknown>): Promise<Record<string, unknown>> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(AshlarError)
  return (error as AshlarError).report() as never
}

function schemaOf(validate: (value: unknown) => StandardResult<unknown>): StandardSchemaV1 {
  return { "~standard": { version: 1, vendor: "test", validate } }
}

function receive(parts: readonly TestPart[], options: Options = {}, size = 100_000): Promise<unknown> {
  return receiveUploads(contextOf(chunked(formOf(...parts), size)), { target: toFolder(folder), ...RULES, ...options })
}

describe("a form with files", () => {
  test.each([1, 17, 100_000])("is stored, in chunks of %p bytes", async (size) => {
    const parts = [{ name: "title", content: "Two" }, png("photos", "../one.png"), png("photos", "TWO.PNG")]
    const form = await receiveUploads(contextOf(chunked(formOf(...parts), size)), {
      target: toFolder(folder, { names: (file) => `${file.originalName.length}-${file.originalName}` }),
      files: {
        photos: { maxFiles: 2, types: ["image/*"], extensions: [".png"], required: true, sha256: true },
        none: {},
      },
      fields: { title: { required: true }, tags: { maxValues: 3 }, note: {} },
    })
    expect({ ...form.fields }).toEqual({ title: "Two", tags: [], note: undefined })
    const sha256 = new Bun.CryptoHasher("sha256").update(PNG).digest("hex")
    const facts = { type: "image/png", declaredType: "image/png", sizeBytes: PNG.length, sha256 }
    expect(form.files.photos).toEqual([
      { ...facts, name: "7-one.png", originalName: "one.png", path: `${folder}/7-one.png` },
      { ...facts, name: "7-TWO.PNG", originalName: "TWO.PNG", path: `${folder}/7-TWO.PNG` },
    ])
    expect(form.files.none).toEqual([])
    expect(Object.getPrototypeOf(Object.getPrototypeOf(form.files))).toBeNull()
    expect(new Uint8Array(readFileSync(form.files.photos[0].path))).toEqual(PNG)
    expect(stored()).toEqual(["7-TWO.PNG", "7-one.png"])
    await form.discard()
    await form.discard()
    expect(stored()).toEqual([])
  })

  test("takes an input in which no file was chosen for no file", async () => {
    const form = await receiveUploads(contextOf([formOf({ name: "photos", filename: "", content: "" })]), {
      target: toFolder(folder),
      ...RULES,
    })
    expect(form.files.photos).toEqual([])
  })

  test("names stored files by what they are, not by what they are called", async () => {
    const html: TestPart = { name: "any", filename: "page.exe", type: "application/x-msdownload", content: "<html>" }
    const csv: TestPart = { name: "any", filename: "t.html", type: "text/csv", content: "a,b" }
    const odd: TestPart = { name: "any", filename: "x.php", type: "application/x-unheard-of", content: "\x01\x02" }
    const form = await receiveUploads(contextOf([formOf(html, csv, odd)]), {
      target: toFolder(folder),
      files: { any: { maxFiles: 3 } },
    })
    const named = form.files.any.map(({ type, name }) => [type, name.slice(36)])
    expect(named).toEqual([
      ["text/html", ".html"],
      ["text/csv", ".csv"],
      ["application/x-unheard-of", ""],
    ])
  })

  test("has its fields checked by a schema, all together", async () => {
    const schema = schemaOf((form) => {
      const { title, tags, n } = form as Record<string, string>
      if (title!.length < 3) return { issues: [{ message: "Too short.", path: ["title"], code: "too_small" }] as never }
      return { value: { title, tags, n: Number(n) } }
    })
    const parts = (title: string): TestPart[] => [
      { name: "title", content: title },
      { name: "tags", content: "a" },
      { name: "n", content: "42" },
      { name: "tags", content: "b" },
      png(),
    ]
    const options = { target: toFolder(folder), files: RULES.files, fields: schema }
    const { fields } = await receiveUploads(contextOf([formOf(...parts("long"))]), options)
    expect(fields).toEqual({ title: "long", tags: ["a", "b"], n: 42 })
    const kept = stored()
    expect(await problemOf(receiveUploads(contextOf([formOf(...parts("x"))]), options))).toMatchObject({
      code: "HTTP_INVALID",
      details: { errors: [{ in: "body", pointer: "/title", code: "too_small" }] },
    })
    expect(stored()).toEqual(kept)
    const long = { ...options, maxFieldsBytes: 8 }
    expect(await codeOf(() => receiveUploads(contextOf([formOf(...parts("1234"))]), long))).toBe("none")
    expect(await codeOf(() => receiveUploads(contextOf([formOf(...parts("12345"))]), long))).toBe("HTTP_PART_TOO_LARGE")
  })

  test("cannot poison a prototype by the names of its fields", async () => {
    const names = ["__proto__", "constructor", "prototype", "toString"]
    const schema = schemaOf((value) => ({ value }))
    const parts = names.map((name) => ({ name, content: "polluted" }))
    const { fields } = await receiveUploads(contextOf([formOf(...parts)]), {
      target: toMemory(),
      files: {},
      fields: schema,
    })
    expect(Object.keys(fields as object)).toEqual(names)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    for (const name of names) {
      const refused = receiveUploads(contextOf([formOf({ name, content: "1" }, png(name))]), {
        target: toMemory(),
        ...RULES,
      })
      expect(await problemOf(refused)).toMatchObject({
        details: {
          errors: [
            { pointer: `/${name}`, code: "unknown_key" },
            { pointer: `/${name}`, code: "unknown_key" },
          ],
        },
      })
    }
  })
})

describe("a form is refused", () => {
  const other = (content: string, type = "image/png", filename = "a.png"): TestPart => ({
    name: "photos",
    filename,
    type,
    content,
  })

  test.each<[string, readonly TestPart[], Options, { pointer: string; code: string }[]]>([
    [
      "HTML that says it is a PNG",
      [other("<!doctype html><script>")],
      {},
      [{ pointer: "/photos/0", code: "file_type" }],
    ],
    [
      "SVG where images are taken",
      [other("<svg onload=x>")],
      { files: { photos: { types: ["image/*"] } } },
      [{ pointer: "/photos/0", code: "file_type" }],
    ],
    ["text that says it is a PNG", [other("hello")], {}, [{ pointer: "/photos/0", code: "file_type" }]],
    ["an empty PNG", [other("")], {}, [{ pointer: "/photos/0", code: "file_type" }]],
    ["another extension", [png("photos", "a.svg")], {}, [{ pointer: "/photos/0", code: "file_extension" }]],
    [
      "an extension before another",
      [png("photos", "a.png.html")],
      {},
      [{ pointer: "/photos/0", code: "file_extension" }],
    ],
    ["nothing but an extension", [png("photos", ".png")], {}, [{ pointer: "/photos/0", code: "file_extension" }]],
    [
      "a wrong type and a wrong name",
      [other("hello", "image/png", "a")],
      {},
      [
        { pointer: "/photos/0", code: "file_type" },
        { pointer: "/photos/0", code: "file_extension" },
      ],
    ],
    [
      "each thing that is wrong",
      [png(), other("x"), { name: "b", content: "1" }],
      {},
      [
        { pointer: "/photos/1", code: "file_type" },
        { pointer: "/b", code: "unknown_key" },
      ],
    ],
    ["too many files", [png(), png(), png()], {}, [{ pointer: "/photos", code: "too_big" }]],
    ["a file in an unknown field", [png("other")], {}, [{ pointer: "/other", code: "unknown_key" }]],
    ["text in a field for files", [{ name: "photos", content: "x" }], {}, [{ pointer: "/photos", code: "type" }]],
    ["a file in a field for text", [png("title")], {}, [{ pointer: "/title", code: "type" }]],
    [
      "a field too often",
      [
        { name: "title", content: "1" },
        { name: "title", content: "2" },
      ],
      {},
      [{ pointer: "/title", code: "too_big" }],
    ],
    [
      "nothing in required fields",
      [],
      { files: { photos: { required: true } }, fields: { title: { required: true } } },
      [
        { pointer: "/photos", code: "required" },
        { pointer: "/title", code: "required" },
      ],
    ],
  ])("for %s", async (_what, parts, options, expected) => {
    for (const size of [3, 100_000]) {
      const problem = await problemOf(receive(parts, options, size))
      expect(problem).toMatchObject({ code: "HTTP_INVALID", status: 422, details: { errors: expected } })
      expect((problem.details as { errors: unknown[] }).errors).toHaveLength(expected.length)
      expect(stored()).toEqual([])
    }
  })

  test("with all of it gone that was stored before", async () => {
    const seen: string[][] = []
    const target = toFolder(folder)
    const watched: UploadTarget = {
      open: async (file) => {
        const writer = await target.open(file)
        seen.push(stored())
        return writer
      },
    }
    expect(await problemOf(receive([png(), png("photos", "b.svg")], { target: watched }))).toMatchObject({
      status: 422,
    })
    expect(seen).toEqual([[expect.stringMatching(/^\.incoming\/[0-9a-f-]{36}$/)]])
    expect(stored()).toEqual([])
  })

  test("for more bytes than a file or a field may have, before they are stored", async () => {
    const large = { ...png(), content: concat(PNG, new Uint8Array(989)) }
    for (const size of [50, 100_000]) {
      expect(await problemOf(receive([png(), large], {}, size))).toMatchObject({
        code: "HTTP_PART_TOO_LARGE",
        status: 413,
        details: { maxBytes: 1000, errors: [{ pointer: "/photos/1", code: "too_big" }] },
      })
      expect(stored()).toEqual([])
    }
    expect(await codeOf(() => receive([{ ...large, content: large.content.slice(0, 1000) }]))).toBe("none")
    expect(await codeOf(() => receive([{ name: "title", content: "x".repeat(21) }]))).toBe("HTTP_PART_TOO_LARGE")
    expect(await codeOf(() => receive([{ name: "title", content: "x".repeat(20) }]))).toBe("none")
  })

  test("for more parts than its rules allow, and some", async () => {
    const many = Array.from({ length: 14 }, () => ({ name: "photos", filename: "", content: "" }))
    expect(await codeOf(() => receive(many))).toBe("HTTP_PARTS_TOO_MANY")
    expect(await codeOf(() => receive(many, { maxParts: 14 }))).toBe("none")
  })

  test("after reading on for a while only, and for 50 things at most", async () => {
    const html = concat(headerOf({ name: "photos", filename: "a.png" }), "<html>")
    function* endless(): Generator<Uint8Array> {
      yield html
      for (;;) yield new Uint8Array(64 * 1024)
    }
    const ctx = contextOf(endless())
    const refused = receiveUploads(ctx, { target: toFolder(folder), ...RULES, maxDrainBytes: 1_000_000 })
    expect(await problemOf(refused)).toMatchObject({ code: "HTTP_INVALID" })
    expect([ctx.asked(), ctx.released()]).toEqual([18, true]) // the head of the file, and 16 chunks
    const many = Array.from({ length: 80 }, (_, n) => ({ name: `n${n}`, content: "" }))
    const problem = await problemOf(receive(many, { maxParts: 80 }))
    expect((problem.details as { errors: unknown[] }).errors).toHaveLength(50)
  })

  test.each<[string, Options]>([
    ["maxFiles", { files: { photos: { maxFiles: -1 } } }],
    ["maxFileBytes", { files: { photos: { maxFileBytes: 1.5 } } }],
    ["maxBytes", { fields: { a: { maxBytes: Number.NaN } } }],
    ["maxValues", { fields: { a: { maxValues: Number.POSITIVE_INFINITY } } }],
    ["maxDrainBytes", { maxDrainBytes: -1 }],
    ["maxFieldsBytes", { maxFieldsBytes: -1 }],
    ["maxBodyBytes", { maxBodyBytes: -1 }],
  ])("for a limit that is none: %s", async (name, options) => {
    expect(await problemOf(receive([], options))).toMatchObject({
      code: "HTTP_UPLOAD_MISUSED",
      message: expect.stringContaining(`\`${name}\``),
    })
  })
})

describe("a form that breaks off leaves nothing", () => {
  const whole = formOf({ name: "title", content: "x" }, png(), png())

  test("wherever it is cut, and whether its end is an error or only missing", async () => {
    for (let at = 0; at < whole.length - 2; at += 3) {
      const cut = new AshlarError("HTTP_BODY_INVALID", 400, "gone")
      const options = { target: toFolder(folder, { durable: false }), ...RULES }
      expect(await codeOf(() => receiveUploads(contextOf([whole.slice(0, at), cut]), options))).toBe(
        "HTTP_BODY_INVALID",
      )
      expect(await codeOf(() => receiveUploads(contextOf([whole.slice(0, at)]), options))).toMatch(/TRUNCATED|INVALID/)
    }
    expect(stored()).toEqual([])
  })

  test("when the target fails at any of its calls", async () => {
    for (const fails of ["open", "write", "end", "commit"] as const) {
      const target = toFolder(folder)
      let opened = 0
      const failing: UploadTarget = {
        async open(file) {
          const isSecond = opened++ === 1
          const defect = (): never => {
            throw new RangeError(fails)
          }
          if (isSecond && fails === "open") defect()
          const writer = await target.open(file)
          return {
            name: writer.name,
            write: (chunk) => (isSecond && fails === "write" ? defect() : writer.write(chunk)),
            end: () => (isSecond && fails === "end" ? defect() : writer.end()),
            commit: () => (isSecond && fails === "commit" ? defect() : writer.commit()),
            discard: () => writer.discard(),
          }
        },
      }
      expect(await codeOf(() => receive([png(), png()], { target: failing }))).toBe(`RangeError: ${fails}`)
      expect([opened, stored()]).toEqual([2, []])
    }
  })

  test("and when something cannot be removed, the app is told and the caller hears what was wrong with the form", async () => {
    const discarded: string[] = []
    const target: UploadTarget = {
      open: (file) => ({
        name: file.originalName,
        write: () => undefined,
        end: () => undefined,
        commit: () => ({}),
        discard: () => {
          discarded.push(file.originalName)
          if (file.originalName === "b.png") throw new RangeError("stuck")
        },
      }),
    }
    const ctx = contextOf([formOf(png("photos", "a.png"), png("photos", "b.png"), { name: "x", content: "" })])
    expect(await codeOf(() => receiveUploads(ctx, { target, ...RULES }))).toBe("HTTP_INVALID")
    expect(discarded).toEqual(["b.png", "a.png"])
    expect(ctx.deferred.map((told) => told)).toHaveLength(1)
    expect(() => ctx.deferred[0]!()).toThrow("stuck")
  })

  test("when the route's time is over in the middle of a file", async () => {
    const controller = new AbortController()
    function* body(): Generator<Uint8Array> {
      yield concat(headerOf(png()), PNG)
      yield new Uint8Array(10_000)
      controller.abort(new AshlarError("HTTP_TIMEOUT", 503, "late"))
      yield new Uint8Array(100)
      yield bytesOf(`\r\n--${BOUNDARY}--`)
    }
    const { signal } = controller
    const options = { target: toFolder(folder), files: { photos: {} } }
    const ctx = contextOf(body())
    const late = { ...ctx, signal, route: { timeoutMs: 5 } }
    expect(await codeOf(() => receiveUploads(late, options))).toBe("HTTP_TIMEOUT")
    expect([stored(), ctx.asked(), ctx.released()]).toEqual([[], 3, true])
    const file = { ...contextOf([PNG], null), signal, route: { timeoutMs: 5 } }
    expect(await codeOf(() => receiveFile(file, options))).toBe("HTTP_TIMEOUT")
    const without = { ...contextOf(body()), signal, route: { timeoutMs: undefined } }
    expect(await codeOf(() => receiveUploads(without, options))).toBe("none")
  })

  test("is kept waiting by a slow target, and nothing is read ahead", async () => {
    const ctx = contextOf([
      bytesOf(headerOf(png())),
      PNG,
      ...Array<Uint8Array>(3).fill(new Uint8Array(10_000).fill(1)),
      bytesOf(`\r\n--${BOUNDARY}--`),
    ])
    let writes = 0
    const target: UploadTarget = {
      open: () => ({
        name: "x",
        async write() {
          const before = ctx.asked()
          await Bun.sleep(3)
          expect(ctx.asked()).toBe(before)
          writes++
        },
        end: () => undefined,
        commit: () => ({}),
        discard: () => undefined,
      }),
    }
    await receiveUploads(ctx, { target, files: { photos: { maxFileBytes: 100_000 } } })
    expect(writes).toBeGreaterThanOrEqual(4)
  })
})

describe("a body that is one file", () => {
  const send = (content: string | Uint8Array, type: string | null, size = 5): ReturnType<typeof contextOf> =>
    contextOf(chunked(bytesOf(content), size), type)

  test("is stored by what it is", async () => {
    const file = await receiveFile(send(PNG, "application/octet-stream"), {
      target: toFolder(folder),
      types: ["image/png"],
      originalName: "../me.png",
    })
    expect(file).toMatchObject({
      type: "image/png",
      originalName: "me.png",
      sizeBytes: PNG.length,
      path: `${folder}/${file.name}`,
    })
    expect(stored()).toEqual([file.name])
    await file.discard()
    expect(stored()).toEqual([])
  })

  test.each<[string, string | Uint8Array, string | null, string]>([
    ["another type", "<html>", "image/png", "HTTP_INVALID"],
    ["a form", formOf(png()), `multipart/form-data; boundary=${BOUNDARY}`, "HTTP_UNSUPPORTED_MEDIA_TYPE"],
    ["a Content-Type that is none", PNG, "png", "HTTP_UNSUPPORTED_MEDIA_TYPE"],
    ["too many bytes", concat(PNG, new Uint8Array(100)), null, "HTTP_PART_TOO_LARGE"],
  ])("is refused for %s, and leaves nothing", async (_what, content, type, code) => {
    const options = { target: toFolder(folder), types: ["image/png"], maxFileBytes: 50 }
    expect(await codeOf(() => receiveFile(send(content, type), options))).toBe(code)
    expect(stored()).toEqual([])
  })

  test("leaves nothing when it breaks off", async () => {
    const ctx = contextOf([PNG, new Uint8Array(10_000), new AshlarError("HTTP_BODY_INVALID", 400, "gone")], null)
    expect(await codeOf(() => receiveFile(ctx, { target: toFolder(folder) }))).toBe("HTTP_BODY_INVALID")
    expect([stored(), ctx.limits]).toEqual([[], [10 * 2 ** 20]])
  })
})
