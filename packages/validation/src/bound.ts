import { SchemaInvalid } from "./errors.ts"

/** Bounds are checked where they are given: a schema with a bound of NaN would refuse everything, or nothing. */

/** @throws {VALIDATION_SCHEMA_INVALID} */
export function count(method: string, bound: number): number {
  if (Number.isSafeInteger(bound) && bound >= 0) return bound
  throw new SchemaInvalid(`Expected ${method}() to be given a whole number from 0 on, got ${String(bound)}.`)
}

/** @throws {VALIDATION_SCHEMA_INVALID} */
export function finite(method: string, bound: number): number {
  if (Number.isFinite(bound)) return bound
  throw new SchemaInvalid(`Expected ${method}() to be given a finite number, got ${String(bound)}.`)
}
