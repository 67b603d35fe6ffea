import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { contentDisposition, contentTypeOf } from "@ashlar/core/files"
import { type BaseContext, createApp } from "../index.ts"
import { FileCache, type FoundFile } from "./file-cache.ts"
import type { FileOptions } from "./file-settings.ts"
import { type ByteRange, parseRanges } from "./ranges.ts"
import { safePath } from "./safe-path.ts"
import { serveFile } from "./serve-file.ts"
import { type FolderOptions, serveFolder } from "./serve-folder.ts"

describe("a Range header", () => {
  const range = (start: number, end: number): ByteRange => ({ start, end })
  const rows: [string, string, readonly ByteRange[] | undefined][] = [
    ["the first bytes", "bytes=0-9", [range(0, 10)]],
    ["the rest", "bytes=90-", [range(90, 100)]],
    ["the last bytes", "bytes=-10", [range(90, 100)]],
    ["more than all of the last", "bytes=-1000", [range(0, 100)]],
    ["one byte", "bytes=0-0", [range(0, 1)]],
    ["beyond the end", "bytes=90-1000", [range(90, 100)]],
    ["a number that is too large to count", "bytes=5-99999999999999999999", [range(5, 100)]],
    ["a number that no memory could count", `bytes=5-${"9".repeat(400)}`, [range(5, 100)]],
    ["what stands between empty members", "bytes=,0-1, ,4-5", [range(0, 2), range(4, 6)]],
    ["its unit in capitals", "BYTES=0-9", [range(0, 10)]],
    ["several, in the caller's order", "bytes=50-59, 0-9,-5", [range(50, 60), range(0, 10), range(95, 100)]],
    ["those of several that lie in the body", "bytes=200-300,0-9", [range(0, 10)]],
    ["one where several overlap", "bytes=0-9,5-19,20-29", [range(0, 30)]],
    ["one where the same is asked again and again", "bytes=0-,0-,0-,0-", [range(0, 100)]],
    ["nothing after the end", "bytes=100-", []],
    ["no last bytes", "bytes=-0", []],
    ["nothing where none lies in the body", "bytes=100-,200-300", []],
    ["another unit", "lines=0-9", undefined],
    ["no range", "bytes=", undefined],
    ["nothing but empty members", "bytes=, ,", undefined],
    ["a lone dash", "bytes=-", undefined],
    ["an end before its start", "bytes=9-0", undefined],
    ["a sign", "bytes=+1-2", undefined],
    ["hexadecimal", "bytes=0x1-2", undefined],
    ["a fraction", "bytes=0.5-2", undefined],
    ["one malformed of several", "bytes=0-9,x", undefined],
    ["a space inside", "bytes=0 - 9", undefined],
    ["more than the limit", "bytes=0-0,2-2,4-4,6-6,8-8", undefined],
  ]
  test.each(rows)("asks for %s", (_what, header, expected) => {
    expect(parseRanges(header, 100, 4)).toEqual(expected as never)
  })
  test("asks for nothing of an empty body", () => {
    expect(parseRanges("bytes=0-", 0, 4)).toEqual([])
    expect(parseRanges("bytes=-1", 0, 4)).toEqual([])
  })
  test("never asks for more than the body, whatever it says", () => {
    let seed = 11
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed % below
    }
    for (let round = 0; round < 5000; round++) {
      const size = random(50)
      const specs = Array.from({ length: 1 + random(5) }, () => {
        const [a, b] = [random(60), random(60)]
        return [`${a}-${b}`, `${a}-`, `-${a}`][random(3)]
      })
      const ranges = parseRanges(`bytes=${specs.join(",")}`, size, 16)
      if (ranges === undefined) continue
      const seen = new Set<number>()
      for (const { start, end } of ranges) {
        expect(start >= 0 && start < end && end <= size).toBe(true)
        for (let at = start; at < end; at++) {
          expect(seen.has(at)).toBe(false)
          seen.add(at)
        }
      }
    }
  })
})

describe("a path below a folder", () => {
  const posix = { dotfiles: false, isWindows: false }
  const good: [string, string][] = [
    ["a.txt", "a.txt"],
    ["a/b/c.txt", "a/b/c.txt"],
    ["a/", "a"],
    ["", ""],
    ["a..b", "a..b"],
    ["é ✓.txt", "é ✓.txt"],
    ["%2e%2e", "%2e%2e"],
    ["aux.js", "aux.js"],
    ["a:b", "a:b"],
  ]
  test.each(good)("may be %p", (given, path) => expect(safePath(given, posix)).toBe(path))
  const bad = [
    "..",
    "../a",
    "a/../b",
    "a/..",
    "./a",
    "a/.",
    "/",
    "/etc/passwd",
    "a//b",
    "//a",
    "a\\..\\b",
    "..\\a",
    "a\0.txt",
  ]
  const hidden = [".env", "a/.git/config", "..a", ".", "a/...", "x".repeat(4097)]
  test.each([...bad, ...hidden])("may not be %p", (path) => expect(safePath(path, posix)).toBeUndefined())
  test("may have a dot in front where that is said", () => {
    expect(safePath(".env", { ...posix, dotfiles: true })).toBe(".env")
    expect(safePath("../a", { ...posix, dotfiles: true })).toBeUndefined()
    expect(safePath(".well-known/x", { ...posix, dotfiles: [".well-known"] })).toBe(".well-known/x")
    expect(safePath(".env", { ...posix, dotfiles: [".well-known"] })).toBeUndefined()
    expect(safePath("..", { ...posix, dotfiles: [".."] })).toBeUndefined()
  })
  test.each([
    "CON",
    "nul",
    "a/aux.txt",
    "com1",
    "LPT9.log",
    "com¹",
    "conin$",
    "a.",
    "a ",
    "c:a",
    "a:stream",
    "a*b",
    'a"b',
    "a|b",
    "a?b",
  ])("may not be %p on Windows", (path) => expect(safePath(path, { ...posix, isWindows: true })).toBeUndefined())
  test.each(["console", "nulled.txt", "com10", "a.b", "aux_"])("may be %p on Windows", (path) =>
    expect(safePath(path, { ...posix, isWindows: true })).toBe(path),
  )
})

describe("Content-Disposition", () => {
  const rows: [string, string][] = [
    ["report.pdf", 'attachment; filename="report.pdf"'],
    ["Übersicht 2026.pdf", "attachment; filename=\"_bersicht 2026.pdf\"; filename*=UTF-8''%C3%9Cbersicht%202026.pdf"],
    ['a"b.txt', "attachment; filename=\"a_b.txt\"; filename*=UTF-8''a%22b.txt"],
    ["100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"],
    ["it's (1)*.txt", 'attachment; filename="it\'s (1)*.txt"'],
    ["ü'()*.txt", "attachment; filename=\"_'()*.txt\"; filename*=UTF-8''%C3%BC%27%28%29%2A.txt"],
    ["../../etc/passwd", 'attachment; filename=".._.._etc_passwd"'],
    ["..\\evil.exe", 'attachment; filename=".._evil.exe"'],
    ["a\r\nSet-Cookie: x=1", 'attachment; filename="a__Set-Cookie: x=1"'],
    ["\ud800.txt", "attachment; filename=\"_.txt\"; filename*=UTF-8''%EF%BF%BD.txt"],
    ["🙂.png", "attachment; filename=\"__.png\"; filename*=UTF-8''%F0%9F%99%82.png"],
  ]
  test.each(rows)("names %p", (name, header) => {
    expect(contentDisposition(name)).toBe(header)
    expect(contentDisposition(name, "inline")).toBe(header.replace("attachment", "inline"))
    expect(header).toMatch(/^[\x20-\x7e]+$/)
  })
})

test.each([
  ["a.html", "text/html;charset=utf-8"],
  ["A.JPG", "image/jpeg"],
  ["a.b.css", "text/css;charset=utf-8"],
  ["a", "application/octet-stream"],
  ["a.", "application/octet-stream"],
  ["a.constructor", "application/octet-stream"],
  ["a.__proto__", "application/octet-stream"],
])("the type of %s is %s", (name, type) => expect(contentTypeOf(name)).toBe(type))

describe("what is known of files", () => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "ashlar-cache-"))
    for (let at = 0; at < 20; at++) writeFileSync(join(folder, `f${at}`), "x".repeat(100))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  /** How often a file was looked for. */
  const counting = (): { looks: () => number; find: (cache: FileCache, name: string) => Promise<FoundFile> } => {
    let looks = 0
    return {
      looks: () => looks,
      find: async (cache, name) =>
        (await cache.find(name, false, async () => {
          looks++
          return join(folder, name)
        })) as FoundFile,
    }
  }

  test("is believed for its time, and no longer", async () => {
    const { looks, find } = counting()
    const cache = new FileCache({ ttlMs: 40 })
    const first = await find(cache, "f0")
    expect(await find(cache, "f0")).toBe(first)
    expect(looks()).toBe(1)
    await Bun.sleep(50)
    const second = await find(cache, "f0")
    expect([looks(), second.bytes === first.bytes]).toEqual([2, true])
    writeFileSync(join(folder, "f0"), "y".repeat(50))
    await Bun.sleep(50)
    expect((await find(cache, "f0")).size).toBe(50)
  })
  test("is read from another file that came under the same name with the same size and time", async () => {
    const cache = new FileCache({ ttlMs: 1 })
    const { find } = counting()
    const path = join(folder, "swapped")
    writeFileSync(path, "old")
    utimesSync(path, 1000, 1000)
    expect(new TextDecoder().decode((await find(cache, "swapped")).bytes)).toBe("old")
    const other = join(folder, "other")
    writeFileSync(other, "new")
    utimesSync(other, 1000, 1000)
    renameSync(other, path)
    await Bun.sleep(5)
    expect(new TextDecoder().decode((await find(cache, "swapped")).bytes)).toBe("new")
  })
  test("is asked once, however many ask at the same time", async () => {
    const { looks, find } = counting()
    const cache = new FileCache({})
    await Promise.all(Array.from({ length: 50 }, () => find(cache, "f1")))
    expect(looks()).toBe(1)
  })
  test("is bounded in files and in bytes", async () => {
    const { looks, find } = counting()
    const cache = new FileCache({ maxFiles: 5 })
    for (let at = 0; at < 20; at++) await find(cache, `f${at}`)
    await find(cache, "f19")
    expect(looks()).toBe(20)
    await find(cache, "f1")
    expect(looks()).toBe(21)
    const small = new FileCache({ maxBytes: 250 })
    const again = counting()
    for (const name of ["f1", "f2", "f3", "f2", "f3", "f1"]) await again.find(small, name)
    expect(again.looks()).toBe(4)
  })
  test("holds no bytes of large files, and nothing at all without time", async () => {
    const { looks, find } = counting()
    expect((await find(new FileCache({ maxFileBytes: 99 }), "f1")).bytes).toBeUndefined()
    const none = new FileCache({ ttlMs: 0 })
    await find(none, "f1")
    await find(none, "f1")
    expect(looks()).toBe(3)
  })
  test("is not what is not there", async () => {
    const cache = new FileCache({ ttlMs: 60_000 })
    let looks = 0
    const missing = (): Promise<unknown> =>
      Promise.resolve(cache.find("none", false, async () => join(folder, `none${looks++}`)))
    expect([await missing(), await missing(), looks]).toEqual([undefined, undefined, 2])
    const trouble = cache.find("bad", false, async () => {
      throw Object.assign(new TypeError("too many open files"), { code: "EMFILE" })
    })
    expect(trouble).rejects.toMatchObject({ code: "EMFILE" })
  })
})

describe("files of an app", () => {
  let folder = ""
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "ashlar-files-"))
    mkdirSync(join(folder, "public"))
    writeFileSync(join(folder, "public", "a.txt"), "hello")
    symlinkSync(join(folder, "public"), join(folder, "linked"))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  async function ask(handler: (ctx: BaseContext) => unknown, path = "/a.txt", route = "/*path"): Promise<unknown[]> {
    const codes: unknown[] = []
    const app = createApp({ onError: (error) => void codes.push((error as { code?: string }).code) })
    app.get(route, (ctx) => handler(ctx))
    const response = await app.fetch(new Request(`http://x${path}`))
    return [response.status, ...codes]
  }

  test("may be in a folder that is itself a link", async () => {
    expect(await ask(serveFolder(join(folder, "linked")))).toEqual([200])
  })
  test("are an error of the server where the folder is missing, until it is there", async () => {
    const handler = serveFolder(join(folder, "later"))
    expect(await ask(handler)).toEqual([500, "HTTP_FILES_INVALID"])
    mkdirSync(join(folder, "later"))
    writeFileSync(join(folder, "later", "a.txt"), "now")
    expect(await ask(handler)).toEqual([200])
  })
  test("need a route that gives their path", async () => {
    expect(await ask(serveFolder(folder), "/x", "/x")).toEqual([500, "HTTP_FILES_INVALID"])
  })
  const wrong: FolderOptions[] = [{ maxRanges: -1 }, { cache: { ttlMs: Number.NaN } }, { cache: { maxBytes: -1 } }]
  test.each(wrong)("are not served with %p", (options) =>
    expect(() => serveFolder(folder, options)).toThrow(expect.objectContaining({ code: "HTTP_FILES_INVALID" })),
  )
  test("are served one by one with options of their own", async () => {
    const options: FileOptions = {
      download: "other.txt",
      contentType: "text/x",
      cacheControl: { noStore: true },
      etag: false,
    }
    const app = createApp()
    app.get("/", (ctx) => serveFile(ctx, join(folder, "public", "a.txt"), options))
    app.get("/missing", (ctx) => serveFile(ctx, join(folder, "missing")))
    app.get("/folder", (ctx) => serveFile(ctx, folder))
    const { headers } = await app.fetch(new Request("http://x/"))
    const seen = ["content-disposition", "content-type", "cache-control", "etag"].map((name) => headers.get(name))
    expect(seen).toEqual(['attachment; filename="other.txt"', "text/x", "no-store", null])
    for (const path of ["/missing", "/folder"])
      expect((await app.fetch(new Request(`http://x${path}`))).status).toBe(404)
  })
})
