import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Subprocess } from "bun"
import { BOUNDARY, concat, formOf, headerOf, TYPE } from "../src/uploads/testing-form.ts"

/** Uploads over real sockets on every runtime: what is large, what breaks off, and what is left of it. */

const here = import.meta.dir
const found = (paths: readonly (string | null | undefined)[]): string | undefined =>
  paths.find((path): path is string => typeof path === "string" && existsSync(path))
const deno = found([process.env.DENO_BIN, Bun.which("deno")])
const node = found([process.env.NODE_BIN, Bun.which("node")])
const folder = mkdtempSync(join(tmpdir(), "ashlar-uploads-"))
const bundle = join(folder, "uploads-serve.mjs")
const MIB = 2 ** 20

interface Runtime {
  readonly name: string
  readonly command: string[] | undefined
  readonly largeMib: number
}
const runtimes: readonly Runtime[] = [
  { name: "bun", command: [process.execPath, join(here, "uploads-serve.ts")], largeMib: 200 },
  { name: "node", command: node === undefined ? undefined : [node, bundle], largeMib: 200 },
  {
    name: "deno",
    command: deno === undefined ? undefined : [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle],
    largeMib: 50,
  },
]

beforeAll(async () => {
  const entrypoints = [join(here, "uploads-serve.ts")]
  const built = await Bun.build({ entrypoints, target: "node", outdir: folder, naming: "uploads-serve.mjs" })
  expect(built.success).toBe(true)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface State {
  readonly files: readonly string[]
  readonly rssBytes: number
  readonly reported: readonly string[]
}

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13)
const png = { name: "photos", filename: "../a.png", type: "image/png", content: PNG }

for (const { name, command, largeMib } of runtimes) {
  if (command === undefined) {
    if (process.env.CI === "true") test(`${name} is installed`, () => expect(command).toBeDefined())
    else console.warn(`skipped: the upload suite on ${name}, which is not installed`)
    continue
  }
  describe(`uploads on ${name}`, () => {
    let child: Subprocess<"ignore", "pipe", "inherit">
    let url = ""

    beforeAll(async () => {
      child = Bun.spawn(command, {
        env: { ...process.env, PORT: "0", UPLOADS_FOLDER: join(folder, name) },
        stdout: "pipe",
        stdin: "ignore",
        stderr: "inherit",
      })
      const output = child.stdout.getReader()
      url = (JSON.parse(new TextDecoder().decode((await output.read()).value)) as { url: string }).url
    })
    afterAll(() => child.kill("SIGKILL"))

    const state = async (): Promise<State> => (await fetch(`${url}/state`)).json() as Promise<State>
    const post = (path: string, body: Uint8Array, type = TYPE): Promise<Response> =>
      fetch(url + path, { method: "POST", headers: { "content-type": type }, body: body as Uint8Array<ArrayBuffer> })
    /** Waits for what happens after the answer, or without one. */
    const emptied = async (): Promise<readonly string[]> => {
      let files: readonly string[] = []
      for (let tries = 0; tries < 100; tries++) {
        files = (await state()).files
        if (files.length === 0) break
        await Bun.sleep(20)
      }
      return files
    }

    test("a form is stored, with what the runtime's own client makes of it", async () => {
      const form = new FormData()
      form.set("title", "Zwei Bilder ✓")
      form.append("photos", new File([PNG], "ü.png", { type: "image/png" }))
      form.append("photos", new File([PNG], "b.PNG", { type: "text/html" }))
      const response = await fetch(`${url}/photos`, { method: "POST", body: form })
      expect(response.status).toBe(200)
      const { title, photos } = (await response.json()) as { title: string; photos: { name: string; path: string }[] }
      expect([title, photos]).toMatchObject([
        "Zwei Bilder ✓",
        [
          { originalName: "ü.png", type: "image/png", declaredType: "image/png", sizeBytes: PNG.length },
          { originalName: "b.PNG", type: "image/png", declaredType: "text/html" },
        ],
      ])
      expect([...(await state()).files].sort()).toEqual(photos.map((photo) => `photos/${photo.name}`).sort())
      for (const { path } of photos) {
        expect(await Bun.file(path).bytes()).toEqual(PNG as Uint8Array<ArrayBuffer>)
        rmSync(path)
      }
    })

    test.each<[string, string, Uint8Array, number, string]>([
      ["HTML as a PNG", "/photos", formOf({ ...png, content: "<html>" }), 422, "HTTP_INVALID"],
      [
        "a file too large",
        "/photos",
        formOf({ ...png, content: concat(PNG, new Uint8Array(MIB)) }),
        413,
        "HTTP_PART_TOO_LARGE",
      ],
      ["a form cut off", "/photos", formOf(png).slice(0, -9), 400, "HTTP_MULTIPART_TRUNCATED"],
      [
        "more than the form may be",
        "/photos",
        formOf({ ...png, content: new Uint8Array(5 * MIB) }),
        413,
        "HTTP_BODY_TOO_LARGE",
      ],
      ["a handler that throws", "/photos/throws", formOf(png, png), 500, "INTERNAL"],
      [
        "more than the route reads by itself",
        "/direct",
        formOf({ name: "a", content: "x".repeat(MIB) }),
        413,
        "HTTP_BODY_TOO_LARGE",
      ],
    ])("answers %s with a problem, and keeps nothing", async (_what, path, body, status, code) => {
      const response = await post(path, body)
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code])
      expect(await emptied()).toEqual([])
    })

    test("keeps nothing of a form that the handler does not want", async () => {
      expect((await post("/photos/refuses", formOf(png))).status).toBe(409)
      expect(await emptied()).toEqual([])
    })

    test("takes a body that is a file", async () => {
      const response = await fetch(`${url}/raw`, {
        method: "PUT",
        headers: { "content-type": "text/x-note" },
        body: "hello",
      })
      expect([response.status, await response.json()]).toMatchObject([
        422,
        { errors: [{ pointer: "", code: "file_type" }] },
      ])
      const taken = await fetch(`${url}/raw`, {
        method: "PUT",
        headers: { "content-type": "text/plain" },
        body: "hello",
      })
      expect(await taken.json()).toMatchObject({ type: "text/plain", sizeBytes: 5, text: "hello" })
    })

    test.each([
      ["random", 2048],
      ["returns", 512], // each chunk ends with what may be a boundary
      ["almost", 512],
    ])("reads a file of %s bytes, %p MiB, in flat memory", async (kind, mib) => {
      const response = await fetch(`${url}/generated/${kind}/${mib}`)
      const { sizeBytes, growthBytes } = (await response.json()) as { sizeBytes: number; growthBytes: number }
      expect(sizeBytes).toBe(mib * MIB)
      expect(growthBytes).toBeLessThan(32 * MIB)
    })

    test("takes a large file in flat memory, whole", async () => {
      const before = (await state()).rssBytes
      let peak = before
      const watch = setInterval(() => void state().then(({ rssBytes }) => (peak = Math.max(peak, rssBytes))), 50)
      const answer = await sendLarge(url, "/large", largeMib)
      clearInterval(watch)
      expect(answer.status).toBe(200)
      const file = JSON.parse(answer.body) as { path: string; sizeBytes: number; sha256: string }
      expect([file.sizeBytes, file.sha256]).toEqual([largeMib * MIB, answer.sha256])
      expect(peak - before).toBeLessThan(64 * MIB)
      rmSync(file.path)
    }, 60_000)

    test("refuses a file by its first bytes, and is heard by a sender who sends all before it listens", async () => {
      for (let time = 0; time < 5; time++) {
        const answer = await sendLarge(url, "/large/png", 0.75)
        expect([answer.status, answer.body]).toEqual([422, expect.stringContaining('"file_type"')])
      }
      expect(await emptied()).toEqual([])
    })

    test("refuses a large file by its first bytes", async () => {
      const { status } = await sendLarge(url, "/large/png", largeMib)
      // Node closes a connection whose body it does not read; what the sender then hears of the answer is chance.
      if (name !== "node" || !Number.isNaN(status)) expect(status).toBe(422)
      expect(await emptied()).toEqual([])
      expect((await post("/photos", formOf({ name: "title", content: "on" }))).status).toBe(200)
    }, 60_000)

    test("removes what it has when the sender goes away, and serves on", async () => {
      const socket = await open(url)
      socket.write(headOf("/large", 100 * MIB))
      socket.write(headerOf({ name: "file", filename: "a.bin" }))
      socket.write(new Uint8Array(2 * MIB))
      for (let tries = 0; tries < 100 && (await state()).files.length === 0; tries++) await Bun.sleep(20)
      expect((await state()).files).toEqual([expect.stringMatching(/^large\/\.incoming\//)])
      socket.destroy()
      expect(await emptied()).toEqual([])
      expect((await post("/photos", formOf({ name: "title", content: "on" }))).status).toBe(200)
    })

    test("told its log of defects only", async () => {
      expect((await state()).reported).toEqual([expect.stringContaining("a defect after 2 files")])
    })
  })
}

function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) }, () => resolve(socket))
    socket.on("error", reject) // after the connection it is too late for that: what comes then is seen in the answer
  })
}

function headOf(path: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${TYPE}\r\nContent-Length: ${length}\r\n\r\n`
}

/** Whether all of an answer is there, by its declared length. */
function isWhole(text: string): boolean {
  const head = text.indexOf("\r\n\r\n")
  const length = /^content-length: (\d+)/im.exec(text)?.[1]
  return head !== -1 && length !== undefined && Buffer.byteLength(text) >= head + 4 + Number(length)
}

interface Answer {
  readonly status: number
  readonly body: string
  readonly sha256: string
  readonly sentBytes: number
}

/** Sends a form with one file of so many MiB, as fast as it is taken, until it is sent or answered. */
async function sendLarge(url: string, path: string, mib: number): Promise<Answer> {
  const socket = await open(url)
  socket.setMaxListeners(0)
  let [text, isOver, sentBytes] = ["", false, 0]
  const over = new Promise<void>((resolve) => {
    const end = (): void => {
      isOver = true
      resolve()
    }
    socket.on("data", (bytes) => {
      text += bytes.toString("utf8")
      if (isWhole(text)) end()
    })
    socket.on("close", end)
  })
  const hash = new Bun.CryptoHasher("sha256")
  const chunk = new Uint8Array(256 * 1024)
  const [head, tail] = [headerOf({ name: "file", filename: "large.png" }), `\r\n--${BOUNDARY}--\r\n`]
  const write = (bytes: string | Uint8Array): void | Promise<void> => {
    if (isOver || socket.write(bytes)) return undefined
    return new Promise((resolve) => {
      const go = (): void => {
        socket.off("drain", go)
        socket.off("close", go)
        resolve()
      }
      socket.on("drain", go)
      socket.on("close", go)
      void over.then(go)
    })
  }
  await write(headOf(path, head.length + mib * MIB + tail.length) + head)
  for (let at = 0; at < mib * 4 && !isOver; at++) {
    crypto.getRandomValues(chunk.subarray(0, 65_536))
    chunk[0] = 1 // no kind of file begins so
    const copy = chunk.slice()
    hash.update(copy)
    sentBytes += copy.length
    await write(copy)
  }
  await write(tail)
  await over
  socket.destroy()
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(text) ?? []
  const body = text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)
  return { status: Number(status), body, sha256: hash.digest("hex"), sentBytes }
}
