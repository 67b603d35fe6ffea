import { expect, test } from "bun:test"
import { createHash } from "node:crypto"
import type { Storage } from "../storage.ts"
import { BYTES, pieces, refused, type Stage } from "./storage-suite.ts"

/** Writes: whole or not at all, under conditions, copied, moved, deleted. */
export function describeWrites(stage: Stage): void {
  test("replaces an object with all that is said of it", async () => {
    const { storage, other } = stage
    const first = await storage.put("x", "one", { metadata: { a: "1" }, contentType: "text/css", visibility: "public" })
    const second = await other.put("x", "two two")
    expect(second.etag).not.toBe(first.etag)
    const known = {
      sizeBytes: 7,
      metadata: {},
      contentType: "application/octet-stream",
      visibility: "private",
      etag: second.etag,
    }
    expect(await storage.head("x")).toMatchObject(known)
  })
  test("tells states apart that are as long and as old", async () => {
    const etags = new Set<string>()
    for (let round = 0; round < 20; round++) {
      const { etag } = await stage.storage.put("x", `round ${round % 10}${Math.floor(round / 10)}`, {
        metadata: { round: String(round) },
      })
      etags.add(etag)
      expect((await stage.other.head("x"))!.metadata).toEqual({ round: String(round) })
    }
    expect(etags.size).toBe(20)
  })
  test("changes what is said of an object, and not its bytes", async () => {
    const { storage, other } = stage
    const before = await storage.put("x", BYTES, { metadata: { a: "1" }, contentType: "text/css" })
    await storage.update("x", { metadata: { b: "2" } })
    expect(await other.head("x")).toMatchObject({
      metadata: { b: "2" },
      contentType: "text/css",
      sha256: before.sha256!,
    })
    await storage.update("x", { visibility: "public", contentType: "text/plain" })
    expect(await other.head("x")).toMatchObject({
      metadata: { b: "2" },
      contentType: "text/plain",
      visibility: "public",
    })
    expect(await other.get("x", { verify: true })).toEqual(BYTES as Uint8Array<ArrayBuffer>)
    await refused(storage.update("x", { ifMatch: "another", metadata: {} }), { code: "STORAGE_PRECONDITION_FAILED" })
  })
  test("copies and moves, with what is said of it", async () => {
    const { storage } = stage
    await storage.put("a", BYTES, { metadata: { n: "1" }, contentType: "text/css" })
    expect(await storage.copy("a", "b/c")).toMatchObject({
      key: "b/c",
      metadata: { n: "1" },
      contentType: "text/css",
      sizeBytes: 1000,
    })
    expect(await storage.move("b/c", "d", { metadata: { n: "2" } })).toMatchObject({ key: "d", metadata: { n: "2" } })
    expect(await storage.exists("b/c")).toBe(false)
    expect(await storage.get("d", { verify: true })).toEqual(BYTES as Uint8Array<ArrayBuffer>)
    await refused(storage.copy("a", "d", { ifNoneMatch: "*" }), { code: "STORAGE_PRECONDITION_FAILED" })
    await refused(storage.copy("a", "a"), { code: "STORAGE_OPTION_INVALID" })
  })
  test("deletes many", async () => {
    const keys = Array.from({ length: 30 }, (_, at) => `many/${at}&<'">é`.replace(/[<>"]/g, "_"))
    await Promise.all(keys.map((key) => stage.storage.put(key, key)))
    await stage.storage.put("many-not", "stays")
    await stage.other.delete([...keys, "many/none"])
    expect(await keysOf(stage.storage)).toEqual(["many-not"])
  })
  describeFailures(stage)
  describeConditions(stage)
  describeNames(stage)
  describeLarge(stage)
}

function describeNames(stage: Stage): void {
  test("names what has no name", async () => {
    const { storage } = stage
    const uuid = await storage.add("1", { originalName: "../A photo.JPG", folder: "in" })
    expect(uuid.key).toMatch(/^in\/[0-9a-f-]{36}\.jpg$/)
    expect(uuid.contentType).toBe("image/jpeg")
    expect((await storage.add("1", { names: "timestamp" })).key).toMatch(/^\d{8}T\d{9}Z-[0-9a-f]{8}$/)
    expect((await storage.add("1", { names: "original", originalName: "C:\\x\\..\\Über uns?.txt" })).key).toBe(
      "Über uns_.txt",
    )
    await refused(storage.add("2", { names: "original", originalName: "Über uns_.txt" }), {
      code: "STORAGE_PRECONDITION_FAILED",
    })
    const own = await storage.add("1", { names: ({ extension }) => `own/name${extension}`, originalName: "a.txt" })
    expect(own.key).toBe("own/name.txt")
    await refused(storage.add("1", { names: () => "../out" }), { code: "STORAGE_KEY_INVALID" })
  })
  test("keeps the same bytes once when they are named by their hash", async () => {
    const { storage } = stage
    const sha256 = createHash("sha256").update(BYTES).digest("hex")
    const first = await storage.add(BYTES, { names: "hash", folder: "h" })
    const again = await storage.add(pieces([BYTES.subarray(0, 1), BYTES.subarray(1)]), { names: "hash", folder: "h" })
    const blob = await storage.add(new Blob([BYTES.slice()]), { names: "hash", folder: "h" })
    expect([first.key, again.key, blob.key]).toEqual([`h/${sha256}`, `h/${sha256}`, `h/${sha256}`])
    expect(await keysOf(storage)).toEqual([`h/${sha256}`])
  })
}

function describeLarge(stage: Stage): void {
  const { largeBytes } = stage.options
  if (largeBytes === undefined) return
  test("takes large objects piece by piece", async () => {
    const { storage, other } = stage
    const sizeBytes = largeBytes + 12_345
    const hash = createHash("sha256")
    async function* source(): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(100_000) // used again and again, as a reader of files may
      for (let at = 0; at < sizeBytes; at += buffer.length) {
        buffer.fill((at / buffer.length) % 251)
        const piece = buffer.subarray(0, Math.min(buffer.length, sizeBytes - at))
        hash.update(piece)
        yield piece
      }
    }
    const put = await storage.put("large", source(), { metadata: { kind: "large" } })
    expect([put.sizeBytes, put.sha256]).toEqual([sizeBytes, hash.digest("hex")])
    expect(await other.head("large")).toMatchObject({ sizeBytes, metadata: { kind: "large" }, etag: put.etag })
    const read = await other.get("large", { verify: true })
    expect(createHash("sha256").update(read).digest("hex")).toBe(put.sha256!)
    const copy = await storage.copy("large", "copy", { metadata: { kind: "copy" } })
    expect(copy).toMatchObject({ sizeBytes, metadata: { kind: "copy" } })
    expect((await other.get("copy")).length).toBe(sizeBytes)
  })
}

function describeFailures(stage: Stage): void {
  const large = stage.options.largeBytes ?? 0
  test.each([0, 1, large])("leaves the former object when the source fails after %d bytes", async (bytes) => {
    const { storage, other } = stage
    await storage.put("x", "former", { metadata: { a: "1" } })
    async function* broken(): AsyncGenerator<Uint8Array> {
      for (let sent = 0; sent < bytes; sent += 1_000_000) yield new Uint8Array(Math.min(1_000_000, bytes))
      throw new RangeError("the source broke")
    }
    await refused(storage.put("x", broken()), { message: "the source broke" })
    await storage.put("x2", broken()).catch(() => undefined)
    expect([await other.text("x"), (await other.head("x"))!.metadata]).toEqual(["former", { a: "1" }])
    expect(await keysOf(other)).toEqual(["x"])
  })
  test("stops when it is told to, though the source says nothing", async () => {
    const stop = new AbortController()
    const silent = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new Uint8Array(10)) })
    const put = stage.storage.put("x", silent, { signal: stop.signal })
    setTimeout(() => stop.abort(new RangeError("no more")), 50)
    await refused(put, { message: "no more" })
    expect(await keysOf(stage.other)).toEqual([])
    await refused(stage.storage.put("x", "1", { signal: stop.signal }), { message: "no more" })
  })
  test("stores nothing that is too large, or not what it should be", async () => {
    const { storage, other } = stage
    const sha256 = createHash("sha256").update("right").digest("hex")
    for (const body of ["wrong", pieces([new TextEncoder().encode("wrong")])]) {
      const failure = storage.put("x", body, { sha256 })
      await refused(failure, { code: "STORAGE_CHECKSUM_MISMATCH" })
    }
    for (const body of [BYTES, pieces([BYTES])]) {
      const failure = storage.put("x", body, { maxBytes: 999 })
      await refused(failure, { code: "STORAGE_TOO_LARGE", details: { maxBytes: 999 } })
    }
    expect(await keysOf(other)).toEqual([])
    expect((await storage.put("x", "right", { sha256 })).sha256).toBe(sha256)
  })
}

function describeConditions(stage: Stage): void {
  test("creates once, and changes only the state that is named", async () => {
    const { storage, other } = stage
    const { etag } = await storage.put("x", "one", { ifNoneMatch: "*" })
    const tries = [
      () => storage.put("x", "two", { ifNoneMatch: "*" }),
      () => other.put("x", "two", { ifMatch: "another" }),
      () => other.put("none", "two", { ifMatch: etag }),
    ]
    for (const one of tries) {
      await refused(one(), { code: "STORAGE_PRECONDITION_FAILED", status: 412 })
    }
    const two = await other.put("x", "two", { ifMatch: etag })
    await refused(storage.put("x", "three", { ifMatch: etag }), { code: "STORAGE_PRECONDITION_FAILED" })
    expect(await storage.text("x", { ifMatch: two.etag })).toBe("two")
    await refused(storage.put("x", "3", { ifNoneMatch: "x" as "*" }), { code: "STORAGE_OPTION_INVALID" })
  })
  if (stage.options.conditional === false) return
  test("lets one of many create an object", async () => {
    const { storage, other } = stage
    const tries = Array.from({ length: 16 }, (_, at) =>
      (at % 2 === 0 ? storage : other).put("once", `by ${at}`, { ifNoneMatch: "*" }).then(
        () => `by ${at}`,
        (error: { code: string }) => error.code,
      ),
    )
    const won = (await Promise.all(tries)).filter((one) => one !== "STORAGE_PRECONDITION_FAILED")
    expect(won).toEqual([await storage.text("once")])
  })
  test("loses no change of those that name the state they change", async () => {
    await stage.storage.put("counter", "0")
    async function increment(storage: Storage): Promise<void> {
      for (;;) {
        const { etag } = (await storage.head("counter"))!
        try {
          const value = Number(await storage.text("counter", { ifMatch: etag }))
          await storage.put("counter", String(value + 1), { ifMatch: etag })
          return
        } catch (error) {
          if ((error as { code: string }).code !== "STORAGE_PRECONDITION_FAILED") throw error
        }
      }
    }
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((at) => increment(at % 2 === 0 ? stage.storage : stage.other)))
    expect(await stage.storage.text("counter")).toBe("8")
  })
}

export async function keysOf(storage: Storage): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of storage.all()) keys.push(key)
  return keys
}
