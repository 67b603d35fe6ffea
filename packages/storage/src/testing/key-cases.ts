import { describe, expect, test } from "bun:test"
import { refused, type Stage } from "./storage-suite.ts"
import { keysOf } from "./write-cases.ts"

const GOOD = [
  "a",
  "a b/c d.txt",
  "é漢字/🏳️‍🌈".replaceAll("\u200d", ""),
  ".well-known/x",
  "a..b/...c",
  "%2e%2e/%00",
  "a+b&c=d;e,f@g!h'(i)",
  "#hash [x]{y}^~`$",
  "x".repeat(200),
  `${"deep/".repeat(60)}end`,
  "__proto__/constructor",
  "aux1/console/nulls",
]
const BAD: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["absolute", "/etc/passwd"],
  ["a slash at its end", "a/"],
  ["an empty segment", "a//b"],
  ["out of it", "../a"],
  ["out of it, further on", "a/../../b"],
  ["itself", "a/./b"],
  ["NUL", "a\0b"],
  ["a line break", "a\nb"],
  ["backslashes", "..\\..\\a"],
  ["a drive", "C:/a"],
  ["a stream of NTFS", "a.txt:hidden"],
  ["a device", "a/NUL.txt"],
  ["a device in small letters", "com1"],
  ["a dot at its end", "a./b"],
  ["a blank at its end", "a /b"],
  ["another normal form", "e\u0301"],
  ["a mark that turns the reading direction", "a\u202egpj.exe"],
  ["nothing to be seen", "a\u200bb"],
  ["half a character", "a\ud800b"],
  ["what is reserved", ".ashlar/facts/x"],
  ["what is reserved, in large letters", ".ASHLAR/x"],
  ["a wildcard", "a*"],
  ["a long segment", "x".repeat(201)],
  ["a long key", "long/".repeat(205)],
]

/** Keys mean one object, and lead nowhere else. */
export function describeKeys(stage: Stage): void {
  test("keeps each key by itself, whatever is in it", async () => {
    const { storage, other } = stage
    for (const key of GOOD) await storage.put(key, `of ${key}`)
    for (const key of GOOD) expect(await other.text(key)).toBe(`of ${key}`)
    expect((await keysOf(other)).toSorted()).toEqual(GOOD.toSorted())
  })
  test.each(BAD)("refuses a key with %s", async (_, key) => {
    const { storage } = stage
    const uses: (() => unknown)[] = [
      () => storage.put(key, "x"),
      () => storage.get(key),
      () => storage.stream(key),
      () => storage.head(key),
      () => storage.update(key, {}),
      () => storage.copy(key, "x"),
      () => storage.copy("x", key),
      () => storage.delete(key),
      () => storage.delete(["x", key]),
      () => storage.signedUrl(key),
      async () => storage.publicUrl(key),
      async () => storage.at(key),
    ]
    for (const use of uses) {
      const code = await Promise.resolve()
        .then(use)
        .then(
          () => "done",
          (error: { code: string }) => error.code,
        )
      expect(code).toBe("STORAGE_KEY_INVALID")
    }
  })
  test("lets no scope be left", async () => {
    const { storage } = stage
    const [one, two] = [storage.at("tenants/1"), storage.at("tenants/10")]
    await Promise.all([one.put("a", "of 1"), two.put("a", "of 10")])
    expect(await keysOf(one)).toEqual(["a"])
    expect(await one.list({ prefix: "0" })).toEqual({ objects: [], prefixes: [] })
    expect(await one.list({ delimiter: "/" })).toMatchObject({ objects: [{ key: "a" }], prefixes: [] })
    expect((await one.put("b/c", "x")).key).toBe("b/c")
    expect(await storage.text("tenants/1/b/c")).toBe("x")
    for (const key of ["../10/a", "/tenants/10/a", "..", "b/../../10/a"]) {
      await refused(one.get(key), { code: "STORAGE_KEY_INVALID" })
      await refused(one.copy(key, "stolen"), { code: "STORAGE_KEY_INVALID" })
    }
    await refused(one.list({ prefix: "../" }), { code: "STORAGE_KEY_INVALID" })
    await refused(one.at("x".repeat(200)).put(`${"long/".repeat(170)}end`, "x"), { code: "STORAGE_KEY_INVALID" })
    // A cursor of one scope continues in another one's own keys.
    await one.put("b/d", "x")
    const { cursor } = await one.list({ limit: 1 })
    expect((await two.list({ cursor: cursor! })).objects).toEqual([])
    await refused(one.list({ cursor: "../../" }), { code: "STORAGE_OPTION_INVALID" })
  })
  describe("one key that is another's beginning", () => {
    test(stage.options.nestedKeys ? "is kept beside it" : "is refused", async () => {
      const { storage } = stage
      await storage.put("a", "1")
      await storage.put("b/c", "2")
      const both = [() => storage.put("a/b", "3"), () => storage.put("b", "4")]
      if (stage.options.nestedKeys) {
        await Promise.all(both.map((put) => put()))
        expect(await keysOf(storage)).toEqual(["a", "a/b", "b", "b/c"])
        return
      }
      for (const one of both) {
        await refused(one(), { code: "STORAGE_KEY_CONFLICT", status: 409 })
      }
      expect([await storage.head("a/b"), await storage.head("b")]).toEqual([undefined, undefined])
      expect(await keysOf(storage)).toEqual(["a", "b/c"])
    })
  })
}
