import { describe, expect, test } from "bun:test"
import { multipart } from "./multipart.ts"
import {
  BOUNDARY,
  bytesOf,
  chunked,
  codeOf,
  concat,
  contextOf,
  formOf,
  randomOf,
  type TestPart,
} from "./testing-form.ts"

/** What must hold of every form: what goes in comes out, however it is cut, and whatever is in it. */

async function readAll(
  ctx: ReturnType<typeof contextOf>,
): Promise<{ name: string; filename?: string; content: Uint8Array }[]> {
  const parts: { name: string; filename?: string; content: Uint8Array }[] = []
  for await (const { name, filename, ...part } of withContent(ctx)) {
    parts.push({ name, ...(filename !== undefined && { filename }), content: part.content })
  }
  return parts
}

async function* withContent(
  ctx: ReturnType<typeof contextOf>,
): AsyncGenerator<{ name: string; filename: string | undefined; content: Uint8Array }> {
  for await (const part of multipart(ctx)) {
    const chunks: Uint8Array[] = []
    for await (const chunk of part.chunks()) {
      expect(chunk.length).toBeGreaterThan(0)
      chunks.push(chunk)
    }
    yield { name: part.name, filename: part.filename, content: concat(...chunks) }
  }
}

/** Bytes that are most of a boundary, and all else that a parser may stumble over. */
const TEMPTING = [
  "\r",
  "\n",
  "\r\n",
  "\r\r\n",
  "-",
  "--",
  "\r\n-",
  "\r\n--",
  `\r\n--${BOUNDARY.slice(0, 4)}`,
  `\r\n--${BOUNDARY.slice(0, -1)}`,
  `--${BOUNDARY}`,
  "\r\n\r\n",
  "\0",
  "Content-Disposition: form-data",
]

function content(random: (n: number) => number): Uint8Array {
  const pieces = Array.from({ length: random(12) }, () =>
    random(3) === 0
      ? Uint8Array.from({ length: random(40) }, () => random(256))
      : bytesOf(TEMPTING[random(TEMPTING.length)]!),
  )
  const made = concat(...pieces)
  // The one thing that no content may hold: its own boundary at the start of a line, and a content's start is one.
  const text = Buffer.from(made).toString("latin1")
  return text.includes(`\r\n--${BOUNDARY}`) || text.startsWith(`--${BOUNDARY}`) ? content(random) : made
}

describe("for any form", () => {
  test("what goes in comes out, however it is cut", async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = randomOf(seed)
      const parts: TestPart[] = Array.from({ length: 1 + random(5) }, (_, index) => ({
        name: `n${index}`,
        ...(random(2) === 0 && { filename: `f${index}` }),
        content: content(random),
      }))
      const body = formOf(...parts)
      const chunks: Uint8Array[] = []
      for (let at = 0; at < body.length; ) {
        const size = 1 + random(random(2) === 0 ? 4 : 200)
        chunks.push(body.slice(at, at + size))
        at += size
      }
      expect(await readAll(contextOf(chunks))).toEqual(
        parts.map((part) => ({ ...part, content: bytesOf(part.content) })),
      )
    }
  })

  test("what goes in comes out of chunks of any size, of which some end in a boundary and some in a long header", async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = randomOf(seed)
      const parts: TestPart[] = Array.from({ length: 1 + random(4) }, (_, index) => ({
        name: `n${index}`.padEnd(random(3) === 0 ? random(4000) : 0, "x"),
        ...(random(2) === 0 && { filename: "f" }),
        content: concat(content(random), "y".repeat(random(5000)), "\r\n-", content(random)),
      }))
      const body = formOf(...parts)
      const chunks: Uint8Array[] = []
      for (let at = 0; at < body.length; ) {
        const ends = [body.indexOf(13, at) + 1 + random(3), at + 1 + random(6000)]
        const end = Math.max(at + 1, ends[random(2)]!)
        chunks.push(body.slice(at, end))
        at = end
      }
      expect(await readAll(contextOf(chunks))).toEqual(
        parts.map((part) => ({ ...part, content: bytesOf(part.content) })),
      )
    }
  })

  test("that was damaged, the answer is a part or a coded error, and never a hang or a defect", async () => {
    const body = formOf(
      { name: "a", content: "1" },
      { name: "b", filename: "f", type: "image/png", content: "\r\n--x" },
    )
    const codes = new Set<string>()
    for (let seed = 1; seed <= 1500; seed++) {
      const random = randomOf(seed)
      const damaged = body.slice(0, random(3) === 0 ? random(body.length) : body.length)
      for (let count = random(4); count > 0 && damaged.length > 0; count--)
        damaged[random(damaged.length)] = random(256)
      codes.add(await codeOf(() => readAll(contextOf(chunked(damaged, 1 + random(50))))))
    }
    expect([...codes].sort()).toEqual(["HTTP_MULTIPART_INVALID", "HTTP_MULTIPART_TRUNCATED", "none"])
  })

  test("noise is refused", async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = randomOf(seed)
      const noise = Uint8Array.from({ length: 2000 }, () => random(256))
      expect(await codeOf(() => readAll(contextOf(chunked(noise, 100))))).toMatch(
        /^HTTP_MULTIPART_(?:INVALID|TRUNCATED)$/,
      )
    }
  })
})

describe("beside the runtime's own reader", () => {
  // No quotes and line breaks: Bun escapes them in names as browsers do, and does not undo that when it reads.
  const NAMES = ["a", "ä ö", "with space", "per%cent", "a;b", "a=b", "back\\slash", "日本", "💾", "'", "a,b", "<x>"]

  test("forms come out the same", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomOf(seed)
      const form = new FormData()
      for (let count = random(6); count >= 0; count--) {
        const name = NAMES[random(NAMES.length)]!
        if (random(2) === 0) form.append(name, `text ${random(1000)} ünï ${NAMES[random(NAMES.length)]}`)
        else {
          const bytes = Uint8Array.from({ length: random(3000) }, () => random(256))
          form.append(name, new File([bytes], NAMES[random(NAMES.length)]!, { type: "image/png" }))
        }
      }
      const request = new Request("http://localhost/", { method: "POST", body: form })
      const type = request.headers.get("content-type")
      const body = await request.bytes()
      const theirs = await new Response(body, { headers: { "content-type": type! } }).formData()
      const expected: unknown[] = []
      for (const [name, value] of theirs) {
        if (typeof value === "string") expected.push({ name, content: bytesOf(value) })
        else expected.push({ name, filename: value.name, content: await value.bytes() })
      }
      expect(await readAll(contextOf(chunked(body, 1 + random(500)), type))).toEqual(expected as never)
    }
  })
})
