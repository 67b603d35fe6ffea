import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { createApp, type Server } from "@ashlar/http"
import { receiveFile, uploads } from "@ashlar/http/uploads"
import { openStorage } from "../open-storage.ts"
import type { Storage } from "../storage.ts"
import { keysOf } from "../testing/write-cases.ts"
import { serveObject, storageRoutes, toStorage } from "./index.ts"

const secret = "a secret of thirty-two characters or more"
const clock = manualClock(Date.UTC(2026, 0, 1))
let server: Server
let storage: Storage
const app = createApp()
beforeAll(async () => {
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  storage = openStorage("memory:", {
    clock,
    signing: {
      secret: [secret, "a former secret, that is long enough too"],
      baseUrl: `http://127.0.0.1:${port}/files/`,
    },
  })
  app.scope("/files", storageRoutes({ storage }))
  app.get("/served/*key", (ctx) => serveObject(ctx, storage, ctx.params.key, { activeTypes: ["text/html"] }))
  const photos = {
    target: toStorage(storage, { folder: "photos", names: "original" }),
    files: { photo: { maxFileBytes: 2_000_000 } },
  }
  app.post("/photos", { layers: [uploads(photos)] }, (ctx) => ctx.form.files.photo[0]!.object)
  app.put(
    "/avatar",
    async (ctx) => (await receiveFile(ctx, { target: toStorage(storage), types: ["image/png"] })).object,
  )
  server = await app.listen({ port, host: "127.0.0.1" })
})
afterAll(async () => {
  await app.stop()
  await storage.close()
})

describe("a signed address", () => {
  test("lets its holder read one object, until it ends", async () => {
    await storage.put("a b/ü.txt", "text")
    const url = await storage.signedUrl("a b/ü.txt", { expiresInSeconds: 60, download: "Bericht ü.txt" })
    const answer = await fetch(url)
    expect([answer.status, await answer.text()]).toEqual([200, "text"])
    expect(answer.headers.get("content-disposition")).toBe(
      "attachment; filename=\"Bericht _.txt\"; filename*=UTF-8''Bericht%20%C3%BC.txt",
    )
    expect(answer.headers.get("cache-control")).toBe("private, no-cache")
    expect((await fetch(url, { method: "HEAD" })).headers.get("content-length")).toBe("4")
    clock.advance(60_000)
    const late = await fetch(url)
    expect([late.status, ((await late.json()) as { code: string }).code]).toEqual([403, "STORAGE_SIGNATURE_INVALID"])
  })
  test("is for nothing else", async () => {
    await storage.put("one", "1")
    await storage.put("two", "2")
    const url = await storage.signedUrl("one")
    const put = await storage.signedUrl("one", { method: "PUT", maxBytes: 5 })
    const signature = new URL(url).searchParams.get("s")!
    const flipped = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`
    const attacks: [string, RequestInit?][] = [
      [url.replace("/one", "/two")],
      [url.replace("/one", "/two%2f%2e%2e%2fone")],
      [url, { method: "PUT", body: "x" }],
      [put],
      [url.replace("m=GET", "m=PUT"), { method: "PUT", body: "x" }],
      [put.replace("b=5", "b=500"), { method: "PUT", body: "x".repeat(100) }],
      [put.replace(/&b=5/, ""), { method: "PUT", body: "x" }],
      [url.replace(/e=\d+/, "e=99999999999")],
      [url.replace(signature, flipped)],
      [url.replace(signature, "")],
      [url.replace(signature, signature.slice(0, 20))],
      [`${url}&d=evil.html`],
      [`${url}&m=GET`],
      [`${url}&x=1`],
      [new URL(url).origin + new URL(url).pathname],
    ]
    for (const [attack, init] of attacks) expect([attack, (await fetch(attack, init)).ok]).toEqual([attack, false])
    expect([await storage.text("one"), await storage.text("two")]).toEqual(["1", "2"])
  })
  test("lets its holder write one object, of a type and a size", async () => {
    const url = await storage.signedUrl("up/x.png", { method: "PUT", contentType: "image/png", maxBytes: 10 })
    const send = (body: string, type: string): Promise<Response> =>
      fetch(url, { method: "PUT", body, headers: { "content-type": type } })
    expect((await send("0123456789a", "image/png")).status).toBe(413)
    expect((await send("0123456789", "text/html")).status).toBe(403)
    expect(await storage.exists("up/x.png")).toBe(false)
    const answer = await send("0123456789", "image/png")
    const stored = (await storage.head("up/x.png"))!
    expect([answer.status, answer.headers.get("etag"), stored.contentType]).toEqual([
      200,
      `"${stored.etag}"`,
      "image/png",
    ])
    const again = await fetch(url, {
      method: "PUT",
      body: "2",
      headers: { "content-type": "image/png", "if-none-match": "*" },
    })
    expect(again.status).toBe(412)
  })
  test("that was signed with a former secret is taken, and one of a stranger is not", async () => {
    await storage.put("one", "1")
    const baseUrl = `${server.url}/files`
    for (const [own, status] of [
      ["a former secret, that is long enough too", 200],
      ["the secret of some stranger, as long", 403],
    ] as const) {
      const other = openStorage("memory:", { clock, signing: { secret: own, baseUrl } })
      expect((await fetch(await other.signedUrl("one"))).status).toBe(status)
      await other.close()
    }
  })
  test("is given for what can be said in one", async () => {
    for (const options of [
      { expiresInSeconds: 0 },
      { expiresInSeconds: 604_801 },
      { method: "DELETE" as "GET" },
      { maxBytes: 1 },
      { method: "PUT" as const, download: "x" },
      { download: "" },
    ])
      await expect(storage.signedUrl("x", options)).rejects.toMatchObject({ code: "STORAGE_OPTION_INVALID" })
    const plain = openStorage("memory:")
    await expect(plain.signedUrl("x")).rejects.toMatchObject({ code: "STORAGE_SIGNING_MISSING" })
    expect(() => plain.publicUrl("x")).toThrow("signing")
    expect(() => openStorage("memory:", { signing: { secret: "short", baseUrl: "http://x" } })).toThrow("32 characters")
    expect(() => openStorage("memory:", { signing: { secret, baseUrl: "ftp://x" } })).toThrow("baseUrl")
    await plain.close()
  })
})

describe("an object that is served", () => {
  test("is public only if it was put so", async () => {
    await storage.put("private", "1")
    await storage.put("public", "2", { visibility: "public" })
    const [hidden, missing] = await Promise.all([fetch(storage.publicUrl("private")), fetch(storage.publicUrl("none"))])
    expect([hidden.status, missing.status]).toEqual([404, 404])
    expect((await hidden.text()).replace("private", "")).toBe((await missing.text()).replace("none", ""))
    const answer = await fetch(storage.publicUrl("public"))
    expect([answer.status, await answer.text(), answer.headers.get("cache-control")]).toEqual([200, "2", "no-cache"])
  })
  test("comes in parts, and not again", async () => {
    const { etag } = await storage.put("x.txt", "0123456789")
    const get = (headers: Record<string, string>): Promise<Response> => fetch(`${server.url}/served/x.txt`, { headers })
    const rows: [Record<string, string>, number, string, string | null][] = [
      [{}, 200, "0123456789", null],
      [{ range: "bytes=2-4" }, 206, "234", "bytes 2-4/10"],
      [{ range: "bytes=-3" }, 206, "789", "bytes 7-9/10"],
      [{ range: "bytes=8-" }, 206, "89", "bytes 8-9/10"],
      [{ range: "bytes=0-1,4-5" }, 200, "0123456789", null],
      [{ range: "lines=1-2" }, 200, "0123456789", null],
      [{ range: "bytes=4-2" }, 200, "0123456789", null],
      [{ range: "bytes=2-4", "if-range": `"${etag}"` }, 206, "234", "bytes 2-4/10"],
      [{ range: "bytes=2-4", "if-range": '"other"' }, 200, "0123456789", null],
      [{ "if-none-match": `"${etag}"` }, 304, "", null],
    ]
    for (const [headers, status, text, contentRange] of rows) {
      const answer = await get(headers)
      expect([headers, answer.status, await answer.text(), answer.headers.get("content-range")]).toEqual([
        headers,
        status,
        text,
        contentRange,
      ])
      if (status !== 304) expect(answer.headers.get("content-length")).toBe(String(text.length))
      expect(answer.headers.get("etag")).toBe(`"${etag}"`)
    }
    const none = await get({ range: "bytes=10-" })
    expect([none.status, none.headers.get("content-range")]).toEqual([416, "bytes */10"])
    expect((await get({ "if-match": '"other"' })).status).toBe(412)
    expect((await fetch(`${server.url}/served/none`)).status).toBe(404)
    expect((await fetch(`${server.url}/served/a%2f%2e%2e%2fb`)).status).toBe(400)
  })
  test("is saved, where a browser would run it as a page of the site", async () => {
    await storage.put("a.svg", "<svg onload='alert(1)'/>")
    await storage.put("a.html", "<script>alert(1)</script>")
    const [svg, html] = await Promise.all(["a.svg", "a.html"].map((key) => fetch(`${server.url}/served/${key}`)))
    expect([svg!.headers.get("content-disposition"), svg!.headers.get("x-content-type-options")]).toEqual([
      'attachment; filename="a.svg"',
      "nosniff",
    ])
    expect(html!.headers.get("content-disposition")).toBeNull() // it is named in `activeTypes`
  })
})

describe("an upload into a storage", () => {
  const PNG = Uint8Array.from(
    atob("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="),
    (c) => c.charCodeAt(0),
  )
  const upload = (file: File): Promise<Response> => {
    const form = new FormData()
    form.set("photo", file)
    return fetch(`${server.url}/photos`, { method: "POST", body: form })
  }
  test("gets its key when the form is there", async () => {
    const answer = await upload(new File([PNG], "../Me ü.exe"))
    expect(await answer.json()).toMatchObject({
      key: "photos/Me ü.png",
      contentType: "image/png",
      metadata: { "original-name": "Me ü.exe" },
    })
    expect(await storage.get("photos/Me ü.png")).toEqual(PNG)
    const again = await upload(new File([PNG], "Me ü.png"))
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([409, "HTTP_UPLOAD_NAME_TAKEN"])
    expect((await keysOf(storage)).filter((key) => key.startsWith("incoming/"))).toEqual([])
  })
  test("leaves nothing behind when it is not taken", async () => {
    const before = await keysOf(storage)
    const large = await upload(new File([new Uint8Array(2_000_001)], "large.bin"))
    expect(large.status).toBe(413)
    const cut = new ReadableStream({
      pull: (controller) => controller.enqueue(PNG),
    })
    const stop = new AbortController()
    const put = fetch(`${server.url}/avatar`, {
      method: "PUT",
      body: cut,
      signal: stop.signal,
      headers: { "content-type": "image/png" },
    })
    setTimeout(() => stop.abort(), 100)
    await put.catch(() => undefined)
    for (let wait = 0; wait < 200 && (await keysOf(storage)).length > before.length; wait++) await Bun.sleep(20)
    expect(await keysOf(storage)).toEqual(before)
    const stored = await fetch(`${server.url}/avatar`, {
      method: "PUT",
      body: PNG,
      headers: { "content-type": "image/png" },
    })
    expect(((await stored.json()) as { key: string }).key).toMatch(/^[0-9a-f-]{36}\.png$/)
  })
  test("has a name before it has a hash", () => {
    expect(() => toStorage(storage, { names: "hash" as "uuid" })).toThrow("names")
  })
})
