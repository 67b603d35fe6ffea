import { blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import { createNode, type Node, nodeOf } from "./node.ts"
import { Run } from "./run.ts"
import type { AnySchema, Schema } from "./schema.ts"
import { either, kindOf, term } from "./term.ts"

const OTHER_VALUE = term("otherValue")

export function union<const S extends readonly AnySchema[]>(members: S): Schema<S[number]["~o"], S[number]["~i"]> {
  if (members.length === 0) throw new SchemaInvalid("Expected union() to be given at least one schema, got none.")
  return new SchemaBuilder<S[number]["~o"], S[number]["~i"]>(blueprint(unionNode(members.map(nodeOf))))
}

function unionNode(members: readonly Node[]): Node {
  const expected = either(members.map((member) => member.expected))
  return createNode({
    expected,
    keys: keysOf(members),
    check(value, run) {
      const attempts: Run[] = []
      for (const member of members) {
        const attempt = new Run(run.depth)
        const checked = member.check(value, attempt)
        if (attempt.count === 0) return checked
        attempts.push(attempt)
      }
      return explainUnion(attempts, expected, value, run)
    },
    // The first member that takes the value has it, changed or not: only where none of them changes any is it the same.
    fits: members.every((member) => member.isPure && member.fits !== undefined)
      ? (value) => members.some(({ fits }) => fits!(value))
      : undefined,
    isPure: members.every((member) => member.isPure),
    toJson: (context) => ({ anyOf: members.map((member) => member.toJson(context)) }),
  })
}

/** The keys that any of them knows. */
export function keysOf(members: readonly Node[]): ReadonlySet<string> | undefined {
  const known = members.map(({ keys }) => keys).filter((keys) => keys !== undefined)
  return known.length === 0 ? undefined : new Set(known.flatMap((keys) => [...keys]))
}

/**
 * Says what is wrong with the member that was meant: of those that are for a value of this type, and whose tags it has,
 * the one with the fewest issues. "Expected an integer at width" helps more than "none of these five shapes".
 */
export function explainUnion(
  attempts: readonly Run[],
  expected: Node["expected"],
  value: unknown,
  run: Run,
): undefined {
  const ofType = attempts.filter((attempt) => !attempt.missesType())
  if (ofType.length === 0) return run.expect("union", expected, kindOf(value))
  const ofTag = ofType.filter((attempt) => !attempt.missedTag())
  if (ofTag.length === 0 && ofType.length > 1) return refuseTags(ofType, run)
  const [nearest] = (ofTag.length > 0 ? ofTag : ofType).toSorted((one, other) => one.count - other.count)
  if (nearest) run.take(nearest)
}

/** No member has the value's tag: all the tags there are, at the key that the first member has its own. */
function refuseTags(attempts: readonly Run[], run: Run): undefined {
  const tags = attempts.flatMap((attempt) => attempt.missedTag() ?? [])
  const key = tags[0]!.key
  const expected = either(tags.filter((tag) => tag.key === key).map((tag) => tag.expected))
  const before = run.count
  run.expect("value", expected, OTHER_VALUE)
  run.locate(before, key)
}
