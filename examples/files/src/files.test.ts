import { afterAll, beforeAll, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Server } from "@ashlar/http"
import { testApp } from "@ashlar/testing"
import { createFilesApp } from "./app.ts"
import { type Item, Shelf } from "./shelf.ts"

const folder = mkdtempSync(join(tmpdir(), "ashlar-files-"))
const shelf = await Shelf.open(folder)
const app = createFilesApp({ shelf, maxFileBytes: 4_000_000 })
const api = testApp(app)
let server: Server
beforeAll(async () => {
  server = await app.listen({ port: 0 })
})
afterAll(async () => {
  await api.close()
  await app.stop(1000)
  rmSync(folder, { recursive: true, force: true })
})

const TEXT = "the quick brown fox\njumps over the lazy dog\n"
const LARGE = TEXT.repeat(50_000)

async function upload(text: string | Uint8Array<ArrayBuffer>, name: string): Promise<Response> {
  const form = new FormData()
  form.set("file", new File([text], name))
  return fetch(`${server.url}/files`, { method: "POST", body: form })
}
async function uploaded(text: string, name: string): Promise<Item> {
  const response = await upload(text, name)
  expect(response.status).toBe(201)
  const item = (await response.json()) as Item
  expect(response.headers.get("location")).toBe(`/files/${item.id}`)
  return item
}
const list = async (): Promise<readonly Item[]> => (await (await fetch(`${server.url}/files`)).json()) as Item[]

test("a file goes onto the shelf and comes back as it was, to be saved under its name", async () => {
  const item = await uploaded(LARGE, "Füchse.txt")
  expect(item).toMatchObject({ name: "Füchse.txt", type: "text/plain", sizeBytes: LARGE.length })
  expect((await list())[0]).toEqual(item)
  const response = await fetch(`${server.url}/files/${item.id}`)
  expect(response.headers.get("content-disposition")).toContain(
    "attachment; filename=\"F_chse.txt\"; filename*=UTF-8''F%C3%BCchse.txt",
  )
  expect(await response.text()).toBe(LARGE)
})

test("a download goes on where it broke off", async () => {
  const { id } = await uploaded(LARGE, "large.txt")
  const first = await fetch(`${server.url}/files/${id}`)
  const tag = first.headers.get("etag")!
  const reader = first.body!.getReader()
  const begun = (await reader.read()).value!
  await reader.cancel()
  expect(begun.length).toBeLessThan(LARGE.length)
  const rest = await fetch(`${server.url}/files/${id}`, {
    headers: { range: `bytes=${begun.length}-`, "if-range": tag },
  })
  expect([rest.status, rest.headers.get("content-range")]).toEqual([
    206,
    `bytes ${begun.length}-${LARGE.length - 1}/${LARGE.length}`,
  ])
  expect(new TextDecoder().decode(begun) + (await rest.text())).toBe(LARGE)
  const other = await fetch(`${server.url}/files/${id}`, { headers: { range: "bytes=5-", "if-range": '"another"' } })
  expect(other.status).toBe(200)
  await other.body!.cancel()
})

test("a study tells how far it is, and what it found", async () => {
  const { id } = await uploaded(LARGE, "large.txt")
  const stream = await api.get("/files/:id/study", { params: { id } }).stream()
  expect(stream.headers.get("content-type")).toBe("text/event-stream")
  const steps: number[] = []
  let event = await stream.nextEvent()
  for (; event?.event === "progress"; event = await stream.nextEvent())
    steps.push((event.json as { done: number }).done)
  expect(steps.length).toBeGreaterThan(10)
  expect([...steps].sort((a, b) => a - b)).toEqual(steps)
  expect([steps[0], steps.at(-1)]).toEqual([0, 1])
  const sha256 = createHash("sha256").update(LARGE).digest("hex")
  expect(event).toMatchObject({ event: "findings", json: { sha256, lines: 100_000, words: 450_000 } })
  expect(await stream.nextEvent()).toBeUndefined()
})
test("a study whose caller leaves lets go of its file", async () => {
  const { id } = await uploaded(LARGE, "large.txt")
  const open = (): number => readdirSync("/proc/self/fd").length
  const before = open()
  for (let round = 0; round < 20; round++) {
    const reader = (await fetch(`${server.url}/files/${id}/study`)).body!.getReader()
    await reader.read()
    await reader.cancel()
  }
  for (let wait = 0; wait < 100 && open() > before + 5; wait++) await Bun.sleep(20)
  expect(open()).toBeLessThanOrEqual(before + 5)
})

test("what is not taken leaves nothing behind", async () => {
  const stored = (): number => readdirSync(join(folder, "files")).length
  const before = [stored(), (await list()).length]
  const large = new File([new Uint8Array(4_000_001)], "large.bin")
  await api.post("/files").multipart({ file: large }).expectStatus(413).expectProblem("HTTP_PART_TOO_LARGE")
  await api.post("/files").multipart({ note: "no file" }).expectProblem("HTTP_INVALID")
  expect([stored(), (await list()).length]).toEqual(before)
})
test("a page that somebody uploads is saved, never shown", async () => {
  const { id } = await uploaded("<!doctype html><script>alert(1)</script>", "evil.html")
  const { headers } = await fetch(`${server.url}/files/${id}`)
  expect(headers.get("content-disposition")).toBe('attachment; filename="evil.html"')
  expect(headers.get("x-content-type-options")).toBe("nosniff")
})
test("what is removed, or was never there, is 404", async () => {
  const { id } = await uploaded(TEXT, "a.txt")
  await api.delete(`/files/${id}`).expectStatus(204)
  for (const path of [`/files/${id}`, `/files/${id}/study`, "/files/x", "/files/..%2fshelf.ndjson"])
    await api.get(path).expectProblem("HTTP_NOT_FOUND")
  await api.delete(`/files/${id}`).expectProblem("HTTP_NOT_FOUND")
})
test("a shelf that is opened again has what it had", async () => {
  await uploaded(TEXT, "kept.txt")
  const again = await Shelf.open(folder)
  expect(again.list()).toEqual(shelf.list())
  expect(await Bun.file(again.pathOf(again.list()[0]!.id)).text()).toBe(TEXT)
})
test("the page and its parts are served, with a policy", async () => {
  for (const [path, type] of [
    ["/", "text/html"],
    ["/page.js", "text/javascript"],
    ["/page.css", "text/css"],
  ] as const) {
    const { status, headers } = await fetch(server.url + path)
    expect([path, status, headers.get("content-type")?.split(";")[0]]).toEqual([path, 200, type])
    expect(headers.get("content-security-policy")).toContain("default-src 'self'")
  }
})
