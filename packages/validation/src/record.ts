import { count } from "./bound.ts"
import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import type { Message } from "./issue.ts"
import type { JsonSchema, JsonSchemaContext } from "./json-schema.ts"
import { checkAt, createNode, type Fits, type Node, nodeOf } from "./node.ts"
import { isObject, setOwn } from "./own-fields.ts"
import { Run } from "./run.ts"
import type { AnySchema, RecordSchema, Schema } from "./schema.ts"
import { kindOf, quantity, quoted, sentence, term } from "./term.ts"

const AN_OBJECT = term("object")

interface Parts {
  readonly key: Node
  readonly value: Node
  readonly min: number
  readonly max: number
  readonly message?: Message | undefined
}

function recordNode(parts: Parts): Node {
  const { min, max, message } = parts
  const atLeast = term("atLeast", { amount: quantity("entry", min) })
  const atMost = term("atMost", { amount: quantity("entry", max) })
  return createNode({
    expected: AN_OBJECT,
    check(value, run) {
      if (!isObject(value)) return run.expect("type", AN_OBJECT, kindOf(value))
      const keys = Object.keys(value)
      const received = quantity("entry", keys.length)
      if (keys.length > max) return run.report({ code: "too_big", expected: atMost, received, message })
      if (keys.length < min) return run.report({ code: "too_small", expected: atLeast, received, message })
      return checkEntries(parts, value, keys, run)
    },
    fits: fitsRecord(parts),
    isPure: parts.key.isPure && parts.value.isPure,
    toJson: (context) => toJson(parts, context),
  })
}

function fitsRecord({ key, value, min, max }: Parts): Fits | undefined {
  const [fitsKey, fitsValue] = [key.fits, value.fits]
  if (fitsKey === undefined || fitsValue === undefined) return undefined
  return (record) => {
    if (!isObject(record) || Object.getPrototypeOf(record) !== Object.prototype) return false
    let entries = 0
    for (const name in record) if (++entries > max || !fitsKey(name) || !fitsValue(record[name])) return false
    return entries >= min
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
    const checked = checkAt(parts.value.check, given, key, run)
    if (run.count === before && name !== key && Object.hasOwn(copy ?? value, name)) reportSame(key, name, run)
    if (run.count === before && (name !== key || !Object.is(checked, given))) {
      copy ??= { ...value }
      if (name !== key) delete copy[key]
      setOwn(copy, name, checked)
    }
  }
  return copy ?? value
}

/** The key as its schema changes it. Its issues are told as one about the key, to be told from those about the value. */
function checkKey(node: Node, key: string, run: Run): string {
  const attempt = new Run()
  const name = node.check(key, attempt)
  if (attempt.count === 0) return name as string
  const before = run.count
  run.report({
    code: "key",
    sentence(locale) {
      const reason = attempt.issues(locale)[0]!.message
      return sentence("badKey", { key: quoted(key), reason }, locale)
    },
  })
  run.locate(before, key)
  return key
}

function reportSame(key: string, name: string, run: Run): void {
  const before = run.count
  run.report({
    code: "key",
    sentence: (locale) => sentence("sameKeys", { key: quoted(key), other: quoted(name) }, locale),
  })
  run.locate(before, key)
}

function toJson({ key, value, min, max }: Parts, context: JsonSchemaContext): JsonSchema {
  const { type: _, ...propertyNames } = key.toJson(context.inside)
  return {
    type: "object",
    additionalProperties: value.toJson(context.inside),
    ...(Object.keys(propertyNames).length > 0 && { propertyNames }),
    ...(min > 0 && { minProperties: min }),
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

  min(entries: number, message?: Message): this {
    return this.#within({ min: count("min", entries) }, message)
  }

  max(entries: number, message?: Message): this {
    return this.#within({ max: count("max", entries) }, message)
  }

  protected override rebuild(plan: Blueprint): this {
    return new RecordBuilder<S>(this.#parts, plan) as this
  }

  #within(bounds: Partial<Parts>, message: Message | undefined): this {
    const parts = { ...this.#parts, ...bounds, ...(message !== undefined && { message }) }
    return new RecordBuilder<S>(parts, this.plan) as this
  }
}

export function record<S extends AnySchema>(key: Schema<string>, value: S): RecordSchema<S> {
  const parts = { key: nodeOf(key), value: nodeOf(value), min: 0, max: Number.POSITIVE_INFINITY }
  return new RecordBuilder<S>(parts, blueprint(recordNode(parts)))
}
