import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import { checkAt, createNode, type Fits, type Node, nodeOf } from "./node.ts"
import type { Run } from "./run.ts"
import type { AnySchema, Schema, TupleInput, TupleOutput, TupleSchema } from "./schema.ts"
import { kindOf, quantity, term } from "./term.ts"

const AN_ARRAY = term("array")

function tupleNode(items: readonly Node[], rest: Node | undefined): Node {
  const all = rest === undefined ? items : [...items, rest]
  const size = quantity("item", items.length)
  const expected = term(rest === undefined ? "exactly" : "atLeast", { amount: size })
  return createNode({
    expected: AN_ARRAY,
    check(value, run) {
      if (!Array.isArray(value)) return run.expect("type", AN_ARRAY, kindOf(value))
      if (value.length < items.length) return run.expect("too_small", expected, quantity("item", value.length))
      if (value.length > items.length && rest === undefined)
        return run.expect("too_big", expected, quantity("item", value.length))
      return checkItems(items, rest, value, run)
    },
    fits: fitsTuple(items, rest),
    isPure: all.every((node) => node.isPure),
    toJson: (context) => toJson(items, rest, context),
  })
}

function checkItems(items: readonly Node[], rest: Node | undefined, value: readonly unknown[], run: Run): unknown {
  let copy: unknown[] | undefined
  for (let at = 0; at < value.length && !run.isFull; at++) {
    const before = run.count
    const checked = checkAt((items[at] ?? rest!).check, value[at], at, run)
    if (run.count === before && !Object.is(checked, value[at])) {
      copy ??= [...value]
      copy[at] = checked
    }
  }
  return copy ?? value
}

function fitsTuple(items: readonly Node[], rest: Node | undefined): Fits | undefined {
  const fits = items.map((item) => item.fits)
  const fitsRest = rest?.fits
  if (fits.includes(undefined) || (rest !== undefined && fitsRest === undefined)) return undefined
  return (value) => {
    if (!Array.isArray(value) || value.length < fits.length) return false
    if (fitsRest === undefined && value.length > fits.length) return false
    for (let at = 0; at < value.length; at++) if (!(fits[at] ?? fitsRest!)(value[at])) return false
    return true
  }
}

function toJson(items: readonly Node[], rest: Node | undefined, context: JsonSchemaContext): JsonSchema {
  return {
    type: "array",
    // JSON Schema wants at least one schema there.
    ...(items.length > 0 && { prefixItems: items.map((item) => item.toJson(context.inside)), minItems: items.length }),
    items: rest === undefined ? false : rest.toJson(context.inside),
  }
}

class TupleBuilder<O extends readonly unknown[], I extends readonly unknown[]>
  extends SchemaBuilder<O, I>
  implements TupleSchema<O, I>
{
  readonly #items: readonly Node[]

  constructor(items: readonly Node[], plan: Blueprint) {
    super({ ...plan, base: tupleNode(items, undefined) })
    this.#items = items
  }

  rest<S extends AnySchema>(item: S): Schema<[...O, ...S["~o"][]], [...I, ...S["~i"][]]> {
    const plan = { ...this.plan, base: tupleNode(this.#items, nodeOf(item)) }
    return new SchemaBuilder<[...O, ...S["~o"][]], [...I, ...S["~i"][]]>(plan)
  }

  protected override rebuild(plan: Blueprint): this {
    return new TupleBuilder<O, I>(this.#items, plan) as this
  }
}

export function tuple<const S extends readonly AnySchema[]>(items: S): TupleSchema<TupleOutput<S>, TupleInput<S>> {
  const nodes = items.map(nodeOf)
  return new TupleBuilder<TupleOutput<S>, TupleInput<S>>(nodes, blueprint(tupleNode(nodes, undefined)))
}
