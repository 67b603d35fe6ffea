import { describe, expect, test } from "bun:test"
import { AshlarError } from "@ashlar/core"
import { type MultipartLimits, multipart } from "./multipart.ts"
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
  TYPE,
} from "./testing-form.ts"

const PARTS: readonly TestPart[] = [
  { name: "title", content: "Ünïcode ✓" },
  { name: "empty", content: "" },
  {
    name: "photo",
    filename: "a.png",
    type: "image/png",
    content: Uint8Array.of(0x89, 0x50, 0, 13, 10, 13, 10, 45, 45, 255),
  },
  { name: "title", content: `\r\n--${BOUNDARY.slice(0, -1)}X\r\n` },
]

async function read(
  body: Uint8Array,
  size = body.length,
  limits: MultipartLimits = {},
  type = TYPE,
): Promise<TestPart[]> {
  const parts: TestPart[] = []
  for await (const part of multipart(contextOf(chunked(body, size), type), limits)) {
    const { name, filename, type } = part
    parts.push({ name, ...(filename !== undefined && { filename }), type, content: await part.bytes() })
  }
  return parts
}

const sent = PARTS.map((part) => ({ type: "text/plain", ...part, content: bytesOf(part.content) }))

describe("a form", () => {
  test("is read whole, wherever its chunks are split", async () => {
    const body = concat("preamble\r\n", formOf(...PARTS), "epilogue")
    for (let at = 1; at < body.length; at++) {
      const parts: TestPart[] = []
      for await (const part of multipart(contextOf([body.slice(0, at), new Uint8Array(0), body.slice(at)]))) {
        const { name, filename, type } = part
        parts.push({ name, ...(filename !== undefined && { filename }), type, content: await part.bytes() })
      }
      expect(parts).toEqual(sent)
    }
  })

  test.each([1, 2, 3, 7, 64])("is read in chunks of %p bytes", async (size) => {
    expect(await read(formOf(...PARTS), size)).toEqual(sent)
  })

  test.each<[string, string]>([
    [
      "no line end after the last boundary",
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--${BOUNDARY}--`,
    ],
    [
      "blanks behind the boundaries",
      `--${BOUNDARY} \t\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--${BOUNDARY}--\t `,
    ],
    [
      "blanks and a line end after the last",
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--${BOUNDARY}-- \r\n`,
    ],
    [
      "lines before and after",
      `hello\r\nworld\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--${BOUNDARY}--\r\nbye`,
    ],
    [
      "other headers, and any case",
      `--${BOUNDARY}\r\nX-Y: z\r\ncontent-disposition:Form-Data;NAME=a \r\n\r\n1\r\n--${BOUNDARY}--`,
    ],
  ])("with %s is read", async (_what, body) => {
    for (const size of [1, body.length]) {
      const parts = await read(bytesOf(body), size)
      expect(parts).toEqual([{ name: "a", type: "text/plain", content: bytesOf("1") }])
    }
  })

  test("may have no parts, and parts may have no content and not even an empty line", async () => {
    expect(await read(bytesOf(`--${BOUNDARY}--`))).toEqual([])
    const body = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n--${BOUNDARY}--`
    for (const size of [1, 5, body.length]) {
      expect((await read(bytesOf(body), size)).map(({ content }) => content)).toEqual([bytesOf(""), bytesOf("2")])
    }
  })

  test.each<[string, string]>([
    ['multipart/form-data; boundary="with space"', "with space"],
    ['Multipart/Form-Data;charset=utf-8;boundary="a:b=c?d"', "a:b=c?d"],
    [`multipart/form-data; boundary=${"b".repeat(70)}`, "b".repeat(70)],
    ['multipart/form-data; boundary="\\a\\b"; ', "ab"],
  ])("is found by %p", async (type, boundary) => {
    const body = `--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--${boundary}--\r\n`
    expect(await read(bytesOf(body), 1, {}, type)).toHaveLength(1)
  })

  test("gives names as browsers write them, and takes none of them for anything but data", async () => {
    const name = "%22a%22 %0D%0a %41 %"
    const [part] = await read(formOf({ name, filename: "../..\\C:\0%22.png".replace("\0", ""), content: "" }))
    expect(part).toMatchObject({ name: '"a" \r\n %41 %', filename: '../..\\C:".png' })
    const poisoned = await read(formOf({ name: "__proto__", content: "1" }, { name: "constructor", content: "2" }))
    expect(poisoned.map((one) => one.name)).toEqual(["__proto__", "constructor"])
  })

  test("gives the headers of a part in a record without a prototype", async () => {
    const body = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"; filename="x"; filename*=UTF-8''y\r\n__proto__: 1\r\nX-Note:  two words \r\n\r\n\r\n--${BOUNDARY}--`
    for await (const part of multipart(contextOf([bytesOf(body)]))) {
      expect(Object.getPrototypeOf(Object.getPrototypeOf(part.headers))).toBeNull()
      expect(Object.entries(part.headers).slice(1)).toEqual([
        ["__proto__", "1"],
        ["x-note", "two words"],
      ])
      expect([part.filename, part.type]).toEqual(["x", "application/octet-stream"])
      expect("toString" in part.headers).toBe(false)
    }
  })
})

const disposition = 'Content-Disposition: form-data; name="a"'
const one = (headers: string, content = "1"): string =>
  `--${BOUNDARY}\r\n${headers}\r\n\r\n${content}\r\n--${BOUNDARY}--\r\n`

describe("a form is refused", () => {
  test.each<[string, string | null, string]>([
    ["no Content-Type", null, "HTTP_UNSUPPORTED_MEDIA_TYPE"],
    ["JSON", "application/json", "HTTP_UNSUPPORTED_MEDIA_TYPE"],
    ["another multipart", `multipart/mixed; boundary=${BOUNDARY}`, "HTTP_UNSUPPORTED_MEDIA_TYPE"],
    ["a longer type", `multipart/form-dataX; boundary=${BOUNDARY}`, "HTTP_UNSUPPORTED_MEDIA_TYPE"],
    ["no boundary", "multipart/form-data", "HTTP_MULTIPART_INVALID"],
    ["an empty boundary", 'multipart/form-data; boundary=""', "HTTP_MULTIPART_INVALID"],
    ["a boundary of 71 characters", `multipart/form-data; boundary=${"b".repeat(71)}`, "HTTP_MULTIPART_INVALID"],
    ["a boundary with a blank at its end", 'multipart/form-data; boundary="b "', "HTTP_MULTIPART_INVALID"],
    ["a boundary with another character", 'multipart/form-data; boundary="b*"', "HTTP_MULTIPART_INVALID"],
    ["two boundaries", "multipart/form-data; boundary=a; boundary=b", "HTTP_MULTIPART_INVALID"],
    [
      "two types",
      `multipart/form-data; boundary=${BOUNDARY}, multipart/form-data; boundary=x`,
      "HTTP_MULTIPART_INVALID",
    ],
    ["an open quote", 'multipart/form-data; boundary="b', "HTTP_MULTIPART_INVALID"],
    ["blanks around =", `multipart/form-data; boundary = ${BOUNDARY}`, "HTTP_MULTIPART_INVALID"],
  ])("for %s", async (_what, type, code) => {
    const ctx = contextOf([formOf(...PARTS)], type)
    expect(await codeOf(() => multipart(ctx).next())).toBe(code)
    expect(ctx.asked()).toBe(0)
  })

  test.each<[string, string, string]>([
    ["nothing at all", "", "HTTP_MULTIPART_TRUNCATED"],
    ["no boundary in it", "a=1&b=2", "HTTP_MULTIPART_TRUNCATED"],
    ["an end in the headers", `--${BOUNDARY}\r\n${disposition}`, "HTTP_MULTIPART_TRUNCATED"],
    ["an end in the content", `--${BOUNDARY}\r\n${disposition}\r\n\r\n1`, "HTTP_MULTIPART_TRUNCATED"],
    ["an end in a boundary", one(disposition).slice(0, -6), "HTTP_MULTIPART_TRUNCATED"],
    ["an end after a boundary that is not the last", one(disposition).slice(0, -4), "HTTP_MULTIPART_TRUNCATED"],
    ["half of the last boundary's end", one(disposition).slice(0, -3), "HTTP_MULTIPART_TRUNCATED"],
    [
      "a boundary that goes on",
      one(disposition).replace(`\r\n--${BOUNDARY}--`, `\r\n--${BOUNDARY}X--`),
      "HTTP_MULTIPART_INVALID",
    ],
    ["a last boundary that goes on", `${one(disposition).trimEnd()}X\r\n`, "HTTP_MULTIPART_INVALID"],
    ["bare line feeds", one(disposition).replaceAll("\r\n", "\n"), "HTTP_MULTIPART_INVALID"],
    ["a bare line feed behind a boundary", one(disposition).replace("\r\n", "\n"), "HTTP_MULTIPART_INVALID"],
    ["no headers", one(""), "HTTP_MULTIPART_INVALID"],
    ["no Content-Disposition", one("Content-Type: text/plain"), "HTTP_MULTIPART_INVALID"],
    ["another disposition", one('Content-Disposition: attachment; name="a"'), "HTTP_MULTIPART_INVALID"],
    ["no name", one('Content-Disposition: form-data; filename="a"'), "HTTP_MULTIPART_INVALID"],
    ["two names", one('Content-Disposition: form-data; name="a"; name="b"'), "HTTP_MULTIPART_INVALID"],
    ["two file names", one(`${disposition}; filename="a"; filename="b"`), "HTTP_MULTIPART_INVALID"],
    ["two dispositions", one(`${disposition}\r\n${disposition}`), "HTTP_MULTIPART_INVALID"],
    ["filename* alone", one(`${disposition}; filename*=UTF-8''x`), "HTTP_MULTIPART_INVALID"],
    ["a quote inside a name", one('Content-Disposition: form-data; name="a\\"b"'), "HTTP_MULTIPART_INVALID"],
    ["an open quote", one('Content-Disposition: form-data; name="a'), "HTTP_MULTIPART_INVALID"],
    ["a folded header", one(`${disposition};\r\n filename="x"`), "HTTP_MULTIPART_INVALID"],
    ["a line without a colon", one(`${disposition}\r\nnonsense`), "HTTP_MULTIPART_INVALID"],
    ["a blank before the colon", one(`${disposition}\r\nX-Y : z`), "HTTP_MULTIPART_INVALID"],
    ["NUL in a name", one('Content-Disposition: form-data; name="a\0"'), "HTTP_MULTIPART_INVALID"],
    ["a bare CR in a header", one(`${disposition}\r\nX-Y: a\rb`), "HTTP_MULTIPART_INVALID"],
    ["a bare LF in a header", one(`${disposition}\r\nX-Y: a\nb`), "HTTP_MULTIPART_INVALID"],
    ["base64", one(`${disposition}\r\nContent-Transfer-Encoding: base64`), "HTTP_MULTIPART_INVALID"],
    [
      "text in another charset",
      one(`${disposition}\r\nContent-Type: text/plain; charset=utf-16`),
      "HTTP_MULTIPART_INVALID",
    ],
    ["a Content-Type that is none", one(`${disposition}\r\nContent-Type: text`), "HTTP_MULTIPART_INVALID"],
  ])("with %s", async (_what, body, code) => {
    for (const size of [1, Math.max(1, body.length)]) {
      expect(await codeOf(() => read(bytesOf(body), size))).toBe(code)
    }
  })

  test("with bytes that are not UTF-8, in a name and in text", async () => {
    const name = concat(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="`, Uint8Array.of(0xff), '"\r\n\r\n')
    expect(await codeOf(() => read(concat(name, "1\r\n", `--${BOUNDARY}--`)))).toBe("HTTP_MULTIPART_INVALID")
    const text = formOf({ name: "a", content: Uint8Array.of(0xc3, 0x28) })
    for await (const part of multipart(contextOf([text]))) {
      expect(await codeOf(() => part.text())).toBe("HTTP_MULTIPART_INVALID")
    }
  })
})

describe("a limit", () => {
  const long = formOf({ name: "a".repeat(200), content: "1" })
  const ten = formOf(...Array.from({ length: 10 }, (_, n) => ({ name: `f${n}`, content: "x".repeat(50) })))

  test.each<[string, Uint8Array, MultipartLimits, string]>([
    ["of parts", ten, { maxParts: 9 }, "HTTP_PARTS_TOO_MANY"],
    ["of parts, just kept", ten, { maxParts: 10 }, "none"],
    ["of headers", long, { maxHeaderBytes: 238 }, "HTTP_PART_HEADERS_TOO_LARGE"],
    ["of headers, just kept", long, { maxHeaderBytes: 239 }, "none"],
    ["of the preamble", concat("x".repeat(11), "\r\n", ten), { maxPaddingBytes: 10 }, "HTTP_MULTIPART_INVALID"],
    ["of the preamble, just kept", concat("x".repeat(10), "\r\n", ten), { maxPaddingBytes: 10 }, "none"],
    ["of the epilogue", concat(ten, "x".repeat(11)), { maxPaddingBytes: 10 }, "HTTP_MULTIPART_INVALID"],
    ["of the epilogue, just kept", concat(ten, "x".repeat(10)), { maxPaddingBytes: 10 }, "none"],
    [
      "of blanks in a boundary's line",
      concat(`--${BOUNDARY}${" ".repeat(11)}`),
      { maxPaddingBytes: 10 },
      "HTTP_MULTIPART_INVALID",
    ],
    ["that is none", ten, { maxParts: -1 }, "HTTP_UPLOAD_MISUSED"],
    ["that is no number", ten, { maxHeaderBytes: Number.NaN }, "HTTP_UPLOAD_MISUSED"],
  ])("%s", async (_what, body, limits, code) => {
    for (const size of [1, 13, body.length]) expect(await codeOf(() => read(body, size, limits))).toBe(code)
  })

  test("of headers ends a header that never ends, and tells the limit", async () => {
    function* endless(): Generator<Uint8Array> {
      yield bytesOf(`--${BOUNDARY}\r\nX: `)
      for (;;) yield new Uint8Array(1000).fill(97)
    }
    const ctx = contextOf(endless())
    const error = await multipart(ctx, { maxHeaderBytes: 5000 })
      .next()
      .catch((thrown: unknown) => thrown)
    expect((error as AshlarError).report()).toMatchObject({ status: 413, details: { maxHeaderBytes: 5000 } })
    expect(ctx.asked()).toBeLessThan(10)
    expect(ctx.released()).toBe(true)
  })

  test("of a part's content is told with the part's place", async () => {
    for await (const part of multipart(contextOf([formOf({ name: "a/b", content: "x".repeat(11) })]))) {
      const error = await part.text({ maxBytes: 10 }).catch((thrown: unknown) => thrown)
      expect((error as AshlarError).report()).toEqual({
        code: "HTTP_PART_TOO_LARGE",
        status: 413,
        message: "body/a~1b: Expected at most 10 bytes, got more.",
        details: {
          maxBytes: 10,
          errors: [{ in: "body", pointer: "/a~1b", code: "too_big", message: "Expected at most 10 bytes, got more." }],
        },
      })
    }
  })

  test("of the whole body is the source's to keep", async () => {
    const ctx = contextOf([ten])
    for await (const part of multipart(ctx, { maxBodyBytes: 12345 }))
      expect(await part.text({ maxBytes: 50 })).toHaveLength(50)
    expect(ctx.limits).toEqual([12345])
  })
})

describe("a part", () => {
  const big = new Uint8Array(64 * 1024).fill(120)
  const pieces = [bytesOf(headerOf({ name: "f", filename: "f" })), big, big, big, bytesOf(`\r\n--${BOUNDARY}--`)]

  test("is read only as far as somebody reads it", async () => {
    const ctx = contextOf(pieces)
    const form = multipart(ctx)
    expect(ctx.asked()).toBe(0)
    const { value: part } = await form.next()
    expect(ctx.asked()).toBe(1)
    let given = 0
    for await (const chunk of part!.chunks()) {
      await Bun.sleep(2)
      given += chunk.length
      // The chunk that this is of was asked for, and none after it.
      expect(ctx.asked()).toBe(1 + Math.ceil(given / big.length))
    }
    expect(given).toBe(3 * big.length)
  })

  test("is read only as far as its stream is read", async () => {
    const ctx = contextOf(pieces)
    for await (const part of multipart(ctx)) {
      const reader = part.stream().getReader()
      await Bun.sleep(5)
      expect(ctx.asked()).toBe(1)
      expect((await reader.read()).value!.length).toBeGreaterThan(0)
      await Bun.sleep(5)
      expect(ctx.asked()).toBe(2)
      await reader.cancel()
    }
    expect([ctx.asked(), ctx.released()]).toEqual([pieces.length, false])
  })

  test("gives out views of what came, not copies", async () => {
    for await (const part of multipart(contextOf(pieces))) {
      let copied = 0
      for await (const chunk of part.chunks()) if (chunk.buffer !== big.buffer) copied += chunk.length
      // Only where the content follows the end of a chunk are its first bytes joined with what was left of that.
      expect(copied).toBe(1024)
    }
  })

  test("is passed over when nobody reads it, or not to its end", async () => {
    const names: string[] = []
    for await (const part of multipart(contextOf(chunked(formOf(...PARTS, ...PARTS), 10)))) {
      names.push(part.name)
      if (names.length % 2 === 0) for await (const _chunk of part.chunks()) break
    }
    expect(names).toEqual([...PARTS, ...PARTS].map(({ name }) => name))
  })

  test("cannot be read twice, late, or while it is being read", async () => {
    const form = multipart(contextOf(chunked(formOf(...PARTS), 5)))
    const first = (await form.next()).value!
    expect(await first.text()).toBe("Ünïcode ✓")
    expect(await codeOf(() => first.text())).toBe("HTTP_UPLOAD_MISUSED")
    const second = (await form.next()).value!
    const third = (await form.next()).value!
    expect(await codeOf(() => second.bytes())).toBe("HTTP_UPLOAD_MISUSED")
    const reading = third.bytes()
    expect(await codeOf(() => form.next())).toBe("HTTP_UPLOAD_MISUSED")
    await codeOf(() => reading)
  })

  test("lets its source go when nobody reads on", async () => {
    const ctx = contextOf(pieces)
    for await (const _part of multipart(ctx)) break
    expect([ctx.asked(), ctx.released()]).toEqual([1, true])
  })

  test("passes on the error that its body ends with", async () => {
    const cut = new AshlarError("HTTP_BODY_INVALID", 400, "gone")
    const ctx = contextOf([pieces[0]!, big, cut])
    let given = 0
    const run = async (): Promise<void> => {
      for await (const part of multipart(ctx)) for await (const chunk of part.chunks()) given += chunk.length
    }
    expect(await codeOf(run)).toBe("HTTP_BODY_INVALID")
    expect(given).toBe(big.length)
  })
})
