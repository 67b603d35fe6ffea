import { blueprint, SchemaBuilder } from "./builder.ts"
import { pipeNode } from "./changes.ts"
import { nodeOf } from "./node.ts"
import type { AnySchema, Schema } from "./schema.ts"

/** `B`, where it takes what `A` gives. */
type Takes<A extends AnySchema, B extends AnySchema> = A["~o"] extends B["~i"] ? B : never

export function pipe<A extends AnySchema, B extends AnySchema>(a: A, b: Takes<A, B>): Schema<B["~o"], A["~i"]>
export function pipe<A extends AnySchema, B extends AnySchema, C extends AnySchema>(
  a: A,
  b: Takes<A, B>,
  c: Takes<B, C>,
): Schema<C["~o"], A["~i"]>
export function pipe<A extends AnySchema, B extends AnySchema, C extends AnySchema, D extends AnySchema>(
  a: A,
  b: Takes<A, B>,
  c: Takes<B, C>,
  d: Takes<C, D>,
): Schema<D["~o"], A["~i"]>
export function pipe(first: AnySchema, ...rest: readonly AnySchema[]): Schema<unknown> {
  return new SchemaBuilder<unknown>(blueprint(rest.map(nodeOf).reduce(pipeNode, nodeOf(first))))
}
