import { count } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import { counted, kindOf } from "./issue.ts"
import { createNode, type Fits, type Node, nodeOf } from "./node.ts"
import type { AnySchema, ArraySchema } from "./schema.ts"

/** How many items there may be. Looked at before the items are, so that a list too long costs nothing. */
interface Bounds {
  readonly min?: number
  readonly max?: number
}

function arrayNode(item: Node, { min = 0, max = Number.POSITIVE_INFINITY }: Bounds): Node {
  const { check: checkItem, fits: fitsItem } = item
  return createNode({
    expected: "an array",
    check(value, run) {
      if (!Array.isArray(value)) return run.expect("type", "an array", kindOf(value))
      const { length } = value
      if (length < min) return run.expect("too_small", `at least ${counted(min, "item")}`, counted(length, "item"))
      if (length > max) return run.expect("too_big", `at most ${counted(max, "item")}`, counted(length, "item"))
      let copy: unknown[] | undefined
      for (let at = 0; at < length; at++) {
        const before = run.count
        const given: unknown = value[at]
        const checked = checkItem(given, run)
        if (run.count !== before) {
          run.locate(before, at)
          if (run.isFull) break
        } else if (!Object.is(checked, given)) {
          copy ??= [...value]
          copy[at] = checked
        }
      }
      return copy ?? value
    },
    fits:
      fitsItem &&
      ((value) => Array.isArray(value) && value.length >= min && value.length <= max && all(value, fitsItem)),
    isPure: item.isPure,
    toJson: (context) => ({
      type: "array",
      items: item.toJson(context),
      ...(min > 0 && { minItems: min }),
      ...(max < Number.POSITIVE_INFINITY && { maxItems: max }),
    }),
  })
}

function all(items: readonly unknown[], fits: Fits): boolean {
  for (let at = 0; at < items.length; at++) if (!fits(items[at])) return false
  return true
}

class ArrayBuilder<S extends AnySchema> extends SchemaBuilder<S["~o"][], S["~i"][]> implements ArraySchema<S> {
  readonly #item: Node
  readonly #bounds: Bounds

  constructor(item: Node, bounds: Bounds, plan: Blueprint) {
    super({ ...plan, base: arrayNode(item, bounds) })
    this.#item = item
    this.#bounds = bounds
  }

  min(items: number): this {
    return this.#within({ min: count("min", items) })
  }

  max(items: number): this {
    return this.#within({ max: count("max", items) })
  }

  protected override rebuild(plan: Blueprint): this {
    return new ArrayBuilder<S>(this.#item, this.#bounds, plan) as this
  }

  #within(bounds: Bounds): this {
    return new ArrayBuilder<S>(this.#item, { ...this.#bounds, ...bounds }, this.plan) as this
  }
}

export function array<S extends AnySchema>(item: S): ArraySchema<S> {
  const node = nodeOf(item)
  return new ArrayBuilder<S>(node, {}, blueprint(arrayNode(node, {})))
}
