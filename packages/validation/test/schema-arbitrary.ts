import fc from "fast-check"
import { type Schema, v } from "../src/index.ts"
import { nodeOf } from "../src/node.ts"

/** Schemas of all kinds, and values that they may take: few keys and few texts, so that many do. */

type Any = Schema<unknown, unknown>

const texts = [
  "",
  "a",
  "ab",
  "ABC",
  " a",
  "a1",
  "😀",
  "é",
  "2026-01-31",
  "2026-02-30",
  "a@b.co",
  "10.0.0.1",
  "aGk=",
  "aGk",
]
const numbers = [0, 1, 2, -1, 0.5, 1.5, 10, 1e6]

const text: fc.Arbitrary<Any> = fc.constantFrom<Any>(
  v.string(),
  v.string().min(1).max(2),
  v.string().length(2),
  v.string().min(1).min(2),
  v.string().regex(/^[a-z]+$/),
  v.string().regex(/^[a-z]\d?$/i),
  v.string().regex(/^.$/u),
  v.string().regex(/a/).regex(/1/),
  v.string().startsWith("a"),
  v.string().endsWith("C"),
  v.string().includes("b"),
  v.string().trimmed(),
  v.string().email(),
  v.string().date(),
  v.string().ipv4(),
  v.string().ip(),
  v.string().uuid(),
  v.string().base64(),
  v.string().base64url(),
  v.string().hex(),
  v.string().slug(),
  v.string().secret(),
)

const number: fc.Arbitrary<Any> = fc.constantFrom<Any>(
  v.number(),
  v.integer(),
  v.number().int(),
  v.number().min(0).max(1),
  v.number().above(0).below(2),
  v.number().multipleOf(0.5),
  v.integer().positive(),
  v.number().safe(),
)

const other: fc.Arbitrary<Any> = fc.constantFrom<Any>(
  v.boolean(),
  v.literal(null),
  v.literal("a"),
  v.literal(1),
  v.enum(["a", "ab", 1]),
  v.unknown(),
  v.json(),
  v.lazy(() => Tree),
)

interface Tree {
  readonly a?: readonly Tree[] | undefined
}

const Tree: Schema<Tree> = v.object({ a: v.array(v.lazy(() => Tree)).optional() })

const changing: fc.Arbitrary<Any> = fc.constantFrom<Any>(
  v.string().trim(),
  v.string().min(2).trim(),
  v.string().trim().min(1).lowercase().max(2),
  v.string().default("a"),
  v.integer().catch(0),
  v.coerce.integer(),
  v.coerce.date(),
  v.coerce.bigint().max(10n),
  v.string().transform((given) => given.length),
  v.pipe(
    v.string().transform((given) => given.length),
    v.integer().max(1),
  ),
  v.set(v.enum(["a", "ab", 1])),
  v.map(v.string(), v.number()),
  v.object({ a: v.string().trim(), b: v.number().default(1) }).strip(),
  v.object({ a: v.unknown() }).strip(),
)

/** Schemas that say yes or no, and change nothing. */
export const schemas: fc.Arbitrary<Any> = schemasOf([text, number, other])

/** The same, and others that give something else than they take. */
export const changingSchemas: fc.Arbitrary<Any> = schemasOf([text, number, other, changing, changing])

function schemasOf(leaves: readonly fc.Arbitrary<Any>[]): fc.Arbitrary<Any> {
  return fc.letrec<{ any: Any; object: Any }>((tie) => {
    const any = tie("any")
    const shape = fc.dictionary(
      fc.constantFrom("a", "b", "c"),
      fc.oneof(
        any,
        any.map((inner) => inner.optional()),
      ),
      { maxKeys: 3, noNullPrototype: true },
    )
    const strict = shape.map((fields): Any => v.object(fields as Record<string, Any>) as Any)
    const open = shape.map((fields): Any => v.object(fields as Record<string, Any>).passthrough() as Any)
    const tagged = fc
      .tuple(any, any)
      .map(
        ([one, two]): Any =>
          v.discriminatedUnion("a", [
            v.object({ a: v.literal("a"), b: one }),
            v.object({ a: v.enum([1, "ab"]), b: two.optional() }),
          ]) as Any,
      )
    const some = fc.array(tie("object"), { minLength: 1, maxLength: 3 })
    return {
      object: fc.oneof(
        { withCrossShrink: true, depthSize: "small" },
        strict,
        open,
        tagged,
        any.map((value): Any => v.record(v.string().max(1), value).max(2) as Any),
        some.map((members): Any => v.union(members)),
        some.map((members): Any => v.intersection(members)),
      ),
      any: fc.oneof(
        { withCrossShrink: true, depthSize: "small" },
        ...leaves,
        tie("object"),
        any.map((item): Any => v.array(item).max(2) as Any),
        any.map((item): Any => v.array(item).min(1).unique() as Any),
        fc.tuple(any, any).map(([one, two]): Any => v.tuple([one, two]) as Any),
        fc.tuple(any, any).map(([one, two]): Any => v.tuple([one]).rest(two) as Any),
        fc.array(any, { minLength: 1, maxLength: 3 }).map((members): Any => v.union(members)),
        fc.array(any, { minLength: 1, maxLength: 2 }).map((members): Any => v.intersection(members)),
        // Of what a pipe takes only the first part is told, where that may change it.
        fc.tuple(any, any).map(([one, two]): Any => (nodeOf(one).isPure ? v.pipe(one, two as never) : two)),
        any.map((inner): Any => inner.nullable()),
        any.map((inner): Any => inner.describe("d").meta({ examples: [1], readOnly: true })),
      ),
    }
  }).any
}

/** What JSON can hold. */
export const values: fc.Arbitrary<unknown> = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(...texts),
    fc.constantFrom(...numbers),
    fc.constantFrom(true, false, null),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c", "d"), tie("any"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).any
