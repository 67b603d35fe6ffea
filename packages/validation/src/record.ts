import { count } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import { counted, kindOf, quoted, Run } from "./issue.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import { createNode, type Fits, type Node, nodeOf } from "./node.ts"
import { isObject, setOwn } from "./object.ts"
import type { AnySchema, RecordSchema, Schema } from "./schema.ts"

interface Parts {
  readonly key: Node
  readonly value: Node
  readonly max: number
}

function recordNode(parts: Parts): Node {
  const { max } = parts
  return createNode({
    expected: "an object",
    check(value, run) {
      if (!isObject(value)) return run.expect("type", "an object", kindOf(value))
      const keys = Object.keys(value)
      if (keys.length > max)
        return run.expect("too_big", `at most ${counted(max, "entry")}`, counted(keys.length, "entry"))
      return checkEntries(parts, value, keys, run)
    },
    fits: fitsRecord(parts),
    isPure: parts.key.isPure && parts.value.isPure,
    toJson: (context) => toJson(parts, context),
  })
}

function fitsRecord({ key, value, max }: Parts): Fits | undefined {
  const [fitsKey, fitsValue] = [key.fits, value.fits]
  if (fitsKey === undefined || fitsValue === undefined) return undefined
  return (record) => {
    if (!isObject(record) || Object.getPrototypeOf(record) !== Object.prototype) return false
    let entries = 0
    for (const name in record) if (++entries > max || !fitsKey(name) || !fitsValue(record[name])) return false
    return true
  }
}

function checkEntries(
  parts: Parts,
  value: Record<string, unknown>,
  keys: readonly string[],
  run: Run,
): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const key of keys) {
    if (run.isFull) break
    const before = run.count
    const given = value[key]
    const name = checkKey(parts.key, key, run)
    const checked = parts.value.check(given, run)
    if (run.count === before && name !== key && Object.hasOwn(copy ?? value, name))
      run.report({ code: "key", message: `Keys ${quoted(key)} and ${quoted(name)} mean the same. Leave one out.` })
    if (run.count !== before) {
      run.locate(before, key)
    } else if (name !== key || !Object.is(checked, given)) {
      copy ??= { ...value }
      if (name !== key) delete copy[key]
      setOwn(copy, name, checked)
    }
  }
  return copy ?? value
}

/** The key as its schema changes it. Its issues are told as one about the key, to be told from those about the value. */
function checkKey(node: Node, key: string, run: Run): string {
  const before = run.count
  const attempt = new Run()
  const name = node.check(key, attempt)
  const [issue] = attempt.issues()
  if (issue) run.report({ code: "key", message: `Key ${quoted(key)} does not fit. ${issue.message}` })
  return run.count === before ? (name as string) : key
}

function toJson({ key, value, max }: Parts, context: JsonSchemaContext): JsonSchema {
  const { type: _, ...propertyNames } = key.toJson(context)
  return {
    type: "object",
    additionalProperties: value.toJson(context),
    ...(Object.keys(propertyNames).length > 0 && { propertyNames }),
    ...(max < Number.POSITIVE_INFINITY && { maxProperties: max }),
  }
}

class RecordBuilder<S extends AnySchema>
  extends SchemaBuilder<Record<string, S["~o"]>, Record<string, S["~i"]>>
  implements RecordSchema<S>
{
  readonly #parts: Parts

  constructor(parts: Parts, plan: Blueprint) {
    super({ ...plan, base: recordNode(parts) })
    this.#parts = parts
  }

  max(entries: number): this {
    return new RecordBuilder<S>({ ...this.#parts, max: count("max", entries) }, this.plan) as this
  }

  protected override rebuild(plan: Blueprint): this {
    return new RecordBuilder<S>(this.#parts, plan) as this
  }
}

export function record<S extends AnySchema>(key: Schema<string>, value: S): RecordSchema<S> {
  const parts = { key: nodeOf(key), value: nodeOf(value), max: Number.POSITIVE_INFINITY }
  return new RecordBuilder<S>(parts, blueprint(recordNode(parts)))
}
