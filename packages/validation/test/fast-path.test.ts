import { expect, test } from "bun:test"
import { v } from "../src/index.ts"
import { nodeOf, run } from "../src/node.ts"
import { Run } from "../src/run.ts"
import type { Schema } from "../src/schema.ts"

/** Deterministic, so that a failure comes back. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32
    return state / 2 ** 32
  }
}

const leaves: readonly (() => Schema<unknown, unknown>)[] = [
  () => v.string(),
  () => v.string().min(1).max(3),
  () => v.string().trim(),
  () => v.string().email(),
  () => v.number(),
  () => v.integer().min(0).max(5),
  () => v.boolean(),
  () => v.coerce.integer(),
  () => v.literal("a"),
  () => v.enum(["a", "b", 1]),
  () => v.unknown(),
  () => v.json(),
  () => v.string().transform((text) => `${text}!`),
  () => v.number().refine((value) => value > 1, "more than one"),
  () => v.string().lowercased().includes("a"),
  () => v.string().min(2).message("x").secret(),
  () => v.number().multipleOf(0.5).above(0),
  () => v.bigint(),
  () => v.date(),
  () => v.coerce.date(),
  () => v.set(v.string()),
  () => v.enum(["a", "b", 1, 2, 2.5]),
  () => v.literal(true),
]

function schema(random: () => number, depth: number): Schema<unknown, unknown> {
  const pick = Math.floor(random() * (depth > 2 ? leaves.length : leaves.length + 16))
  const inner = (): Schema<unknown, unknown> => schema(random, depth + 1)
  const more: readonly (() => Schema<unknown, unknown>)[] = [
    () => v.array(inner()).max(2),
    () => v.object({ a: inner(), b: inner().optional() }),
    () => v.object({ a: inner() }).passthrough(),
    () => v.object({ a: inner(), c: v.string().default("x") }).strip(),
    () => v.record(v.string().max(1), inner()),
    () => v.union([inner(), inner()]),
    () => inner().nullable(),
    () => inner().optional(),
    () => v.array(inner()).min(1).unique(),
    () => v.tuple([inner(), inner()]).rest(inner()),
    () => v.discriminatedUnion("a", [v.object({ a: v.literal("a") }), v.object({ a: v.literal(1), b: inner() })]),
    () => v.intersection([v.object({ a: inner() }), v.object({ b: inner().optional() })]),
    () => v.object({ a: inner(), b: inner(), c: inner(), d: inner(), e: inner().optional() }).partial(),
    () => v.object({ a: v.string(), b: v.string() }).partial().strip(),
    () => inner().catch(() => null),
    () => v.pipe(v.unknown(), inner()),
  ]
  return (leaves[pick] ?? more[pick - leaves.length]!)()
}

function value(random: () => number, depth: number): unknown {
  const plain = ["", "a", " a", "abcd", "a@b.c", 0, 1, 2.5, -1, Number.NaN, true, null, undefined, "1", () => 1]
  const pick = Math.floor(random() * (depth > 2 ? plain.length : plain.length + 6))
  const inner = (): unknown => value(random, depth + 1)
  if (pick < plain.length) return plain[pick]
  const objects: readonly (() => unknown)[] = [
    () => [inner(), inner()].slice(0, Math.floor(random() * 3)),
    () => ({ a: inner() }),
    () => ({ a: inner(), b: inner() }),
    () => ({ a: inner(), x: inner() }),
    () => Object.assign(Object.create({ a: 1 }), { b: inner() }),
    () => JSON.parse(`{"__proto__": ${Math.floor(random() * 2)}, "a": "a"}`),
  ]
  return objects[pick - plain.length]!()
}

test("what fits is what the check takes as it is", () => {
  const random = createRandom(7)
  let fitted = 0
  for (let round = 0; round < 40_000; round++) {
    const node = nodeOf(schema(random, 0))
    const given = value(random, 0)
    if (!node.fits?.(given)) continue
    fitted++
    const run = new Run()
    const checked = node.check(given, run)
    expect([run.count, Object.is(checked, given)]).toEqual([0, true])
  }
  expect(fitted).toBeGreaterThan(3000)
})

test("a pure schema changes nothing that it takes", () => {
  const random = createRandom(11)
  let taken = 0
  for (let round = 0; round < 40_000; round++) {
    const node = nodeOf(schema(random, 0))
    if (!node.isPure) continue
    const given = value(random, 0)
    const run = new Run()
    const checked = node.check(given, run)
    if (run.count > 0) continue
    taken++
    expect(Object.is(checked, given)).toBe(true)
  }
  expect(taken).toBeGreaterThan(2000)
})

test("asking first whether a value fits changes nothing of what is said of it", () => {
  const random = createRandom(13)
  let refused = 0
  for (let round = 0; round < 40_000; round++) {
    const node = nodeOf(schema(random, 0))
    const given = value(random, 0)
    const asked = run(node, given)
    const checked = run({ ...node, fits: undefined }, given)
    expect(asked).toEqual(checked)
    if (asked.issues !== undefined) refused++
  }
  expect(refused).toBeGreaterThan(5000)
})

test("objects of any number of fields are refused alike, whatever is wrong with them", () => {
  for (let fields = 0; fields <= 19; fields++) {
    const shape = Object.fromEntries(
      Array.from({ length: fields }, (_, at) => [`f${at}`, at % 3 === 1 ? v.integer().optional() : v.integer()]),
    )
    const good = Object.fromEntries(Object.keys(shape).map((key, at) => [key, at]))
    for (const schema of [v.object(shape), v.object(shape).passthrough(), v.object(shape).strip()]) {
      const node = nodeOf(schema)
      expect(node.fits!(good)).toBe(true)
      for (const key of [...Object.keys(shape), "extra"])
        for (const wrong of [undefined, "x"]) {
          const given = { ...good, [key]: wrong }
          expect(run(node, given)).toEqual(run({ ...node, fits: undefined }, given))
          const { [key]: _, ...less } = given
          expect(run(node, less)).toEqual(run({ ...node, fits: undefined }, less))
        }
    }
  }
})
