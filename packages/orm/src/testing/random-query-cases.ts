import assert from "node:assert/strict"
import { boolean, integer, Model, text, type Where } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

interface Item {
  readonly id: number
  readonly a: number | null
  readonly b: string
  readonly c: boolean
}

/** True, false, or what SQL says of null. */
type Truth = boolean | undefined

/** A condition that can be asked of a database, and worked out here. */
type Tree =
  | { readonly kind: "leaf"; readonly column: "a" | "b" | "c"; readonly operator: string; readonly value: unknown }
  | { readonly kind: "and" | "or" | "not"; readonly parts: readonly Tree[] }

/** A sequence of numbers from a seed, so that what failed can be run again. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const WORDS = ["", "a", "ab", "b%", "B_", "a*b", "[a]", "é", "zz"]
const OPERATORS = {
  a: ["=", "!=", "<", "<=", ">", ">=", "in", "notIn", "between", "notBetween", "null", "notNull"],
  b: ["=", "!=", "in", "notIn", "contains", "startsWith", "endsWith"],
  c: ["=", "!="],
} as const

function randomTree(random: (below: number) => number, depth: number): Tree {
  if (depth === 0 || random(3) === 0) return randomLeaf(random)
  const kind = (["and", "or", "not"] as const)[random(3)]!
  const count = kind === "not" ? 1 : 1 + random(3)
  return { kind, parts: Array.from({ length: count }, () => randomTree(random, depth - 1)) }
}

function randomLeaf(random: (below: number) => number): Tree {
  const column = (["a", "b", "c"] as const)[random(3)]!
  const operator = OPERATORS[column][random(OPERATORS[column].length)]!
  const one = () => (column === "a" ? random(7) : column === "b" ? WORDS[random(WORDS.length)] : random(2) === 1)
  if (operator === "in" || operator === "notIn")
    return { kind: "leaf", column, operator, value: Array.from({ length: random(12) }, one) }
  if (operator.endsWith("etween")) return { kind: "leaf", column, operator, value: [one(), one()] }
  return { kind: "leaf", column, operator, value: one() }
}

function holds(tree: Tree, item: Item): Truth {
  if (tree.kind === "leaf") return leafHolds(tree, item[tree.column])
  const parts = tree.parts.map((part) => holds(part, item))
  if (tree.kind === "not") return parts[0] === undefined ? undefined : !parts[0]
  const decisive = tree.kind === "or"
  if (parts.includes(decisive)) return decisive
  return parts.includes(undefined) ? undefined : !decisive
}

function leafHolds({ operator, value }: Extract<Tree, { kind: "leaf" }>, own: unknown): Truth {
  if (operator === "null" || operator === "notNull") return (own === null) === (operator === "null")
  const list = value as readonly unknown[]
  // Nothing is in an empty list, null is not either, and SQL says so.
  if ((operator === "in" || operator === "notIn") && list.length === 0) return operator === "notIn"
  if (own === null) return undefined
  const [x, text] = [own as number, String(own)]
  const tests: Readonly<Record<string, () => boolean>> = {
    "=": () => own === value,
    "!=": () => own !== value,
    "<": () => x < (value as number),
    "<=": () => x <= (value as number),
    ">": () => x > (value as number),
    ">=": () => x >= (value as number),
    in: () => list.includes(own),
    notIn: () => !list.includes(own),
    between: () => x >= (list[0] as number) && x <= (list[1] as number),
    notBetween: () => !(x >= (list[0] as number) && x <= (list[1] as number)),
    contains: () => text.includes(String(value)),
    startsWith: () => text.startsWith(String(value)),
    endsWith: () => text.endsWith(String(value)),
  }
  return tests[operator]!()
}

export const randomQueryCases: readonly DatabaseCase[] = [
  {
    name: "random trees of conditions find what they find in memory, the first time and again",
    async run({ db, table }) {
      class Thing extends Model {
        static database = db
        static table = `${table}_things`
        static columns = {
          id: integer().primary({ generated: false }),
          a: integer().nullable(),
          b: text(20),
          c: boolean(),
        }
      }
      await makeTable(db, Thing)
      const seed = 20_261_128
      const random = randomOf(seed)
      const items = Array.from({ length: 40 }, (_, id): Item => {
        const a = random(8)
        return { id, a: a === 7 ? null : a, b: WORDS[random(WORDS.length)]!, c: random(2) === 1 }
      })
      await Thing.insertMany(items)
      const add = (query: Where<typeof Thing>, tree: Tree, isOr: boolean): Where<typeof Thing> => {
        const group = (inner: Where<typeof Thing>): Where<typeof Thing> => {
          if (tree.kind !== "leaf") return tree.parts.reduce((all, part) => add(all, part, tree.kind === "or"), inner)
          const { column, operator, value } = tree
          if (operator === "null") return inner.whereNull(column)
          if (operator === "notNull") return inner.whereNotNull(column)
          return inner.where(column, operator as "=", value as never)
        }
        if (tree.kind === "not") return isOr ? query.orWhereNot(group) : query.whereNot(group)
        return isOr ? query.orWhere(group) : query.where(group)
      }
      for (let round = 0; round < 300; round++) {
        const tree = randomTree(random, 4)
        const expected = items.filter((item) => holds(tree, item) === true).map(({ id }) => id)
        for (const run of ["first", "again"]) {
          const query = add(Thing.query(), tree, false) as ReturnType<typeof Thing.query>
          const found = await query.orderBy("id").pluck("id")
          assert.deepEqual(found, expected, `seed ${seed}, round ${round}, ${run}: ${JSON.stringify(tree)}`)
          assert.equal(await query.count(), expected.length)
        }
      }
    },
  },
]
