import { Database } from "bun:sqlite"
import { describe, expect, test } from "bun:test"
import { refusal } from "../test/project.ts"
import { createRandom } from "../test/random.ts"
import { globSql } from "./dialects/sqlite/glob.ts"
import { matchesGlob, nextPrefix, parseGlob } from "./glob.ts"

const database = new Database(":memory:")

function bySqlite(pattern: string, subject: string, options?: string): boolean {
  const { chunks, params } = globSql(parseGlob(pattern, options, ""), "s")
  const row = database
    .query(`SELECT ${chunks.join("?")} AS found FROM (SELECT ? AS s)`)
    .get(...([...params, subject] as string[]))
  return (row as { found: number }).found === 1
}

/** Pieces of patterns; JavaScript's `u` mode takes all of them but the escaped dash, which it only writes differently. */
const dash = "\\-"
const pieces = [
  ".",
  ".*",
  "a",
  "b",
  "A",
  "[a-c]",
  "[^a]",
  "[b]",
  "\\.",
  "\\*",
  "\\?",
  "\\[",
  "\\]",
  "\\^",
  dash,
  "é",
  "😀",
  "/",
  "[\\]x]",
  "[\\^]",
  "[^\\^]",
  "[a\\-]",
  "[-a]",
  "[x^]",
  "[\\\\a]",
  "\n",
]
const letters = ["a", "b", "c", "A", "x", ".", "*", "?", "[", "]", "^", "-", "é", "😀", "\uffff", "\n", "/", "\\"]

test("memory and SQLite match what JavaScript's engine matches", () => {
  const random = createRandom(42)
  let matched = 0
  for (let i = 0; i < 4000; i++) {
    const body = Array.from({ length: random.below(5) }, () => random.pick(pieces))
    const toPattern = (parts: readonly string[]): string => `${start}${parts.join("")}${end}`
    const start = random.chance(0.4) ? "^" : ""
    const end = random.chance(0.4) ? "$" : ""
    const pattern = toPattern(body)
    const subject = Array.from({ length: random.below(6) }, () => random.pick(letters)).join("")
    const expected = new RegExp(toPattern(body.map((piece) => (piece === dash ? "-" : piece))), "su").test(subject)
    if (expected) matched++
    const memory = matchesGlob(parseGlob(pattern, undefined, ""), subject)
    expect({ pattern, subject, memory, sqlite: bySqlite(pattern, subject) }).toEqual({
      pattern,
      subject,
      memory: expected,
      sqlite: expected,
    })
  }
  expect(matched).toBeGreaterThan(500)
})

describe("the option i folds ASCII letters and nothing else", () => {
  const rows: readonly [pattern: string, subject: string, found: boolean][] = [
    ["^AbC$", "aBc", true],
    ["é", "É", false],
    ["K", "\u212a", false],
    ["^a.*Z$", "A…z", true],
  ]
  for (const [pattern, subject, found] of rows) {
    test(`${pattern} in ${subject}`, () => {
      expect(matchesGlob(parseGlob(pattern, "i", ""), subject)).toBe(found)
      expect(bySqlite(pattern, subject, "i")).toBe(found)
    })
  }
})

describe("a pattern outside of the subset is refused", () => {
  const rows: readonly [pattern: unknown, options?: unknown][] = [
    ["a*"],
    ["a+"],
    ["a?"],
    ["(a)"],
    ["a|b"],
    ["a{2}"],
    ["\\d"],
    ["\\"],
    ["a^b"],
    ["a$b"],
    ["*"],
    [".**"],
    ["[a"],
    ["[]"],
    ["[^]"],
    ["[c-a]"],
    ["[+-/]"],
    ["[\\d]"],
    ["[[:alpha:]]"],
    ["]"],
    [".*.*.*.*.*"],
    ["x".repeat(1001)],
    ["a\0"],
    ["\ud800"],
    [5],
    ["a", "g"],
    ["a", 1],
    ["[a]", "i"],
  ]
  for (const [pattern, options] of rows) {
    test(`${JSON.stringify(pattern).slice(0, 30)} ${options ?? ""}`, async () => {
      expect((await refusal(() => parseGlob(pattern, options, "/where/a/$regex"))).code).toBe(
        "DOCUMENTS_REGEX_UNSUPPORTED",
      )
    })
  }
})

describe("the worst patterns stay fast on long strings", () => {
  const patterns = ["^.*a.*a.*a.*b$", "^.*a.*a.*a.*a$", ".*.*.*.*b", "a.*a.*a.*ab", "[^b].*[^b].*[^b].*[^b].*b$"]
  for (const length of [2000, 30_000]) {
    for (const pattern of patterns) {
      test(`${pattern} on ${length} characters`, () => {
        const subject = "a".repeat(length)
        const glob = parseGlob(pattern, undefined, "")
        const inMemory = fastest(() => matchesGlob(glob, subject))
        const inSqlite = fastest(() => bySqlite(pattern, subject))
        // The bound is 50 ms on a quiet machine; the wrong algorithm takes minutes.
        expect(inMemory).toBeLessThan(150)
        expect(inSqlite).toBeLessThan(150)
      })
    }
  }
})

function fastest(work: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  for (let run = 0; run < 3; run++) {
    const start = performance.now()
    work()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

describe("the least string above all with a prefix", () => {
  const rows: readonly [prefix: string, next: string | undefined][] = [
    ["a", "b"],
    ["az", "a{"],
    ["\ud7ff", "\ue000"],
    ["\uffff", "\u{10000}"],
    ["a\u{10ffff}", "b"],
    ["\u{10ffff}", undefined],
    ["", undefined],
  ]
  for (const [prefix, next] of rows) test(JSON.stringify(prefix), () => expect(nextPrefix(prefix)).toBe(next))
})
