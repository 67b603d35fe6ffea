import { blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import { kindOf, Run } from "./issue.ts"
import { type Node, nodeOf } from "./node.ts"
import type { AnySchema, Schema } from "./schema.ts"

export function union<const S extends readonly AnySchema[]>(members: S): Schema<S[number]["~o"], S[number]["~i"]> {
  if (members.length === 0) throw new SchemaInvalid("Expected union() to be given at least one schema, got none.")
  return new SchemaBuilder<S[number]["~o"], S[number]["~i"]>(blueprint(unionNode(members.map(nodeOf))))
}

function unionNode(members: readonly Node[]): Node {
  const expected = [...new Set(members.map((member) => member.expected))].join(" or ")
  return {
    absent: "refused",
    expected,
    id: undefined,
    check(value, run) {
      const attempts: Run[] = []
      for (const member of members) {
        const attempt = new Run(run.depth)
        const checked = member.check(value, attempt)
        if (attempt.count === 0) return checked
        attempts.push(attempt)
      }
      const meant = whichWasMeant(attempts)
      return meant ? run.take(meant) : run.expect("union", expected, kindOf(value))
    },
    toJson: (context) => ({ anyOf: members.map((member) => member.toJson(context)) }),
  }
}

/**
 * The only member that the value is of the right type for, or the only one of those whose tags it has: "Expected an
 * integer at width" helps more than "none of these five shapes".
 */
function whichWasMeant(attempts: readonly Run[]): Run | undefined {
  const ofType = attempts.filter((attempt) => !attempt.missesType())
  if (ofType.length <= 1) return ofType[0]
  const ofTag = ofType.filter((attempt) => !attempt.missesTag())
  return ofTag.length === 1 ? ofTag[0] : undefined
}
