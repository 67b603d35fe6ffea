import { blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import { kindOf, Run } from "./issue.ts"
import { createNode, type Node, nodeOf } from "./node.ts"
import type { AnySchema, Schema } from "./schema.ts"

export function union<const S extends readonly AnySchema[]>(members: S): Schema<S[number]["~o"], S[number]["~i"]> {
  if (members.length === 0) throw new SchemaInvalid("Expected union() to be given at least one schema, got none.")
  return new SchemaBuilder<S[number]["~o"], S[number]["~i"]>(blueprint(unionNode(members.map(nodeOf))))
}

function unionNode(members: readonly Node[]): Node {
  const expected = [...new Set(members.map((member) => member.expected))].join(" or ")
  return createNode({
    expected,
    check(value, run) {
      const attempts: Run[] = []
      for (const member of members) {
        const attempt = new Run(run.depth)
        const checked = member.check(value, attempt)
        if (attempt.count === 0) return checked
        attempts.push(attempt)
      }
      return explain(attempts, expected, value, run)
    },
    // The first member that takes the value has it, changed or not: only where none of them changes any is it the same.
    fits: members.every((member) => member.isPure) ? (value) => members.some(({ fits }) => fits!(value)) : undefined,
    toJson: (context) => ({ anyOf: members.map((member) => member.toJson(context)) }),
  })
}

/**
 * Says what is wrong with the member that was meant: of those that are for a value of this type, and whose tags it has,
 * the one with the fewest issues. "Expected an integer at width" helps more than "none of these five shapes".
 */
function explain(attempts: readonly Run[], expected: string, value: unknown, run: Run): undefined {
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
  const expected = [...new Set(tags.filter((tag) => tag.key === key).map((tag) => tag.expected))].join(" or ")
  const before = run.count
  run.report({ code: "value", expected, message: `Expected ${expected}, got another value.` })
  run.locate(before, key)
}
