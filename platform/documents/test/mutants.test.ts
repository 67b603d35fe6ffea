// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are pieces of source
import { afterAll, describe, expect, test } from "bun:test"
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fuzz, loadSubject } from "./fuzz.ts"

/*
 * The test of the fuzz test: each wrong variant that engines and programmers are known to produce is put into a copy of the
 * source, and the fuzz must find it. A variant whose place in the source is gone fails too.
 */

const source = join(import.meta.dir, "../src")
/** Below node_modules: ignored by git, and the copy still resolves the workspace's packages. */
const copies = join(import.meta.dir, `../node_modules/.mutants-${process.pid}`)
const maxQueries = 4000

interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const mutants: readonly Mutant[] = [
  {
    name: "integers as SQLite reads them, not as doubles",
    file: "dialects/sqlite/key.ts",
    from: "CAST(${value} AS REAL)",
    to: "${value}",
  },
  {
    name: "booleans as 0 and 1",
    file: "dialects/sqlite/key.ts",
    from: `export const falseKey = "x'00'"\nexport const trueKey = "x'01'"`,
    to: `export const falseKey = "0"\nexport const trueKey = "1"`,
  },
  {
    name: "NULL for missing",
    file: "dialects/sqlite/key.ts",
    from: "ELSE ${missingKey} END`",
    to: "WHEN 'null' THEN ${missingKey} END`",
  },
  {
    name: "no guard for arrays on the way to a key",
    file: "dialects/sqlite/key.ts",
    from: "return prefixes.length === 0 ? key",
    to: "return prefixes.length >= 0 ? key",
  },
  {
    name: "ranges that let other types in",
    file: "dialects/sqlite/filter.ts",
    from: "raw(type === \"number\" ? `${key}<''` : `${key}<x''`)",
    to: 'raw("1")',
  },
  {
    name: "$in with null that forgets missing",
    file: "condition.ts",
    from: "const values = leaf.values.filter(isScalarValue)",
    to: "const values = leaf.values.filter((each) => isScalarValue(each) && (each !== null || leaf.values.length === 1)) as Scalar[]",
  },
  {
    name: "strings compared by UTF-16 units",
    file: "text.ts",
    from: "return unitRank(x) - unitRank(y)",
    to: "return x - y",
  },
  {
    name: "keys stored in the order they came",
    file: "value.ts",
    from: "return keys.sort(compareText)",
    to: "return keys",
  },
  {
    name: "$not that does not match missing",
    file: "matches.ts",
    from: "return !matches(filter.filter, value)",
    to: `return !matches(filter.filter, value) && !(${"filter.filter.op === 'eq' || filter.filter.op === 'in'"} ? !someReached(value, filter.filter.path, () => true) : false)`,
  },
  {
    name: "comparisons merged for arrays too",
    file: "dialects/sqlite/filter.ts",
    from: "const inArray = leaves.map((leaf) => inArraySql(leaf, scope))",
    to: "const inArray = leaves.slice(0, 1).map((leaf) => inArraySql(leaf, scope))",
  },
  {
    name: "an array compared by its elements only",
    file: "dialects/sqlite/filter.ts",
    from: 'const whole = (leaf.op === "eq" && isArray(leaf.value)) ||',
    to: "const whole =",
  },
  {
    name: "the looser bound kept",
    file: "condition.ts",
    from: "return compared > 0 ? a : b",
    to: "return compared > 0 ? b : a",
  },
  {
    name: "elements that are arrays opened inside $elemMatch",
    file: "matches.ts",
    from: "if (leaf.path.length === 0) return test(leaf, value)",
    to: "if (leaf.path.length === 0) return test(leaf, value) || (isArray(value) && value.some((each) => test(leaf, each)))",
  },
  {
    name: "GLOB characters of a pattern not escaped",
    file: "dialects/sqlite/glob.ts",
    from: 'return token.text.replace(/[*?[]/g, "[$&]")',
    to: "return token.text",
  },
  {
    name: "a literal prefix whose interval is one short",
    file: "glob.ts",
    from: "last === 0xd7ff ? 0xe000 : last + 1",
    to: "last",
  },
  {
    name: "members that forget missing",
    file: "indexes.ts",
    from: "if (missing) keys.add(null)",
    to: "",
  },
  {
    name: "positions of an array also looked up in its elements",
    file: "path.ts",
    from: "if (isPosition(segment)) {",
    to: "if (isPosition(segment) && from.length > Number(segment)) {",
  },
]

afterAll(() => rmSync(copies, { recursive: true, force: true }))

describe("the fuzz test finds", () => {
  for (const [i, { name, file, from, to }] of mutants.entries()) {
    test(name, async () => {
      const root = join(copies, `${i}`)
      mkdirSync(root, { recursive: true })
      cpSync(source, root, { recursive: true })
      const text = readFileSync(join(root, file), "utf8")
      expect(text.split(from).length).toBe(2)
      writeFileSync(
        join(root, file),
        text.replace(from, () => to),
      )
      const subject = await loadSubject(root)
      const result = fuzz(subject, { seed: 1000 + i, queries: maxQueries, stopAtFirst: true })
      if (process.env.DOCUMENTS_FUZZ_VERBOSE) console.log(`${name}: after ${result.queries} queries`)
      expect(result.disagreements.length + result.wrongSorts.length).toBeGreaterThan(0)
    }, 60_000)
  }
})
