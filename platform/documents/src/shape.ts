import { didYouMean, type ErrorClass, nearest } from "@ashlar/core"
import { FieldUnknown } from "./errors.ts"
import { quote } from "./text.ts"
import { escapePointer, isObject } from "./value.ts"

/**
 * Reads an object of a request that has only these fields. An absent field and an `undefined` one are the same.
 *
 * @param at The JSON pointer of the object, for messages.
 * @param refusal What to throw when it is no object.
 * @throws {DOCUMENTS_FIELD_UNKNOWN} with the nearest known field, when it has another one.
 */
export function readFields<Field extends string>(
  input: unknown,
  fields: readonly Field[],
  { at, refusal }: { readonly at: string; readonly refusal: ErrorClass },
): { readonly [Name in Field]?: unknown } {
  if (!isObject(input)) throw refuse(refusal, { at, expected: "an object", got: input })
  for (const field of Object.keys(input)) {
    if ((fields as readonly string[]).includes(field)) continue
    const pointer = `${at}/${escapePointer(field)}`
    const near = nearest(field, fields)
    throw new FieldUnknown(`Unknown field ${quote(field)} at ${pointer}. ${didYouMean(field, fields)}`, {
      details: near === undefined ? { pointer, field: shown(field) } : { pointer, field: shown(field), nearest: near },
    })
  }
  return input as { readonly [Name in Field]?: unknown }
}

/** An error that names the place, what was expected there and what came instead. */
export function refuse(
  refusal: ErrorClass,
  { at, expected, got }: { readonly at: string; readonly expected: string; readonly got: unknown },
): InstanceType<ErrorClass> {
  const place = at === "" ? "the request" : at
  return new refusal(`Expected ${expected} at ${place}, got ${describe(got)}.`, { details: { pointer: at } })
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value === undefined) return "nothing"
  return isObject(value) ? "an object" : quote(value)
}

/** A name a caller sent, safe to send back in details. */
export function shown(name: string): string {
  return name.slice(0, 80).toWellFormed()
}
