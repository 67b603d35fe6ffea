import { blueprint, SchemaBuilder } from "./builder.ts"
import { MAX_DEPTH } from "./issue.ts"
import { createNode, type Node, nodeOf } from "./node.ts"
import type { Run } from "./run.ts"
import type { AnySchema, Schema } from "./schema.ts"
import { quantity, term } from "./term.ts"

/** Says that a value is nested too deep. */
export function tooDeep(run: Run): undefined {
  const expected = term("atMost", { amount: quantity("level", MAX_DEPTH) })
  run.expect("too_deep", expected, term("beyond"))
}

export function lazy<S extends AnySchema>(get: () => S): Schema<S["~o"], S["~i"]> {
  let resolved: Node | undefined
  const inner = () => {
    resolved ??= nodeOf(get())
    return resolved
  }
  return new SchemaBuilder<S["~o"], S["~i"]>(
    blueprint(
      createNode({
        // The inner schema does not exist yet when this one is made.
        expected: term("nested"),
        check(value, run) {
          if (run.depth >= MAX_DEPTH) return tooDeep(run)
          run.depth++
          const checked = inner().check(value, run)
          run.depth--
          return checked
        },
        toJson: (context) => context.refer(inner()),
      }),
    ),
  )
}
