import { afterAll, beforeEach, describe, expect, test } from "bun:test"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs"
import { open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { BlockWriter } from "./block-writer.ts"
import { writeAll } from "./file-handle.ts"
import { bytesOf, codeOf, concat, randomOf } from "./testing-form.ts"
import { type FolderOptions, toFolder } from "./to-folder.ts"
import { toMemory } from "./to-memory.ts"
import type { IncomingFile } from "./upload-target.ts"

const base = mkdtempSync(join(tmpdir(), "ashlar-uploads-"))
let folder = ""
let count = 0
beforeEach(() => {
  folder = join(base, String(count++))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const FILE: IncomingFile = {
  field: "f",
  originalName: "a.png",
  type: "image/png",
  declaredType: "image/png",
  extension: ".png",
}
const inside = (): string[] => readdirSync(folder, { recursive: true }).map(String).sort()

describe("a folder", () => {
  test("has a file when it is committed, and under its name not before", async () => {
    const writer = await toFolder(folder).open(FILE)
    await writer.write(bytesOf("one "))
    await writer.write(bytesOf("two"))
    expect(inside().filter((name) => name.endsWith(".png"))).toEqual([])
    await writer.end()
    expect(inside().filter((name) => name.endsWith(".png"))).toEqual([])
    const { path } = await writer.commit()
    expect(path).toBe(`${folder}/${writer.name}`)
    expect(readFileSync(path, "utf8")).toBe("one two")
    expect(inside()).toEqual([".incoming", writer.name].sort())
  })

  test.each<[FolderOptions["names"], RegExp]>([
    ["uuid", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\.png$/],
    ["timestamp", /^\d{8}T\d{9}Z-[0-9a-f]{8}\.png$/],
    [(file) => `${file.field}${file.extension}`, /^f\.png$/],
  ])("names files by %p", async (names, pattern) => {
    const writer = await toFolder(folder, names === undefined ? {} : { names }).open(FILE)
    await writer.discard()
    expect(writer.name).toMatch(pattern)
  })

  test.each(["../x", "a/b", "", ".", "..", ".hidden", "CON", "a\0b", "a\\b", `${"x".repeat(300)}`])(
    "refuses %p from a function, and leaves nothing",
    async (name) => {
      expect(await codeOf(() => toFolder(folder, { names: () => name }).open(FILE))).toBe("HTTP_UPLOAD_MISUSED")
      expect(existsSync(folder)).toBe(false)
    },
  )

  test("never replaces a file, and never removes another's", async () => {
    const target = toFolder(folder, { names: () => "same.png" })
    const [first, second] = [await target.open(FILE), await target.open(FILE)]
    await first.write(bytesOf("first"))
    await second.write(bytesOf("second"))
    await first.end()
    await second.end()
    await first.commit()
    expect(await codeOf(() => second.commit())).toBe("HTTP_UPLOAD_NAME_TAKEN")
    await second.discard()
    expect(readFileSync(join(folder, "same.png"), "utf8")).toBe("first")
    expect(inside()).toEqual([".incoming", "same.png"])
  })

  test.each(["open", "written", "ended", "committed"])("has nothing left of a file discarded when %s", async (when) => {
    const writer = await toFolder(folder).open(FILE)
    if (when !== "open") await writer.write(new Uint8Array(700_000))
    if (when === "ended" || when === "committed") await writer.end()
    if (when === "committed") await writer.commit()
    await writer.discard()
    await writer.discard()
    expect(inside()).toEqual([".incoming"])
  })

  test("gives files its mode, and never lets them be executed by itself", async () => {
    for (const [options, mode] of [
      [{}, 0o640],
      [{ mode: 0o600 }, 0o600],
    ] as const) {
      const writer = await toFolder(folder, options).open(FILE)
      await writer.end()
      const { path } = await writer.commit()
      expect(statSync(path).mode & 0o777).toBe(mode)
    }
  })

  test("removes at its start what is stale, and nothing else", async () => {
    mkdirSync(join(folder, ".incoming"), { recursive: true })
    for (const name of ["stale", "fresh"]) writeFileSync(join(folder, ".incoming", name), "x")
    writeFileSync(join(folder, "stored"), "x")
    const old = new Date(Date.now() - 2000)
    utimesSync(join(folder, ".incoming", "stale"), old, old)
    utimesSync(join(folder, "stored"), old, old)
    const writer = await toFolder(folder, { staleAfterMs: 1000 }).open(FILE)
    await writer.discard()
    expect(inside()).toEqual([".incoming", ".incoming/fresh", "stored"])
  })

  test("that cannot be made is tried again", async () => {
    writeFileSync(folder, "a file stands in the way")
    const target = toFolder(folder)
    expect(await codeOf(() => target.open(FILE))).toMatch(/^E(?:NOTDIR|EXIST)$/)
    rmSync(folder)
    await (await target.open(FILE)).discard()
    expect(inside()).toEqual([".incoming"])
  })

  test.skipIf(!existsSync("/dev/full"))("that is full says so", async () => {
    const full = await open("/dev/full", "w")
    expect(await codeOf(() => writeAll(full, bytesOf("x")))).toBe("HTTP_STORAGE_FULL")
    await full.close()
  })

  test.each([{ mode: -1 }, { staleAfterMs: 0.5 }])("refuses the options %p", (options) => {
    expect(() => toFolder(folder, options)).toThrow("whole number")
  })
})

describe("blocks", () => {
  test("hold every byte in its place, whatever the chunks", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = randomOf(seed)
      const written: Uint8Array[] = []
      let isBusy = false
      const writer = new BlockWriter(async (block) => {
        expect(isBusy).toBe(false)
        isBusy = true
        const copy = block.slice()
        await Bun.sleep(0)
        expect(Buffer.compare(block, copy)).toBe(0) // nobody writes into a block that is being written
        isBusy = false
        written.push(copy)
      })
      const sent: Uint8Array[] = []
      for (let pieces = random(12); pieces > 0; pieces--) {
        const chunk = new Uint8Array(random(random(2) === 0 ? 1000 : 600_000)).fill(random(256))
        sent.push(chunk.slice())
        await writer.take(chunk)
        chunk.fill(0) // the caller's to use again
      }
      await writer.flush()
      expect(Buffer.compare(concat(...written), concat(...sent))).toBe(0)
    }
  })

  test("tell of a write that failed at the next call", async () => {
    const failing = (): BlockWriter => new BlockWriter(() => Promise.reject(new RangeError("disk")))
    const writer = failing()
    await writer.take(new Uint8Array(200_000))
    expect(await codeOf(() => writer.take(new Uint8Array(200_000)))).toBe("RangeError: disk")
    const other = failing()
    await other.take(new Uint8Array(200_000))
    await other.idle()
    const last = failing()
    await last.take(new Uint8Array(10))
    expect(await codeOf(() => last.flush())).toBe("RangeError: disk")
  })
})

describe("memory", () => {
  test("gives the bytes, and copies what it takes", async () => {
    const writer = await toMemory().open(FILE)
    const chunk = bytesOf("abc")
    await writer.write(chunk)
    chunk.fill(0)
    await writer.write(bytesOf("def"))
    await writer.end()
    expect(await writer.commit()).toEqual({ bytes: bytesOf("abcdef") })
  })

  test("is bounded for one file and for all that are under way", async () => {
    const target = toMemory({ maxBytes: 10 })
    const first = await target.open(FILE)
    await first.write(new Uint8Array(7))
    expect(await codeOf(() => first.write(new Uint8Array(4)))).toBe("HTTP_PART_TOO_LARGE")
    const second = await target.open(FILE)
    expect(await codeOf(() => second.write(new Uint8Array(4)))).toBe("HTTP_UNAVAILABLE")
    await first.discard()
    await first.discard()
    await second.write(new Uint8Array(10))
    await second.commit()
    const third = await target.open(FILE)
    await third.write(new Uint8Array(10))
    expect(() => toMemory({ maxBytes: -1 })).toThrow("whole number")
  })
})
