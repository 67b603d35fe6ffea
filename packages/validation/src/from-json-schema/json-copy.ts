import { JsonSchemaInvalid, JsonSchemaTooLarge } from "../errors.ts"
import { MAX_SCHEMA_DEPTH, MAX_SCHEMA_VALUES } from "./limits.ts"

/** A JSON value as this package copies it: objects have no prototype, so what is looked up in them is their own. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** Counts the values of the documents that are copied for one schema. */
export class CopyBudget {
  #left = MAX_SCHEMA_VALUES

  spend(): void {
    if (this.#left-- <= 0)
      throw new JsonSchemaTooLarge(`Expected a schema of at most ${MAX_SCHEMA_VALUES} values, got a larger one.`)
  }
}

/**
 * A copy in which nothing is shared and nobody else changes anything.
 *
 * @throws {VALIDATION_JSON_SCHEMA_INVALID} for what JSON does not have.
 * @throws {VALIDATION_JSON_SCHEMA_TOO_LARGE} also for a value that contains itself.
 */
export function copyJson(value: unknown, budget: CopyBudget, depth: number = 0): JsonValue {
  budget.spend()
  if (value === null || typeof value === "string" || typeof value === "boolean") return value
  if (typeof value === "number" && Number.isFinite(value)) return value
  if (typeof value !== "object")
    throw new JsonSchemaInvalid(`Expected a schema of JSON values, got a ${typeof value} in it.`)
  if (depth >= MAX_SCHEMA_DEPTH)
    throw new JsonSchemaTooLarge(`Expected a schema of at most ${MAX_SCHEMA_DEPTH} levels, got a deeper one.`)
  if (Array.isArray(value)) return value.map((item) => copyJson(item, budget, depth + 1))
  const copy: Record<string, JsonValue> = Object.create(null)
  for (const [key, member] of Object.entries(value))
    if (member !== undefined) copy[key] = copyJson(member, budget, depth + 1)
  return copy
}

/** A copy of a copy, of plain objects, for others to have. */
export function publicJson(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(publicJson)
  if (!isJsonObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, publicJson(member)]))
}
