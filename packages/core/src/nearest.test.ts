import { describe, expect, test } from "bun:test"
import { didYouMean, editDistance, nearest } from "./nearest.ts"

describe("editDistance", () => {
  test.each([
    ["", "", 0],
    ["a", "", 1],
    ["kitten", "sitting", 3],
    ["form", "from", 1],
    ["ca", "abc", 3],
    ["limit", "limit", 0],
  ])("%p to %p is %p", (from, to, distance) => {
    expect(editDistance(from, to, 10)).toBe(distance)
    expect(editDistance(to, from, 10)).toBe(distance)
  })

  test("stops counting beyond the limit", () => {
    expect(editDistance("abcdefgh", "zyxwvuts", 2)).toBe(3)
    expect(editDistance("a", "abcdef", 2)).toBe(3)
  })

  test("for words of a small alphabet it is symmetric, zero only for equals, and at most the longer length", () => {
    const word = () =>
      Array.from({ length: Math.floor(Math.random() * 7) }, () => "abc"[Math.floor(Math.random() * 3)]).join("")
    for (let i = 0; i < 3_000; i++) {
      const [a, b] = [word(), word()]
      const distance = editDistance(a, b, 20)
      expect(distance).toBe(editDistance(b, a, 20))
      expect(distance === 0).toBe(a === b)
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      for (const limit of [0, 1, 2, 3]) expect(editDistance(a, b, limit)).toBe(Math.min(distance, limit + 1))
    }
  })

  test("one random edit is one away", () => {
    const letters = "abcdefghij"
    for (let i = 0; i < 500; i++) {
      const at = Math.floor(Math.random() * 9)
      const swapped = letters.slice(0, at) + letters[at + 1] + letters[at] + letters.slice(at + 2)
      const dropped = letters.slice(0, at) + letters.slice(at + 1)
      const replaced = `${letters.slice(0, at)}Z${letters.slice(at + 1)}`
      for (const word of [swapped, dropped, replaced]) expect(editDistance(letters, word, 5)).toBe(1)
    }
  })
})

describe("nearest", () => {
  const options = ["limit", "cursor", "sort", "select", "where", "count"]
  test.each([
    ["limti", "limit"],
    ["Cursor", "cursor"],
    ["wher", "where"],
    ["slect", "select"],
    ["sorts", "sort"],
    ["LIMIT", "limit"],
  ])("%p was meant as %p", (word, meant) => {
    expect(nearest(word, options)).toBe(meant)
  })

  test.each(["banana", "x", "", "limitless!", "__proto__"])("%p is near nothing", (word) => {
    expect(nearest(word, options)).toBeUndefined()
  })

  test("of two equally near the first wins", () => {
    expect(nearest("cat", ["bat", "rat"])).toBe("bat")
  })

  test("a very long word and a very long list stay cheap", () => {
    const started = performance.now()
    nearest(
      "a".repeat(1_000_000),
      Array.from({ length: 100_000 }, (_, i) => `${"a".repeat(60)}${i}`),
    )
    expect(performance.now() - started).toBeLessThan(2_000)
  })
})

describe("didYouMean", () => {
  test.each([
    ["limti", ["limit", "sort"], 'Did you mean "limit"?'],
    ["zzz", ["limit", "sort"], "Known: limit, sort."],
    ["zzz", [], "None is known."],
    [
      "zzz",
      Array.from({ length: 14 }, (_, i) => `name${i}`),
      "Known: name0, name1, name2, name3, name4, name5, name6, name7, name8, name9, name10, name11 and 2 more.",
    ],
  ])("%p among %p", (word, names, text) => {
    expect(didYouMean(word, names)).toBe(text)
  })
})
