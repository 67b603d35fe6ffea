import type { Document, JsonObject, JsonValue } from "@ashlar/sdk"
import { toNumber } from "./format.ts"

/** Where a value is in a document: its keys and positions from the top. */
export type Path = readonly (string | number)[]

export type FieldType = "text" | "int" | "num" | "bool" | "null" | "array" | "object"

export function typeOf(value: JsonValue | undefined): FieldType {
  if (value === null || value === undefined) return "null"
  if (typeof value === "string") return "text"
  if (typeof value === "boolean") return "bool"
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "num"
  return Array.isArray(value) ? "array" : "object"
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

/** The value at a path, undefined when there is none. */
export function valueAt(data: JsonValue | undefined, path: Path): JsonValue | undefined {
  let value: JsonValue | undefined = data
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, JsonValue>)[step]
  }
  return value
}

/** A copy with one value replaced, or taken out when `value` is undefined. Missing objects on the way are made. */
export function withValue(data: JsonValue | undefined, path: Path, value: JsonValue | undefined): JsonValue {
  const [step, ...rest] = path
  if (step === undefined) return value ?? null
  if (Array.isArray(data) && typeof step === "number") {
    const copy = [...(data as readonly JsonValue[])]
    if (rest.length === 0 && value === undefined) copy.splice(step, 1)
    else copy[step] = withValue(copy[step], rest, value)
    return copy
  }
  const { [String(step)]: inner, ...others } = isObject(data) ? data : ({} as JsonObject)
  if (rest.length === 0 && value === undefined) return others
  const changed = withValue(inner, rest, value)
  // The key keeps its place.
  if (!isObject(data) || !Object.hasOwn(data, step)) return { ...others, [step]: changed }
  return Object.fromEntries(Object.entries(data).map(([key, old]) => [key, key === step ? changed : old]))
}

/** A path as people write it, and as the query language reads it: `location.lat`. */
export function pathText(path: Path): string {
  return path.join(".")
}

/** Can a written path name it without meaning another one? */
export function isPlainPath(path: Path): boolean {
  return path.every((step) => typeof step === "number" || (step !== "" && !step.includes(".") && !step.startsWith("$")))
}

/** A value on one line, as text. */
export function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return ""
  if (typeof value === "string") return value
  if (typeof value === "number") return toNumber(value)
  if (value === null || typeof value === "boolean") return String(value)
  if (Array.isArray(value)) return value.map((item: JsonValue) => valueText(item)).join(", ")
  return Object.values(value)
    .map((item) => valueText(item))
    .join(" · ")
}

const titleFields = ["name", "title", "label", "displayName", "slug", "email", "code", "key"]
const titleInside = ["common", "full", "en", "name", "title", "label"]

/** The path of the text that people would call this document by. */
export function titlePath(data: JsonObject): Path | undefined {
  for (const key of titleFields) {
    const value = data[key]
    if (typeof value === "string" && value !== "") return [key]
    if (isObject(value)) {
      const inside = titleInside.find((name) => typeof value[name] === "string")
      if (inside !== undefined) return [key, inside]
    }
  }
  const first = Object.entries(data).find(([, value]) => typeof value === "string" && value !== "")
  return first && [first[0]]
}

/** What people would call this document; its id when it holds no text. */
export function titleOf(document: Document): string {
  const path = titlePath(document.data)
  const title = path && valueAt(document.data, path)
  return typeof title === "string" ? title : `…${document.id.slice(-6)}`
}

/** One column of the document table. */
export interface Column {
  /** The written path; also the column's id. */
  readonly id: string
  readonly path: Path
  readonly type: FieldType
  /** Short codes are set in mono; the title is strong. */
  readonly look: "title" | "code" | "plain"
  readonly widthPx: number
  readonly alignRight: boolean
}

const SAMPLE = 50
const MAX_FITTED = 8
/** More columns than this are never drawn at once. */
export const MAX_COLUMNS = 30

interface Seen {
  readonly path: Path
  readonly values: JsonValue[]
}

/** Every field of the first documents, scalars inside objects as fields of their own. */
function seenFields(documents: readonly Document[]): Seen[] {
  const seen = new Map<string, Seen>()
  const note = (path: Path, value: JsonValue): void => {
    const id = pathText(path)
    const field = seen.get(id)
    if (field) field.values.push(value)
    else seen.set(id, { path, values: [value] })
  }
  for (const { data } of documents.slice(0, SAMPLE))
    for (const [key, value] of Object.entries(data)) {
      if (!isPlainPath([key])) continue
      note([key], value)
      if (isObject(value))
        for (const [inner, leaf] of Object.entries(value))
          if (isPlainPath([inner]) && (typeof leaf !== "object" || leaf === null)) note([key, inner], leaf)
    }
  return [...seen.values()]
}

function commonType(values: readonly JsonValue[]): FieldType {
  const types = new Set(values.filter((value) => value !== null).map((value) => typeOf(value)))
  if (types.size === 0) return "null"
  if (types.size === 1) return [...types][0] ?? "null"
  return [...types].every((type) => type === "int" || type === "num") ? "num" : "text"
}

function toColumn({ path, values }: Seen, isTitle: boolean): Column {
  const type = commonType(values)
  const isCode = type === "text" && values.every((value) => /^[A-Z0-9_-]{0,6}$/.test(valueText(value)))
  const longest = Math.max(...values.slice(0, SAMPLE).map((value) => valueText(value).length))
  const headPx = 34 + (pathText(path).length + type.length) * 6.4
  const textPx = isCode ? longest * 8 + 28 : Math.min(longest, 24) * 7.2 + 24
  return {
    id: pathText(path),
    path,
    type,
    look: isTitle ? "title" : isCode ? "code" : "plain",
    widthPx: Math.round(Math.min(isTitle ? 240 : 220, Math.max(72, headPx, isTitle ? Math.max(140, textPx) : textPx))),
    alignRight: type === "int" || type === "num",
  }
}

/** Which comes first in the table: the title, then short text, then numbers and flags, then the rest. */
function rank(column: Column, values: readonly JsonValue[], total: number): number {
  if (column.look === "title") return -1
  let score = column.path.length > 1 ? 6 : 0
  if (column.type === "array" || column.type === "object") score += 40
  if (column.type === "null") score += 60
  if (column.type === "bool") score += 3
  if (column.type === "text" && values.some((value) => valueText(value).length > 40)) score += 30
  if (column.alignRight) score += 1
  // What is the same everywhere tells no row from another.
  if (values.length > 2 && new Set(values.map((value) => valueText(value))).size === 1) score += 20
  return score + (values.length < total * 0.8 ? 5 : 0)
}

/** The columns of a collection, inferred from its first documents, by rank. */
export function inferColumns(documents: readonly Document[]): readonly Column[] {
  const first = documents[0]
  const title = first && titlePath(first.data)
  const titleId = title && pathText(title)
  const total = Math.min(documents.length, SAMPLE)
  const ranked = seenFields(documents)
    .map((seen) => ({ column: toColumn(seen, pathText(seen.path) === titleId), seen }))
    .sort((a, b) => rank(a.column, a.seen.values, total) - rank(b.column, b.seen.values, total))
    .map(({ column }) => column)
  // An object whose parts are columns already need not be one itself.
  const parents = new Set(ranked.filter((column) => column.path.length > 1).map((column) => String(column.path[0])))
  const columns = ranked.filter((column) => !(column.type === "object" && parents.has(column.id)))
  // One code tells rows apart; more of them push out what says something.
  const codes = columns.filter((column) => column.look === "code")
  return [...columns.filter((column) => !codes.slice(1).includes(column)), ...codes.slice(1)]
}

/** What the check box and the age of a row take. */
export const PICK_PX = 34
export const UPDATED_PX = 84

/** The title and what was asked for first, then the others, among them one figure early: rows are compared by it. */
export function rankColumns(columns: readonly Column[], wanted: readonly string[]): readonly Column[] {
  const isWanted = (column: Column): boolean => column.look === "title" || wanted.includes(column.id)
  const first = columns.filter(isWanted)
  const others = columns.filter((column) => !isWanted(column))
  const figure = first.some((column) => column.alignRight) ? undefined : others.find((column) => column.alignRight)
  return [...new Set([...first, ...others.slice(0, 2), ...(figure ? [figure] : []), ...others])]
}

/**
 * The columns to show when nobody chose: as many as fit, by rank. Text comes first and numbers to the right of it,
 * since numbers in neighbouring columns are read together.
 */
export function fitColumns(columns: readonly Column[], widthPx: number, wanted: readonly string[]): readonly Column[] {
  const chosen: Column[] = []
  let leftPx = widthPx - PICK_PX - UPDATED_PX
  for (const column of rankColumns(columns, wanted)) {
    if (chosen.length >= MAX_FITTED) break
    if (column.widthPx > leftPx && chosen.length > 0) continue
    chosen.push(column)
    leftPx -= column.widthPx
  }
  const inOrder = columns.filter((column) => chosen.includes(column))
  return [...inOrder.filter((column) => !column.alignRight), ...inOrder.filter((column) => column.alignRight)]
}
