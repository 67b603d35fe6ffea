import { describe, expect, test } from "bun:test"
import { numbered, slugOf } from "./slug.ts"

describe("slugs", () => {
  test.each([
    ["How to train your dragon", "how-to-train-your-dragon"],
    ["  C++ & C#: 100% «different»!  ", "c-c-100-different"],
    ["日本語 の 石", "日本語-の-石"],
    ["Ünïcode ﬁne", "ünïcode-fine"],
    ["../../etc/passwd", "etc-passwd"],
    ["x".repeat(300), "x".repeat(200)],
  ])("of %p is %p", (title, slug) => {
    expect(slugOf(title)).toBe(slug)
  })

  test("are no address of something else, and never empty", () => {
    expect(slugOf("Feed!")).toMatch(/^feed-[a-z0-9]{6}$/)
    expect(slugOf("!!!")).toMatch(/^article-[a-z0-9]{6}$/)
  })

  test("have others beside them", () => {
    const others = new Set(Array.from({ length: 100 }, () => numbered("stone")))
    expect(others.size).toBeGreaterThan(95)
    for (const other of others) expect(other).toMatch(/^stone-[a-z0-9]{6}$/)
  })
})
