import { expect, test } from "bun:test"
import { refused, type Stage } from "./storage-suite.ts"

const KEYS = ["a/1", "a/2", "a/b/1", "a-b", "a.txt", "b", "c/d/e/f", "z/é", "z/\uffee", "z/\u{1f600}"]

/** Lists: in one order, by pages, by folders. */
export function describeLists(stage: Stage): void {
  async function fill(): Promise<void> {
    for (const key of KEYS) await stage.storage.put(key, key)
  }
  const ordered = ["a-b", "a.txt", "a/1", "a/2", "a/b/1", "b", "c/d/e/f", "z/é", "z/\uffee", "z/\u{1f600}"]

  test.each([1, 2, 3, 7, 100])("gives all keys by their bytes, in pages of %d", async (limit) => {
    await fill()
    const found: string[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await stage.other.list({ limit, ...(cursor !== undefined && { cursor }) })
      expect(page.objects.length).toBeLessThanOrEqual(limit)
      found.push(...page.objects.map(({ key }) => key))
      cursor = page.cursor
      pages++
    } while (cursor !== undefined && pages < 50)
    expect(found).toEqual(ordered)
  })
  test.each([1, 2, 100])("tells folders once, in pages of %d", async (limit) => {
    await fill()
    const found: string[] = []
    let cursor: string | undefined
    let pages = 0
    do {
      const page = await stage.storage.list({ limit, delimiter: "/", ...(cursor !== undefined && { cursor }) })
      expect(page.objects.length + page.prefixes.length).toBeLessThanOrEqual(limit)
      found.push(...page.objects.map(({ key }) => key), ...page.prefixes)
      cursor = page.cursor
      pages++
    } while (cursor !== undefined && pages < 50)
    expect(found.toSorted()).toEqual(["a-b", "a.txt", "a/", "b", "c/", "z/"].toSorted())
    expect(found.length).toBe(6)
  })
  test.each([
    ["a", undefined, ["a-b", "a.txt", "a/1", "a/2", "a/b/1"], []],
    ["a/", undefined, ["a/1", "a/2", "a/b/1"], []],
    ["a/", "/", ["a/1", "a/2"], ["a/b/"]],
    ["a", "/", ["a-b", "a.txt"], ["a/"]],
    ["a/b", "/", [], ["a/b/"]],
    ["c/d/", "/", [], ["c/d/e/"]],
    ["none", "/", [], []],
    ["z/\u{1f600}", undefined, ["z/\u{1f600}"], []],
  ] as const)("lists the prefix %s with the delimiter %s", async (prefix, delimiter, objects, prefixes) => {
    await fill()
    const page = await stage.storage.list({ prefix, ...(delimiter !== undefined && { delimiter }) })
    expect(page.objects.map(({ key }) => key)).toEqual([...objects])
    expect([...page.prefixes]).toEqual([...prefixes])
    expect(page.cursor).toBeUndefined()
  })
  test("tells of each what it says elsewhere", async () => {
    const { storage } = stage
    const { etag, sizeBytes } = await storage.put("x", "abc")
    const [listed] = (await storage.list()).objects
    expect(listed).toMatchObject({ key: "x", etag, sizeBytes })
    expect(Math.abs(listed!.modified.getTime() - (await storage.head("x"))!.modified.getTime())).toBeLessThan(2_000)
  })
  test("goes on where it was, whatever is written between two pages", async () => {
    const { storage } = stage
    for (const key of ["b", "d", "f", "h"]) await storage.put(key, key)
    const first = await storage.list({ limit: 2 })
    await storage.put("a", "before")
    await storage.put("e", "behind")
    await storage.delete("d")
    const rest = await storage.list({ cursor: first.cursor! })
    expect([...first.objects, ...rest.objects].map(({ key }) => key)).toEqual(["b", "d", "e", "f", "h"])
  })
  test("refuses what it cannot do", async () => {
    for (const options of [{ limit: 0 }, { limit: 1001 }, { delimiter: "-" as "/" }, { cursor: "!" }]) {
      const failure = stage.storage.list(options)
      await refused(failure, { code: "STORAGE_OPTION_INVALID" })
    }
  })
}
