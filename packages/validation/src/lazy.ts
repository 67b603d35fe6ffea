import { blueprint, SchemaBuilder } from "./builder.ts"
import { MAX_DEPTH } from "./issue.ts"
import { createNode, type Node, nodeOf } from "./node.ts"
import type { AnySchema, Schema } from "./schema.ts"

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
        expected: "a nested value",
        check(value, run) {
          if (run.depth >= MAX_DEPTH) return run.tooDeep()
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
