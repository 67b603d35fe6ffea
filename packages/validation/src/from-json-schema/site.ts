import { JsonSchemaInvalid } from "../errors.ts"
import { isJsonObject, type JsonObject, type JsonValue } from "./json-copy.ts"
import type { Keyword, Part } from "./part.ts"

/** Where a keyword stands: what is beside it, and how it comes to the parts that it leads to. */
export interface Site {
  readonly schema: JsonObject
  readonly assertsFormats: boolean
  part(schema: JsonValue): Part
  /** What `$ref` leads to. */
  refer(reference: string): Part
  /** What `$dynamicRef` leads to from here. */
  referDynamically(reference: string): Part
}

/** Reads a keyword; undefined where it demands nothing. */
export type KeywordReader = (value: JsonValue, site: Site) => Keyword | undefined

function refuse(keyword: string, expected: string, value: JsonValue): never {
  const text = JSON.stringify(value)
  const told = text.length > 64 ? `${text.slice(0, 64)}…` : text
  throw new JsonSchemaInvalid(`Expected "${keyword}" to be ${expected}, got ${told}.`)
}

/** @throws {VALIDATION_JSON_SCHEMA_INVALID} as all of these do, for a value that the keyword may not have. */
export function toCount(keyword: string, value: JsonValue): number {
  return Number.isInteger(value) && (value as number) >= 0
    ? (value as number)
    : refuse(keyword, "a whole number from 0 on", value)
}

export function toNumber(keyword: string, value: JsonValue): number {
  return typeof value === "number" ? value : refuse(keyword, "a number", value)
}

export function toText(keyword: string, value: JsonValue): string {
  return typeof value === "string" ? value : refuse(keyword, "text", value)
}

export function toBoolean(keyword: string, value: JsonValue): boolean {
  return typeof value === "boolean" ? value : refuse(keyword, "true or false", value)
}

export function toList(keyword: string, value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : refuse(keyword, "a list", value)
}

export function toTexts(keyword: string, value: JsonValue): readonly string[] {
  const list = toList(keyword, value)
  return list.every((item) => typeof item === "string")
    ? (list as readonly string[])
    : refuse(keyword, "a list of texts", value)
}

export function toMembers(keyword: string, value: JsonValue): readonly (readonly [string, JsonValue])[] {
  return isJsonObject(value) ? Object.entries(value) : refuse(keyword, "an object", value)
}

export function toSchema(keyword: string, value: JsonValue): JsonValue {
  return typeof value === "boolean" || isJsonObject(value) ? value : refuse(keyword, "a schema", value)
}

export function toSchemas(keyword: string, value: JsonValue): readonly JsonValue[] {
  const list = toList(keyword, value)
  if (list.length === 0) refuse(keyword, "a list of at least one schema", value)
  return list.map((schema) => toSchema(keyword, schema))
}

/** A keyword that a value fits or not, as a whole. */
export function assertion(fits: (value: unknown) => boolean, explain: Keyword["explain"]): Keyword {
  return {
    fits,
    explain(value, run) {
      if (!fits(value)) explain(value, run)
    },
  }
}
