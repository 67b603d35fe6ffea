import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { brotliCompressSync, brotliDecompressSync, gzipSync } from "node:zlib"
import { onEachRuntime } from "../each-runtime.ts"
import { askRaw, type RawAnswer } from "./raw-answer.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-served-"))
const inside = (...names: string[]): string => join(folder, "public", ...names)
const DIGITS = "0123456789".repeat(10)
const LARGE = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
const PAGE = "<!doctype html><title>page</title>".repeat(50)
const CHANGED = new Date("2026-01-02T03:04:05.678Z")
const LATER = new Date("2080-01-02T03:04:05Z")
const CHANGED_TEXT = "Fri, 02 Jan 2026 03:04:05 GMT"

beforeAll(() => {
  for (const name of ["sub", "private", "empty", "sub.dir", ".git", ".well-known"])
    mkdirSync(inside(name), { recursive: true })
  writeFileSync(join(folder, "secret.txt"), "a secret beside the folder")
  mkdirSync(join(folder, "public-evil"))
  writeFileSync(join(folder, "public-evil", "x.txt"), "a secret beside the folder")
  writeFileSync(inside("digits.txt"), DIGITS)
  utimesSync(inside("digits.txt"), CHANGED, CHANGED)
  writeFileSync(inside("later.txt"), DIGITS)
  utimesSync(inside("later.txt"), LATER, LATER)
  writeFileSync(inside("large.bin"), LARGE)
  writeFileSync(inside("nothing.txt"), "")
  writeFileSync(inside("page.html"), PAGE)
  writeFileSync(inside("page.html.br"), brotliCompressSync(PAGE))
  writeFileSync(inside("page.html.gz"), gzipSync(PAGE))
  writeFileSync(inside("app-B7xK2pq9.js"), "1")
  writeFileSync(inside("sub", "index.html"), "<a href=x>relative</a>")
  writeFileSync(inside("sub", "ü ✓ %.txt"), "a name")
  writeFileSync(inside("private", "a.txt"), "a secret of the inner route")
  for (const name of [".env", ".git/config", ".well-known/ok.txt"]) writeFileSync(inside(name), "a secret with a dot")
  symlinkSync(join(folder, "secret.txt"), inside("out.txt"))
  symlinkSync(folder, inside("up"))
  symlinkSync(join(folder, "public-evil"), inside("evil"))
  symlinkSync(inside("digits.txt"), inside("in.txt"))
  symlinkSync("loop.txt", inside("loop.txt"))
  symlinkSync(join(folder, "secret.txt"), inside("digits.txt.br"))
  Bun.spawnSync(["mkfifo", inside("pipe")])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

onEachRuntime(
  join(import.meta.dir, "files-serve.ts"),
  (server) => {
    const ask = (path: string, headers = {}, method = "GET"): Promise<RawAnswer> =>
      askRaw(server.port, path, headers, method)

    describe.each(["memory", "disk"])("from %s", (where) => {
      const at = (path: string): string => `/${where}${path}`

      test("a file comes whole, with what caches need", async () => {
        const { status, headers, text, isWhole } = await ask(at("/digits.txt"))
        expect([status, text, isWhole]).toEqual([200, DIGITS, true])
        expect(headers).toMatchObject({
          "content-type": "text/plain;charset=utf-8",
          "content-length": "100",
          "last-modified": CHANGED_TEXT,
          "accept-ranges": "bytes",
          "cache-control": "no-cache",
          "x-content-type-options": "nosniff",
        })
        expect(headers.etag).toMatch(/^"[a-z0-9]+-[a-z0-9]+"$/)
        expect(headers["content-disposition"] ?? "inline").toBe("inline")
      })
      test("a file says no change that is still to come", async () => {
        const { status, headers } = await ask(at("/later.txt"), { "if-modified-since": CHANGED_TEXT })
        expect([status, headers["last-modified"]]).toEqual([200, undefined])
        expect((await ask(at("/later.txt"), { "if-none-match": headers.etag })).status).toBe(304)
      })
      test("a list of ranges may have empty members", async () => {
        const { status, headers } = await ask(at("/digits.txt"), { range: "bytes=,3-4, ," })
        expect([status, headers["content-range"]]).toEqual([206, "bytes 3-4/100"])
      })
      test.each([
        ["/large.bin", LARGE],
        ["/nothing.txt", Buffer.alloc(0)],
        ["/sub/%C3%BC%20%E2%9C%93%20%25.txt", Buffer.from("a name")],
        ["/in.txt", Buffer.from(DIGITS)],
        ["/sub/", Buffer.from("<a href=x>relative</a>")],
      ])("%s comes as it is", async (path, bytes) => {
        const answer = await ask(at(path))
        expect([answer.status, answer.isWhole, answer.bytes.equals(bytes)]).toEqual([200, true, true])
        expect(answer.headers["content-length"]).toBe(String(bytes.length))
      })
      test("HEAD says the same without a body, and knows no ranges", async () => {
        const get = await ask(at("/large.bin"))
        const head = await ask(at("/large.bin"), { range: "bytes=0-9" }, "HEAD")
        expect([head.status, head.bytes.length]).toEqual([200, 0])
        for (const name of ["content-length", "content-type", "etag", "last-modified", "accept-ranges"])
          expect(head.headers[name]).toBe(get.headers[name]!)
      })

      const ranges: [string, string, number, string | undefined, string | undefined][] = [
        ["the first bytes", "bytes=0-9", 206, "bytes 0-9/100", "0123456789"],
        ["one byte", "bytes=99-99", 206, "bytes 99-99/100", "9"],
        ["the rest", "bytes=95-", 206, "bytes 95-99/100", "56789"],
        ["the last bytes", "bytes=-3", 206, "bytes 97-99/100", "789"],
        ["all of it", "bytes=0-", 206, "bytes 0-99/100", DIGITS],
        ["overlapping parts", "bytes=0-5,3-9", 206, "bytes 0-9/100", "0123456789"],
        ["nothing", "bytes=100-", 416, "bytes */100", undefined],
        ["another unit", "lines=0-9", 200, undefined, DIGITS],
        ["nonsense", "bytes=9-0", 200, undefined, DIGITS],
        [
          "too many parts",
          `bytes=${Array.from({ length: 17 }, (_, n) => `${n * 3}-${n * 3}`).join(",")}`,
          200,
          undefined,
          DIGITS,
        ],
      ]
      test.each(ranges)("a range may be %s", async (_what, range, status, contentRange, text) => {
        const answer = await ask(at("/digits.txt"), { range })
        expect([answer.status, answer.headers["content-range"], answer.isWhole]).toEqual([status, contentRange, true])
        if (text !== undefined) expect(answer.text).toBe(text)
        else
          expect(JSON.parse(answer.text)).toMatchObject({
            code: "HTTP_RANGE_NOT_SATISFIABLE",
            details: { sizeBytes: 100 },
          })
      })
      test("several ranges come as parts of one body", async () => {
        const answer = await ask(at("/digits.txt"), { range: "bytes=90-94, 0-2, -1" })
        const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(answer.headers["content-type"] ?? "")![1]!
        expect([answer.status, answer.isWhole]).toEqual([206, true])
        const part = (range: string, text: string): string =>
          `--${boundary}\r\nContent-Type: text/plain;charset=utf-8\r\nContent-Range: bytes ${range}/100\r\n\r\n${text}\r\n`
        expect(answer.text).toBe(
          `${part("90-94", "01234")}${part("0-2", "012")}${part("99-99", "9")}--${boundary}--\r\n`,
        )
      })
      test("a download is resumed piece by piece", async () => {
        const { headers } = await ask(at("/large.bin"), {}, "HEAD")
        const pieces: Buffer[] = []
        for (let start = 0; start < LARGE.length; start += 100_000) {
          const range = { range: `bytes=${start}-${start + 99_999}`, "if-range": headers.etag! }
          const answer = await ask(at("/large.bin"), range)
          expect(answer.status).toBe(206)
          pieces.push(answer.bytes)
        }
        expect(Buffer.concat(pieces).equals(LARGE)).toBe(true)
      })
      test("a range of another state is the whole", async () => {
        const { headers } = await ask(at("/digits.txt"))
        const wanted: [string, number][] = [
          [headers.etag!, 206],
          [`W/${headers.etag}`, 200],
          ['"another"', 200],
          [CHANGED_TEXT, 206],
          ["Fri, 02 Jan 2026 03:04:06 GMT", 200],
          ["nonsense", 200],
        ]
        for (const [ifRange, status] of wanted) {
          const answer = await ask(at("/digits.txt"), { range: "bytes=0-9", "if-range": ifRange })
          expect([ifRange, answer.status, answer.text.length]).toEqual([ifRange, status, status === 206 ? 10 : 100])
        }
      })

      test("who has the file is told so", async () => {
        const { headers } = await ask(at("/digits.txt"))
        const conditions: [Record<string, string>, number][] = [
          [{ "if-none-match": headers.etag! }, 304],
          [{ "if-none-match": `"x", W/${headers.etag}` }, 304],
          [{ "if-none-match": "*" }, 304],
          [{ "if-none-match": '"x"' }, 200],
          [{ "if-modified-since": CHANGED_TEXT }, 304],
          [{ "if-modified-since": "Fri, 02 Jan 2026 03:04:04 GMT" }, 200],
          [{ "if-none-match": '"x"', "if-modified-since": CHANGED_TEXT }, 200],
          [{ "if-match": headers.etag! }, 200],
          [{ "if-match": '"x"' }, 412],
          [{ "if-unmodified-since": "Fri, 02 Jan 2026 03:04:04 GMT" }, 412],
          [{ "if-none-match": headers.etag!, range: "bytes=0-9" }, 304],
        ]
        for (const [condition, status] of conditions) {
          const answer = await ask(at("/digits.txt"), condition)
          expect([condition, answer.status]).toEqual([condition, status])
          if (status !== 304) continue
          expect(answer.bytes.length).toBe(0)
          expect(answer.headers).toMatchObject({
            etag: headers.etag!,
            "last-modified": CHANGED_TEXT,
            "cache-control": "no-cache",
          })
          expect(answer.headers["content-type"]).toBeUndefined()
        }
      })
      test("a compressed twin goes to who takes it", async () => {
        const rows: [string | undefined, string | undefined][] = [
          [undefined, undefined],
          ["gzip, br", "br"],
          ["gzip", "gzip"],
          ["br;q=0.1, gzip;q=0.9", "gzip"],
          ["br;q=0, *", "gzip"],
          ["deflate", undefined],
          ["identity;q=0, deflate", undefined],
        ]
        const tags = new Set<string>()
        for (const [header, encoding] of rows) {
          const answer = await ask(at("/page.html"), header === undefined ? {} : { "accept-encoding": header })
          expect([header, answer.status, answer.headers["content-encoding"]]).toEqual([header, 200, encoding])
          expect(answer.headers).toMatchObject({ vary: "accept-encoding", "content-type": "text/html;charset=utf-8" })
          expect(answer.headers["content-disposition"] ?? "inline").toBe("inline")
          if (encoding === "br") expect(brotliDecompressSync(answer.bytes).toString()).toBe(PAGE)
          tags.add(answer.headers.etag!)
        }
        expect(tags.size).toBe(3)
        const part = await ask(at("/page.html"), { "accept-encoding": "br", range: "bytes=0-3" })
        expect([part.status, part.bytes.equals(brotliCompressSync(PAGE).subarray(0, 4))]).toEqual([206, true])
      })
      test("a name with a hash in it may be kept for good", async () => {
        const { headers } = await ask(at("/app-B7xK2pq9.js"))
        expect(headers["cache-control"]).toBe("public, immutable, max-age=31536000")
      })
      test("a folder without its slash leads to its page", async () => {
        const { status, headers } = await ask(at("/sub?a=1&b=%2F"))
        expect([status, headers.location]).toEqual([308, at("/sub/?a=1&b=%2F")])
      })
      test("a file that changes is sent as it is now", async () => {
        const name = `changing-${where}.txt`
        writeFileSync(inside(name), "one")
        const first = await ask(at(`/${name}`))
        writeFileSync(inside(name), "two, longer")
        await Bun.sleep(80)
        const second = await ask(at(`/${name}`), { "if-none-match": first.headers.etag! })
        expect([first.text, second.status, second.text, second.isWhole]).toEqual(["one", 200, "two, longer", true])
        rmSync(inside(name))
        await Bun.sleep(80)
        expect((await ask(at(`/${name}`))).status).toBe(404)
      })
    })

    const outside = [
      "/../secret.txt",
      "/..%2fsecret.txt",
      "/%2e%2e/secret.txt",
      "/%2e%2e%2fsecret.txt",
      "/.%2e/secret.txt",
      "/sub/../../secret.txt",
      "/sub/%2e%2e/%2e%2e/secret.txt",
      "/..%5csecret.txt",
      "/..\\secret.txt",
      "/sub\\..\\..\\secret.txt",
      "/%252e%252e/secret.txt",
      "/%c0%ae%c0%ae/secret.txt",
      "/..%00/secret.txt",
      "/digits.txt%00.html",
      "/../public-evil/x.txt",
      "//secret.txt",
      "//etc/passwd",
      "/%2Fetc%2Fpasswd",
      "/file:///etc/passwd",
      "/C:%5Cwindows%5Cwin.ini",
      "/out.txt",
      "/up/secret.txt",
      "/up/public/digits.txt/../../../secret.txt",
      "/evil/x.txt",
      "/.env",
      "/.git/config",
      "/%2egit/config",
      "/.well-known/ok.txt",
      "/private%2fa.txt",
      "/private%5ca.txt",
      "/loop.txt",
      "/pipe",
      "/empty",
      "/empty/",
      "/digits.txt/",
      "/digits.txt/x",
      "/nowhere.txt",
      `/${"x".repeat(300)}`,
      `/${"a/".repeat(3000)}x`,
      "/CON",
    ]
    const named = outside.map((path) => [path.slice(0, 60), path] as const)
    test.each(named)("what is not to be had is not there: %s", async (_name, path) => {
      for (const where of ["memory", "disk"]) {
        const { status, text } = await ask(`/${where}${path}`)
        expect([400, 404]).toContain(status)
        expect(text).not.toContain("a secret")
        expect(text).not.toContain("root:")
      }
    })
    test("a link out of the folder is no compressed twin either", async () => {
      const { headers, text } = await ask("/disk/digits.txt", { "accept-encoding": "br" })
      expect([headers["content-encoding"], text]).toEqual([undefined, DIGITS])
    })
    test("an inner route keeps its layers", async () => {
      expect((await ask("/disk/private/a.txt")).status).toBe(403)
      for (const path of [
        "/disk/private%2Fa.txt",
        "/disk/./private/a.txt",
        "/disk//private/a.txt",
        "/disk/sub/../private/a.txt",
      ]) {
        const { status, text } = await ask(path)
        expect([path, status < 400, text.includes("a secret")]).toEqual([path, false, false])
      }
    })
    test("other options: dots that are named, no pages, downloads, weak tags", async () => {
      expect((await ask("/open/.well-known/ok.txt")).status).toBe(200)
      expect((await ask("/open/.env")).status).toBe(404)
      expect((await ask("/open/sub/")).status).toBe(404)
      expect((await ask("/open/sub")).status).toBe(404)
      const { headers } = await ask("/open/digits.txt")
      expect(headers["content-disposition"]).toBe('attachment; filename="digits.txt"')
      expect(headers.etag).toStartWith('W/"')
      expect((await ask("/open/digits.txt", { "if-none-match": headers.etag! })).status).toBe(304)
      expect((await ask("/open/digits.txt", { range: "bytes=0-1", "if-range": headers.etag! })).status).toBe(200)
    })
    test("one file may have a name and a time of its own", async () => {
      const { headers, text } = await ask("/one")
      expect([headers["content-disposition"], headers["cache-control"], text]).toEqual([
        "attachment; filename=\"_bersicht.txt\"; filename*=UTF-8''%C3%9Cbersicht.txt",
        "private, max-age=60",
        DIGITS,
      ])
    })
    test("a file that became shorter never passes for whole", async () => {
      const path = inside("shrinks.bin")
      writeFileSync(path, "x".repeat(100_000))
      expect((await ask("/shrinks")).bytes.length).toBe(100_000)
      truncateSync(path, 1000)
      const answer = await ask("/shrinks")
      // Cut off, or with the length that is true now.
      expect(answer.isWhole && answer.headers["content-length"] !== "1000").toBe(false)
      const { reported } = (await (await fetch(`${server.url}/state`)).json()) as { reported: string[] }
      if (!answer.isWhole) expect(reported.at(-1)).toContain("HTTP_FILE_TRUNCATED")
      appendFileSync(path, "x".repeat(99_000))
    })
    test("a caller who leaves in the middle leaves no open file", async () => {
      const files = (): number =>
        Bun.spawnSync(["ls", "-l", `/proc/${server.child.pid}/fd`])
          .stdout.toString()
          .split("large.bin").length
      for (let round = 0; round < 20; round++) {
        await new Promise<void>((resolve) => {
          const socket = connect(server.port, "127.0.0.1", () =>
            socket.write("GET /disk/large.bin HTTP/1.1\r\nhost: x\r\n\r\n"),
          )
          socket.once("data", () => socket.destroy())
          socket.once("close", () => resolve())
        })
      }
      for (let wait = 0; wait < 100 && files() > 1; wait++) await Bun.sleep(20)
      expect(files()).toBe(1)
    })
  },
  { FILES_FOLDER: folder },
)
