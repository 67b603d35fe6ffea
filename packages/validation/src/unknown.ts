import { blueprint, SchemaBuilder } from "./builder.ts"
import { MAX_DEPTH } from "./issue.ts"
import { tooDeep } from "./lazy.ts"
import { createNode } from "./node.ts"
import { isObject } from "./own-fields.ts"
import type { Run } from "./run.ts"
import type { Schema } from "./schema.ts"
import { kindOf, term } from "./term.ts"

const A_JSON_VALUE = term("json")

/** What JSON can hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

export function unknown(): Schema<unknown> {
  return new SchemaBuilder<unknown>(
    blueprint(
      createNode({
        expected: term("any"),
        check: (value) => value,
        fits: () => true,
        toJson: () => ({}),
      }),
    ),
  )
}

export function json(): Schema<Json> {
  return new SchemaBuilder<Json>(
    blueprint(
      createNode({
        expected: A_JSON_VALUE,
        check: checkJson,
        isPure: true,
        toJson: () => ({}),
      }),
    ),
  )
}

function checkJson(value: unknown, run: Run): unknown {
  if (value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) return value
  if (!Array.isArray(value) && !isPlainObject(value)) return run.expect("type", A_JSON_VALUE, kindOf(value))
  if (run.depth >= MAX_DEPTH) return tooDeep(run)
  run.depth++
  if (Array.isArray(value)) for (let at = 0; at < value.length && !run.isFull; at++) checkInside(value[at], at, run)
  else for (const key of Object.keys(value)) if (!run.isFull) checkInside(value[key], key, run)
  run.depth--
  return value
}

function checkInside(value: unknown, key: string | number, run: Run): void {
  const before = run.count
  checkJson(value, run)
  if (run.count !== before) run.locate(before, key)
}

/** A Date, a Map or an instance of a class would come back from JSON as something else. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  // Of an object of another realm the prototype is another Object.prototype; what marks it is that it has none itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
