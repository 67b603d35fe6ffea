import { count } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import type { Message } from "./issue.ts"
import { repeated } from "./json-equality.ts"
import type { JsonSchema } from "./json-schema.ts"
import { anyNodeOf, type Check, checkAt, createNode, type Fits, type Node, nodeOf } from "./node.ts"
import type { Run } from "./run.ts"
import type { AnyAsyncSchema, AnySchema, ArraySchema, AsyncSchema } from "./schema.ts"
import { kindOf, quantity, term } from "./term.ts"

const AN_ARRAY = term("array")
const DIFFERENT = term("different")

/** How many items there may be. Looked at before the items are, so that a list too long costs nothing. */
interface Bounds {
  readonly min: number
  readonly max: number
  readonly message?: Message | undefined
  /** What is no list is a list of one. */
  readonly isLenient?: boolean
}

const UNBOUNDED: Bounds = { min: 0, max: Number.POSITIVE_INFINITY }

function arrayNode(item: Node, bounds: Bounds): Node {
  const checkSize = sizeCheck(bounds)
  const { isLenient = false } = bounds
  return createNode({
    expected: AN_ARRAY,
    check(given, run) {
      const value = isLenient && !Array.isArray(given) && given !== undefined ? [given] : given
      if (!Array.isArray(value)) return run.expect("type", AN_ARRAY, kindOf(value))
      const before = run.count
      checkSize(value, run)
      return run.count === before ? checkItems(item, value, run) : undefined
    },
    fits: fitsArray(item.fits, bounds),
    isPure: item.isPure && !isLenient,
    isAsync: item.isAsync,
    toJson: (context) => ({ type: "array", items: item.toJson(context.inside), ...jsonBounds(bounds) }),
  })
}

function checkItems(item: Node, items: readonly unknown[], run: Run): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let at = 0; at < items.length && !run.isFull; at++) {
    if (item.fits?.(items[at]) === true) continue
    const before = run.count
    const checked = checkAt(item.check, items[at], at, run)
    if (run.count === before && !Object.is(checked, items[at])) {
      copy ??= [...items]
      copy[at] = checked
    }
  }
  return copy ?? items
}

function sizeCheck({ min, max, message }: Bounds): Check {
  const atLeast = term("atLeast", { amount: quantity("item", min) })
  const atMost = term("atMost", { amount: quantity("item", max) })
  return (value, run) => {
    const { length } = value as readonly unknown[]
    if (length >= min && length <= max) return
    const [code, expected] = length < min ? (["too_small", atLeast] as const) : (["too_big", atMost] as const)
    run.report({ code, expected, received: quantity("item", length), message })
  }
}

function jsonBounds({ min, max }: Bounds): JsonSchema {
  return { ...(min > 0 && { minItems: min }), ...(max < Number.POSITIVE_INFINITY && { maxItems: max }) }
}

function fitsArray(fits: Fits | undefined, { min, max }: Bounds): Fits | undefined {
  return fits && ((value) => Array.isArray(value) && value.length >= min && value.length <= max && all(value, fits))
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

  min(items: number, message?: Message): this {
    return this.#within({ min: count("min", items) }, message)
  }

  max(items: number, message?: Message): this {
    return this.#within({ max: count("max", items) }, message)
  }

  length(items: number, message?: Message): this {
    return this.#within({ min: count("length", items), max: items }, message)
  }

  unique(message?: Message): this {
    return this.step(
      { check: checkUnique, fits: (value) => repeated(value as unknown[]) === undefined, json: { uniqueItems: true } },
      message,
    )
  }

  protected override rebuild(plan: Blueprint): this {
    return new ArrayBuilder<S>(this.#item, this.#bounds, plan) as this
  }

  #within(bounds: Partial<Bounds>, message: Message | undefined): this {
    const all = { ...this.#bounds, ...bounds, ...(message !== undefined && { message }) }
    return new ArrayBuilder<S>(this.#item, all, this.plan) as this
  }
}

/** Said at the second of the two. */
function checkUnique(value: unknown, run: Run): unknown {
  const again = repeated(value as unknown[])
  if (again === undefined) return value
  const before = run.count
  run.expect("duplicate", DIFFERENT, term("duplicate", { place: String(again.first) }))
  run.locate(before, again.second)
}

export function array<S extends AnySchema>(item: S): ArraySchema<S>
export function array<S extends AnyAsyncSchema>(item: S): AsyncSchema<S["~o"][], S["~i"][]>
export function array(item: AnySchema | AnyAsyncSchema): unknown {
  const node = anyNodeOf(item)
  return new ArrayBuilder<AnySchema>(node, UNBOUNDED, blueprint(arrayNode(node, UNBOUNDED)))
}

export function arrayOfOne<S extends AnySchema>(item: S): ArraySchema<S> {
  const node = nodeOf(item)
  const bounds = { ...UNBOUNDED, isLenient: true }
  return new ArrayBuilder<S>(node, bounds, blueprint(arrayNode(node, bounds)))
}
