import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { openStorage } from "../open-storage.ts"
import type { Storage } from "../storage.ts"
import { type Seen, startTestS3, type TestS3 } from "../testing/s3-server.ts"
import { refused } from "../testing/storage-suite.ts"
import { S3Objects } from "./s3.ts"
import { S3Link } from "./s3-link.ts"

const MiB = 1024 * 1024
let s3: TestS3
let storage: Storage
beforeAll(async () => {
  s3 = await startTestS3()
  storage = openStorage(s3.url(`&partBytes=${5 * MiB}&attempts=3`))
})
afterAll(async () => {
  await storage.close()
  await s3.close()
})
beforeEach(() => {
  s3.bucket.objects.clear()
  s3.bucket.uploads.clear()
  s3.faults.length = 0
  s3.seen.length = 0
})

const isPut = ({ method }: Seen): boolean => method === "PUT"
const LARGE = new Uint8Array(12 * MiB).map((_, at) => at % 253)

describe("the test server", () => {
  test("and Bun's own client understand each other", async () => {
    const bun = new Bun.S3Client({
      accessKeyId: "test-key",
      secretAccessKey: "test/secret+1",
      region: "eu-test-1",
      bucket: "test-bucket",
      endpoint: `http://127.0.0.1:${s3.port}`,
    })
    const keys = ["a b/ü+x.txt", "plain", "q!'(1)*&=@"]
    for (const key of keys) await bun.write(key, `of ${key}`)
    expect(await Promise.all(["a b/ü+x.txt", "plain"].map((key) => storage.text(key)))).toEqual([
      "of a b/ü+x.txt",
      "of plain",
    ])
    await storage.put("ours/ü +.txt", "ours")
    expect(await bun.file("ours/ü +.txt").text()).toBe("ours")
    expect(await (await fetch(bun.presign("ours/ü +.txt"))).text()).toBe("ours")
  })
  test("takes no signature that is another one", async () => {
    const wrong = openStorage(s3.url("&attempts=1").replace("secret%2B1", "secret%2B2"))
    await refused(wrong.put("x", "1"), { code: "STORAGE_FAILED", message: "S3 answered 403 SignatureDoesNotMatch." })
    const elsewhere = openStorage(s3.url("&attempts=1").replace("eu-test-1", "eu-test-2"))
    await refused(elsewhere.put("x", "1"), { code: "STORAGE_FAILED" })
    expect(s3.bucket.objects.size).toBe(0)
    await Promise.all([wrong.close(), elsewhere.close()])
  })
})

describe("a put", () => {
  test("is asked again when the server is busy or the connection ends", async () => {
    s3.faults.push({ when: isPut, how: { status: 503, code: "SlowDown" } }, { when: isPut, how: "cut" })
    await storage.put("x", "1")
    expect([await storage.text("x"), s3.seen.filter(isPut).length]).toEqual(["1", 3])
  })
  test("is given up after so many tries, and at once where that is no use", async () => {
    s3.faults.push({ when: isPut, how: { status: 500, code: "InternalError" }, times: 99 })
    await refused(storage.put("x", "1"), { code: "STORAGE_FAILED", message: "S3 answered 500 InternalError." })
    expect(s3.seen.filter(isPut).length).toBe(3)
    s3.faults.length = 0
    s3.faults.push({ when: isPut, how: { status: 403, code: "AccessDenied" }, times: 99 })
    await refused(storage.put("x", "1"), { message: "S3 answered 403 AccessDenied." })
    expect(s3.seen.filter(isPut).length).toBe(4)
    s3.faults.length = 0
    s3.faults.push({ when: isPut, how: { status: 400, code: "BadDigest" } })
    await refused(storage.put("x", "1"), { code: "STORAGE_CHECKSUM_MISMATCH" })
  })
  test("that was done though its answer was lost is done", async () => {
    s3.faults.push({ when: isPut, how: "lose" })
    await storage.put("x", "1", { ifNoneMatch: "*" })
    expect(await storage.text("x")).toBe("1")
    s3.faults.push({ when: isPut, how: "cut" })
    await refused(storage.put("x", "2", { ifNoneMatch: "*" }), { code: "STORAGE_PRECONDITION_FAILED" })
  })
  test("in parts survives what happens to some of them, and is whole", async () => {
    const isPart = ({ query }: Seen): boolean => query.has("partNumber")
    s3.faults.push({ when: isPart, how: "lose" }, { when: isPart, how: { status: 500, code: "InternalError" } })
    s3.faults.push({ when: ({ method, query }) => method === "POST" && query.has("uploadId"), how: "lose" })
    const { etag } = await storage.put("large", LARGE)
    expect(etag).toEndWith("-3")
    expect(await storage.get("large", { verify: true })).toEqual(LARGE)
    expect(s3.bucket.uploads.size).toBe(0)
  })
  test("in parts that cannot go on leaves nothing, also of its parts", async () => {
    s3.faults.push({ when: ({ query }) => query.get("partNumber") === "2", how: "cut", times: 99 })
    await refused(storage.put("large", LARGE), { code: "STORAGE_FAILED" })
    expect([s3.bucket.objects.size, s3.bucket.uploads.size]).toEqual([0, 0])
    const stop = new AbortController()
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield LARGE
      stop.abort(new RangeError("gone"))
      yield LARGE
    }
    s3.faults.length = 0
    await refused(storage.put("large", slow(), { signal: stop.signal }), { message: "gone" })
    expect([s3.bucket.objects.size, s3.bucket.uploads.size]).toEqual([0, 0])
  })
  test("says that there is no bucket", async () => {
    const none = openStorage(s3.url().replace("test-bucket", "no-bucket"))
    await refused(none.put("x", "1"), { code: "STORAGE_FAILED" })
    await none.close()
  })
})

describe("a read", () => {
  test("whose connection ends is an error, not an end", async () => {
    await storage.put("x", new Uint8Array(300_000))
    s3.faults.push({ when: ({ method }) => method === "GET", how: "half" })
    await refused(storage.get("x"), { code: "STORAGE_FAILED" })
  })
  test("sees that bytes changed where they were kept", async () => {
    await storage.put("x", "right")
    await storage.put("large", LARGE)
    for (const key of ["x", "large"]) {
      const object = s3.bucket.objects.get(key)!
      const bytes = Uint8Array.from(object.bytes)
      bytes[1]! ^= 1
      s3.bucket.objects.set(key, { ...object, bytes })
      expect((await storage.get(key)).length).toBe(bytes.length)
      await refused(storage.get(key, { verify: true }), { code: "STORAGE_CHECKSUM_MISMATCH" })
    }
    const { headers: _, ...object } = s3.bucket.objects.get("x")!
    s3.bucket.objects.set("bare", { ...object, headers: {} })
    await refused(storage.get("bare", { verify: true }), { code: "STORAGE_CHECKSUM_UNKNOWN" })
    // Others may have stored it with the checksum that is usual elsewhere.
    const headers = { "x-amz-checksum-crc32": Buffer.from("cbf43926", "hex").toString("base64") }
    s3.bucket.objects.set("other", { ...object, bytes: Buffer.from("123456789"), headers })
    expect(await storage.text("other", { verify: true })).toBe("123456789")
  })
})

describe("an address that S3 signed", () => {
  test("reads and writes one object", async () => {
    await storage.put("a ü.txt", "text")
    const answer = await fetch(await storage.signedUrl("a ü.txt", { download: "b ü.txt" }))
    expect([answer.status, await answer.text()]).toEqual([200, "text"])
    expect(answer.headers.get("content-disposition")).toContain("b%20%C3%BC.txt")
    const put = await storage.signedUrl("put.png", { method: "PUT", contentType: "image/png" })
    expect((await fetch(put, { method: "PUT", body: "x", headers: { "content-type": "text/html" } })).status).toBe(403)
    expect((await fetch(put, { method: "PUT", body: "x", headers: { "content-type": "image/png" } })).status).toBe(200)
    expect((await storage.head("put.png"))!.contentType).toBe("image/png")
    expect((await fetch(put.replace("put.png", "other.png"), { method: "PUT", body: "x" })).status).toBe(403)
    await refused(storage.signedUrl("x", { method: "PUT", maxBytes: 5 }), { code: "STORAGE_OPTION_INVALID" })
  })
  test("is not needed for what is public", async () => {
    await storage.put("public", "1", { visibility: "public" })
    await storage.put("private", "2")
    expect(await (await fetch(storage.publicUrl("public"))).text()).toBe("1")
    expect((await fetch(storage.publicUrl("private"))).status).toBe(403)
    await storage.update("public", { visibility: "private" })
    expect((await fetch(storage.publicUrl("public"))).status).toBe(403)
  })
})

describe("a bucket", () => {
  test("is found by its URL, and no secret is in what is said of one", async () => {
    const rows: [string, string][] = [
      ["s3://k:s@s3.eu-west-1.amazonaws.com/bucket?region=eu-west-1", "https://bucket.s3.eu-west-1.amazonaws.com/a"],
      [
        "s3://k:s@s3.eu-west-1.amazonaws.com/my.bucket?region=eu-west-1",
        "https://s3.eu-west-1.amazonaws.com/my.bucket/a",
      ],
      ["s3://k:s@/bucket?region=eu-west-1", "https://bucket.s3.eu-west-1.amazonaws.com/a"],
      ["s3://k:s@minio:9000/bucket", "https://minio:9000/bucket/a"],
      ["s3://k:s@x/bucket?endpoint=http%3A%2F%2Flocalhost%3A9000", "http://localhost:9000/bucket/a"],
      ["s3://k:s@x/bucket?endpoint=https%3A%2F%2Fr2.example&style=host", "https://bucket.r2.example/a"],
    ]
    for (const [url, address] of rows) {
      const one = openStorage(url)
      await one.ready()
      expect(one.publicUrl("a")).toBe(address)
      await one.close()
    }
    for (const url of [
      "s3://user:hidden@host/",
      "s3://user:hidden@host/a/b",
      "s3://user:hidden@host/bucket?endpoint=http://x/y",
      "s3:bucket",
    ]) {
      const failure = (await openStorage(url)
        .ready()
        .catch((error: unknown) => error)) as { code: string; message: string }
      expect(failure.code).toBe("CORE_DRIVER_URL_INVALID")
      expect(failure.message).not.toContain("hidden")
    }
  })
  test("that says nothing is not waited for", async () => {
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } })
    const one = openStorage(
      `s3://k:s@x/bucket?endpoint=${encodeURIComponent(`http://127.0.0.1:${silent.port}`)}&timeoutMs=100&attempts=2`,
    )
    await refused(one.head("x"), { code: "STORAGE_FAILED" })
    const reading = one.head("x")
    await one.close()
    await refused(reading, { code: "STORAGE_CLOSED" })
    await refused(one.head("x"), { code: "STORAGE_CLOSED" })
    silent.stop(true)
  })
  test("copies by parts what is too large for one step", async () => {
    await storage.put("large", LARGE, { metadata: { a: "1" } })
    const place = { base: `http://127.0.0.1:${s3.port}/test-bucket`, bucket: "test-bucket", region: "eu-test-1" }
    const link = new S3Link(
      { ...place, accessKeyId: "test-key", secretAccessKey: "test/secret+1", sessionToken: undefined },
      { timeoutMs: 5_000, attempts: 1 },
    )
    const limits = { partBytes: 5 * MiB, partsAtOnce: 2, acl: true, copyBytes: 6 * MiB, copyPartBytes: 5 * MiB }
    const objects = new S3Objects(link, limits)
    expect(await objects.copy("large", "copy", {})).toMatchObject({ sizeBytes: LARGE.length, metadata: { a: "1" } })
    expect(await storage.get("copy")).toEqual(LARGE)
    s3.faults.push({ when: ({ query }) => query.get("partNumber") === "2", how: { status: 403, code: "AccessDenied" } })
    await refused(objects.copy("large", "copy2", {}), { code: "STORAGE_FAILED" })
    expect([s3.bucket.uploads.size, s3.bucket.objects.has("copy2")]).toEqual([0, false])
  })
  test("that deletes some of many says so", async () => {
    const isDelete = ({ query }: Seen): boolean => query.has("delete")
    s3.faults.push({ when: isDelete, how: { status: 403, code: "AccessDenied" } })
    await refused(storage.delete(["a", "b"]), { code: "STORAGE_FAILED" })
  })
})
