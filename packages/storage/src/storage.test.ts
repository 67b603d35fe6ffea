import { describe, expect, test } from "bun:test"
import { createContainer, manualClock } from "@ashlar/core"
import { defineStorage, openStorage, storageGuarantees } from "./index.ts"
import { pieces, refused } from "./testing/storage-suite.ts"
import { keysOf } from "./testing/write-cases.ts"

describe("a quota", () => {
  test("bounds what is under a prefix, in bytes and in objects", async () => {
    const storage = openStorage("memory:")
    const tenant = storage.at("tenants/1", { maxBytes: 100, maxObjects: 3 })
    await tenant.put("a", new Uint8Array(60))
    await storage.put("elsewhere", new Uint8Array(1_000))
    await refused(tenant.put("b", new Uint8Array(41)), { code: "STORAGE_QUOTA_EXCEEDED", details: { maxBytes: 100 } })
    await refused(tenant.put("b", pieces([new Uint8Array(40), new Uint8Array(1)])), { code: "STORAGE_QUOTA_EXCEEDED" })
    await tenant.put("a", new Uint8Array(100)) // its own room is free when it is replaced
    await refused(tenant.put("a", new Uint8Array(101)), { code: "STORAGE_QUOTA_EXCEEDED" })
    await tenant.put("a", new Uint8Array(10))
    await tenant.copy("a", "b")
    await tenant.put("c", "c")
    await refused(tenant.put("d", "d"), { code: "STORAGE_QUOTA_EXCEEDED", details: { maxObjects: 3 } })
    await refused(tenant.copy("a", "d"), { code: "STORAGE_QUOTA_EXCEEDED" })
    await refused(tenant.add(new Uint8Array(1)), { code: "STORAGE_QUOTA_EXCEEDED" })
    await tenant.delete("c")
    await tenant.put("d", "d")
    expect(await keysOf(tenant)).toEqual(["a", "b", "d"])
  })
  test("is not passed by many that write at once", async () => {
    const storage = openStorage("memory:", { quota: { maxBytes: 1_000 } })
    const puts = Array.from({ length: 40 }, (_, at) => storage.put(`k${at}`, pieces([new Uint8Array(100)])))
    const done = (await Promise.allSettled(puts)).filter(({ status }) => status === "fulfilled").length
    let bytes = 0
    for await (const { sizeBytes } of storage.all()) bytes += sizeBytes
    expect(bytes).toBe(done * 100)
    expect(bytes).toBeLessThanOrEqual(1_000)
    expect(done).toBe(10)
    await storage.put((await storage.list()).objects[0]!.key, new Uint8Array(50))
    await storage.put("last", new Uint8Array(50)) // what was taken by those that failed is free
  })
  test("is counted anew after a while, so that what others store is seen", async () => {
    const clock = manualClock()
    const storage = openStorage("memory:", { clock, quotaRefreshMs: 1_000 })
    const tenant = storage.at("t", { maxBytes: 100 })
    await tenant.put("a", new Uint8Array(10))
    await storage.put("t/b", new Uint8Array(80)) // by somebody who knows no quota
    await tenant.put("c", new Uint8Array(20))
    clock.advance(1_000)
    await refused(tenant.put("d", new Uint8Array(1)), { code: "STORAGE_QUOTA_EXCEEDED" })
  })
})

describe("a storage", () => {
  test("says what it promises, and is refused where that is not enough", async () => {
    expect(storageGuarantees("memory:")).toMatchObject({ durable: false, crossProcess: false })
    expect(storageGuarantees("file:x")).toMatchObject({ durable: true, createOnce: true, nestedKeys: false })
    expect(storageGuarantees("s3://k:s@h/b")).toMatchObject({ signedByServer: true })
    expect(() => openStorage("memory:", { needs: { durable: true } })).toThrow("Use one of: file:, s3:.")
    expect(() => openStorage("ftp://x")).toThrow("No storage driver")
    await refused(openStorage("memory:?maxBytes=1").ready(), { code: "CORE_DRIVER_OPTION_INVALID" })
    await refused(openStorage("memory:x").ready(), { code: "CORE_DRIVER_URL_INVALID" })
  })
  test("bounds what it takes", async () => {
    const storage = openStorage("memory:?maxBytes=2000", { maxObjectBytes: 1_500 })
    await refused(storage.put("x", new Uint8Array(1_501)), { code: "STORAGE_TOO_LARGE" })
    await refused(storage.put("x", new Uint8Array(1_501), { maxBytes: 5_000 }), { code: "STORAGE_TOO_LARGE" })
    await storage.put("x", new Uint8Array(1_500))
    await refused(storage.put("y", new Uint8Array(501)), { code: "STORAGE_FULL" })
    await refused(storage.copy("x", "y"), { code: "STORAGE_FULL" })
    await storage.delete("x")
    await storage.put("y", new Uint8Array(1_500))
    for (const options of [{ maxObjectBytes: 0 }, { quota: { maxBytes: -1 } }, { quotaRefreshMs: 0.5 }])
      expect(() => openStorage("memory:", options)).toThrow("whole number")
  })
  test("refuses what it cannot keep", async () => {
    const storage = openStorage("memory:")
    const rows: object[] = [
      { metadata: { Large: "x" } },
      { metadata: { "ashlar-sha256": "x" } },
      { metadata: { a: "x\r\ny" } },
      { metadata: { a: " x" } },
      { metadata: { a: 1 } },
      { metadata: { a: "ü".repeat(1_000) } },
      { contentType: "text" },
      { contentType: "text/html\r\nx: y" },
      { visibility: "everybody" },
      { sha256: "x" },
      { maxBytes: -1 },
      { ifNoneMatch: "*", ifMatch: "x" },
    ]
    for (const options of rows) await refused(storage.put("x", "1", options), { code: "STORAGE_OPTION_INVALID" })
    await refused(storage.put("x", 5 as unknown as string), { code: "STORAGE_OPTION_INVALID" })
    await refused(storage.get("x", { range: { start: -1, end: 2 } }), { code: "STORAGE_OPTION_INVALID" })
    expect(await keysOf(storage)).toEqual([])
  })
  test("is closed with all its scopes", async () => {
    const storage = openStorage("memory:")
    const scope = storage.at("a")
    await scope.put("x", "1")
    await scope.close()
    for (const one of [storage, scope]) await refused(one.put("x", "1"), { code: "STORAGE_CLOSED" })
  })
  test("is a service of an app", async () => {
    const Files = defineStorage(() => "memory:", { name: "files" })
    const container = createContainer()
    const files = await container.get(Files)
    await files.put("x", "1")
    expect(await files.text("x")).toBe("1")
    await container.close()
    await refused(files.put("x", "1"), { code: "STORAGE_CLOSED" })
  })
  test("whose caller uses a buffer again keeps what it was given", async () => {
    const storage = openStorage("memory:")
    const buffer = new Uint8Array([1])
    await storage.put("x", buffer)
    buffer[0] = 2
    const read = await storage.get("x")
    expect([...read]).toEqual([1])
    read[0] = 3
    expect([...(await storage.get("x"))]).toEqual([1])
  })
})
