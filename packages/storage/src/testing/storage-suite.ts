import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { openStorage } from "../open-storage.ts"
import type { Storage } from "../storage.ts"
import type { ObjectStore } from "../store.ts"
import { describeKeys } from "./key-cases.ts"
import { describeLists } from "./list-cases.ts"
import { describeWrites } from "./write-cases.ts"

export interface StorageSuiteOptions {
  /** Opens the same storage once more, as another process would. The suite uses a prefix of its own. */
  readonly open: () => ObjectStore | Promise<ObjectStore>
  /** Whether a key may be another's beginning: `a` and `a/b`. */
  readonly nestedKeys: boolean
  /** Whether a condition is weighed at the moment of the write, not before. Default true. */
  readonly conditional?: boolean
  /** A size at which the driver works otherwise: where it begins to send parts. */
  readonly largeBytes?: number
}

/** A storage under a prefix of this test alone. */
export interface Stage {
  storage: Storage
  /** The same place, opened again. */
  other: Storage
  options: StorageSuiteOptions
}

/**
 * The suite that every store passes.
 * @example describeStorage("my store", { open: () => openMyStore(url), nestedKeys: true })
 */
export function describeStorage(name: string, options: StorageSuiteOptions): void {
  describe(`a storage in ${name}`, () => {
    const stage = { options } as Stage
    let roots: Storage[] = []
    beforeEach(async () => {
      const prefix = `suite-${crypto.randomUUID()}`
      roots = [openStorage(await options.open()), openStorage(await options.open())]
      Object.assign(stage, { storage: roots[0]!.at(prefix), other: roots[1]!.at(prefix) })
    })
    afterEach(async () => {
      const keys: string[] = []
      for await (const { key } of stage.storage.all()) keys.push(key)
      await stage.storage.delete(keys)
      for (const root of roots) await root.close()
    })
    describeReads(stage)
    describeStates(stage)
    describeWrites(stage)
    describeKeys(stage)
    describeLists(stage)
  })
}

export const BYTES: Uint8Array = Uint8Array.from({ length: 1000 }, (_, at) => (at * 7) % 256)

function describeReads(stage: Stage): void {
  test("gives back what was put, and what is known of it", async () => {
    const { storage, other } = stage
    const put = await storage.put("a/ü b.txt", "text", { metadata: { author: "Ünal", plain: "x y" } })
    expect(put).toMatchObject({
      key: "a/ü b.txt",
      sizeBytes: 4,
      contentType: "text/plain;charset=utf-8",
      metadata: { author: "Ünal", plain: "x y" },
      visibility: "private",
      sha256: "982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1",
    })
    expect(Math.abs(put.modified.getTime() - Date.now())).toBeLessThan(600_000)
    const { modified: _, ...known } = put
    expect(await other.head("a/ü b.txt")).toMatchObject(known)
    expect([await other.text("a/ü b.txt"), await other.exists("a/ü b.txt")]).toEqual(["text", true])
  })
  test.each([
    ["bytes", () => BYTES],
    ["a buffer", () => BYTES.slice().buffer as ArrayBuffer],
    ["a Blob", () => new Blob([BYTES.slice()], { type: "image/png" })],
    ["a stream", () => new Blob([BYTES.slice()]).stream()],
    ["pieces", () => pieces([BYTES.subarray(0, 10), new Uint8Array(0), BYTES.subarray(10)])],
    ["nothing", () => new Uint8Array(0)],
  ])("takes %s", async (name, body) => {
    const put = await stage.storage.put("x", body())
    const expected = name === "nothing" ? new Uint8Array(0) : BYTES
    expect(put.contentType).toBe(name === "a Blob" ? "image/png" : "application/octet-stream")
    expect(put.sizeBytes).toBe(expected.length)
    expect(await stage.other.get("x", { verify: true })).toEqual(expected as Uint8Array<ArrayBuffer>)
  })
  test.each([
    [{ start: 0, end: 10 }, 0, 10],
    [{ start: 990 }, 990, 1000],
    [{ start: 500, end: 5000 }, 500, 1000],
    [{ start: -10 }, 990, 1000],
    [{ start: -5000 }, 0, 1000],
  ])("reads the range %o", async (range, start, end) => {
    await stage.storage.put("x", BYTES)
    const opened = await stage.storage.stream("x", { range })
    expect([opened.range, opened.object.sizeBytes]).toEqual([{ start, end }, 1000])
    const read = new Uint8Array(await new Response(opened.body).arrayBuffer())
    expect(read).toEqual(BYTES.subarray(start, end) as Uint8Array<ArrayBuffer>)
  })
  test("says that a range is not there, and how much is", async () => {
    await stage.storage.put("x", BYTES)
    const failure = stage.storage.get("x", { range: { start: 1000 } })
    await refused(failure, { code: "STORAGE_RANGE_INVALID", details: { sizeBytes: 1000 } })
    await refused(stage.storage.get("x", { range: { start: 0 }, verify: true }), { code: "STORAGE_OPTION_INVALID" })
  })
}

function describeStates(stage: Stage): void {
  test("says what is not there", async () => {
    const { storage } = stage
    expect([await storage.head("none"), await storage.exists("no/ne")]).toEqual([undefined, false])
    const reads = [
      () => storage.get("none"),
      () => storage.stream("none"),
      () => storage.copy("none", "x"),
      () => storage.update("none", {}),
    ]
    for (const read of reads) {
      await refused(read(), { code: "STORAGE_NOT_FOUND", status: 404 })
    }
    await storage.delete(["none", "no/ne"])
  })
  test("reads one state, whatever is written meanwhile", async () => {
    const { storage, other } = stage
    await storage.put("x", BYTES)
    const { body } = await storage.stream("x")
    await other.put("x", "other")
    const read = new Uint8Array(await new Response(body).arrayBuffer())
    expect(read).toEqual(BYTES as Uint8Array<ArrayBuffer>)
    expect(await storage.text("x")).toBe("other")
  })
  test("lets go of what is not read to its end", async () => {
    await stage.storage.put("x", new Uint8Array(3_000_000))
    for (let round = 0; round < 50; round++) {
      const { body } = await stage.storage.stream("x")
      const reader = body.getReader()
      if (round % 2 === 0) await reader.read()
      await reader.cancel()
    }
    await stage.storage.delete("x")
    expect(await stage.storage.exists("x")).toBe(false)
  })
  test("takes no more into memory than it may", async () => {
    await stage.storage.put("x", BYTES)
    const failure = stage.storage.get("x", { maxBytes: 999 })
    await refused(failure, { code: "STORAGE_TOO_LARGE", details: { maxBytes: 999 } })
    expect((await stage.storage.get("x", { maxBytes: 10, range: { start: 0, end: 10 } })).length).toBe(10)
  })
  test("reads only the state that is asked for", async () => {
    const { etag } = await stage.storage.put("x", "one")
    expect(await stage.storage.text("x", { ifMatch: etag })).toBe("one")
    await stage.storage.put("x", "two")
    await refused(stage.storage.get("x", { ifMatch: etag }), { code: "STORAGE_PRECONDITION_FAILED" })
  })
}

/** Waits for an error that is so. */
export async function refused(work: Promise<unknown>, error: object): Promise<void> {
  const failure = await work.then(
    () => "it was done",
    (cause: unknown) => cause,
  )
  expect(failure).toMatchObject(error)
}

export async function* pieces(list: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* list
}
