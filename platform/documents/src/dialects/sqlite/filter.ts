import type { Condition, KeyCondition, KeySet, Scalar } from "../../condition.ts"
import { isAlways, isNever, toCondition } from "../../condition.ts"
import { isOpening, type Leaf } from "../../filter.ts"
import { isPosition, type Path } from "../../path.ts"
import { canonical, isArray, isObject, type JsonType } from "../../value.ts"
import { type Fragment, joinSql, raw, sql } from "../fragment.ts"
import { globSql } from "./glob.ts"
import { arrayKey, falseKey, keySql, labelSql, missingKey, nameSql, objectKey, rowKeySql, trueKey } from "./key.ts"

/** What the declared indexes of a collection allow a query to rest on. */
export interface Indexing {
  /** Whether the path never holds an array. */
  isScalar(path: Path): boolean
  /** The table that holds the members of the path, if one is kept. */
  membersTable(path: Path): string | undefined
}

/** Where paths start, and how they may be read. */
export interface Scope {
  /** SQL of the JSON text of the document, or of the element under test. */
  readonly source: string
  /** Absent: no key and no index serves here, and every path is read by walking the JSON. Exact, and slower. */
  readonly indexing?: Indexing
  /** Names for the rows of `json_each`, each used once. */
  readonly names: { next: number }
}

/** SQL of a value under test: its key, its JSON type, and, for arrays and objects, its JSON text. */
interface Place {
  readonly key: string
  readonly type: string
  readonly text: string
}

const sqlTypes: Readonly<Record<JsonType, string>> = {
  null: "'null'",
  boolean: "'true','false'",
  number: "'integer','real'",
  string: "'text'",
  array: "'array'",
  object: "'object'",
}

/** Longer lists are bound as one JSON text: each value of a list costs the parser and the statement cache. */
const maxListedValues = 64

/** Where a condition on the rows of a collection's table starts. */
export function rootScope(indexing?: Indexing): Scope {
  return { source: "doc", names: { next: 0 }, ...(indexing && { indexing }) }
}

/** SQL of a condition. Two-valued: never NULL. */
export function conditionSql(condition: Condition, scope: Scope): Fragment {
  if (isAlways(condition)) return raw("1")
  if (isNever(condition)) return raw("0")
  switch (condition.op) {
    case "and":
    case "or": {
      const parts = condition.conditions.map((each) => conditionSql(each, scope))
      return sql`(${joinSql(parts, condition.op === "and" ? " AND " : " OR ")})`
    }
    case "not":
      return sql`NOT (${conditionSql(condition.condition, scope)})`
    case "keys":
      return keyConditionSql(condition, scope)
    default:
      return leafSql(condition, scope)
  }
}

function keyConditionSql({ path, keys, leaves }: KeyCondition, scope: Scope): Fragment {
  const { indexing } = scope
  // One value cannot be several, so for the element itself the merged keys are exact.
  if (path.length === 0) return keySetSql(elementPlace(scope.source).key, keys)
  if (indexing === undefined) {
    return sql`(${joinSql(
      leaves.map((leaf) => leafSql(leaf, scope)),
      " AND ",
    )})`
  }
  const key = keySql(path)
  const byKey = keySetSql(key, keys)
  if (indexing.isScalar(path)) return byKey
  const table = indexing.membersTable(path)
  if (table !== undefined) return membersSql(table, leaves)
  const inArray = leaves.map((leaf) => inArraySql(leaf, scope))
  return sql`(${byKey} OR ${arrayBranch(key, joinSql(inArray, " AND "))})`
}

/** The entries are exactly what the comparisons test, arrays included, so nothing is left to check on the document. */
function membersSql(table: string, leaves: KeyCondition["leaves"]): Fragment {
  const name = raw(nameSql(table))
  const parts = leaves.map((leaf) => {
    const condition = toCondition(leaf, () => true)
    const keys = condition.op === "keys" ? keySetSql("k", condition.keys) : raw("0")
    return sql`n IN (SELECT n FROM ${name} WHERE ${keys})`
  })
  return sql`(${joinSql(parts, " AND ")})`
}

function leafSql(leaf: Leaf, scope: Scope): Fragment {
  if (leaf.path.length === 0) return testSql(leaf, elementPlace(scope.source), scope)
  if (scope.indexing === undefined) return walkSql(leaf, scope)
  const key = keySql(leaf.path)
  const byKey = leafByKeySql(leaf, { key, type: typeSql(leaf.path), text: jsonSql(leaf.path) })
  if (scope.indexing.isScalar(leaf.path) || (leaf.op === "exists" && leaf.path.length === 1)) return byKey ?? raw("0")
  const inArray = arrayBranch(key, inArraySql(leaf, scope))
  return byKey ? sql`(${byKey} OR ${inArray})` : inArray
}

/** What an array must satisfy, at the path or on the way to it. */
function inArraySql(leaf: Leaf, scope: Scope): Fragment {
  const whole = (leaf.op === "eq" && isArray(leaf.value)) || (leaf.op === "type" && leaf.types.includes("array"))
  if (leaf.path.length > 1 || !isOpening(leaf) || whole) return walkSql(leaf, scope)
  // One key, so the array is right there and only its elements are left to test. Half the SQL of a walk, and less to plan.
  const alias = nextName(scope)
  return sql`EXISTS(SELECT 1 FROM ${raw(`json_each(doc,${labelSql(leaf.path)}) ${alias}`)} WHERE ${testSql(leaf, rowPlace(alias), scope)})`
}

/** Keys of different classes exclude each other, so this is the same index once more, and only for arrays. */
function arrayBranch(key: string, walk: Fragment): Fragment {
  return sql`(${raw(`${key}=${arrayKey}`)} AND ${walk})`
}

/** What a path that runs into no array must hold, or undefined when only an array can satisfy the leaf. */
function leafByKeySql(leaf: Leaf, place: Place): Fragment | undefined {
  switch (leaf.op) {
    case "exists":
      return raw(`${place.type} IS NOT NULL`)
    case "type":
      return raw(`coalesce(${typeTestSql(leaf.types, place)},0)`)
    case "eq":
      return isObject(leaf.value)
        ? sql`(${raw(`${place.key}=${objectKey}`)} AND ${raw(place.text)}=${canonical(leaf.value)})`
        : undefined
    case "regex":
      return globSql(leaf.glob, place.key)
    default:
      return undefined
  }
}

function typeSql(path: Path): string {
  return `json_type(doc,${labelSql(path)})`
}

function jsonSql(path: Path): string {
  return `doc->${labelSql(path)}`
}

function typeTestSql(types: readonly JsonType[], place: Place): string {
  return `${place.type} IN (${types.map((type) => sqlTypes[type]).join(",")})`
}

/** Inside `json_each`, `source` is `<alias>.value`; its row has the type and the atom. */
function elementPlace(source: string): Place {
  return rowPlace(source.slice(0, source.lastIndexOf(".")))
}

function rowPlace(alias: string): Place {
  return { key: rowKeySql(alias), type: `${alias}.type`, text: `${alias}.value` }
}

/** Tests one value without opening it. */
function testSql(leaf: Leaf, place: Place, scope: Scope): Fragment {
  switch (leaf.op) {
    case "exists":
      return raw("1")
    case "type":
      return raw(typeTestSql(leaf.types, place))
    case "regex":
      return globSql(leaf.glob, place.key)
    case "size":
      // CASE, because AND does not promise an order, and the length of what is no array would be an error.
      return sql`CASE WHEN ${raw(`${place.type}='array'`)} THEN ${raw(`json_array_length(${place.text})`)}=${leaf.size} ELSE 0 END`
    case "elemMatch":
      return elementsSql(leaf, place, scope)
    case "eq":
      if (isArray(leaf.value)) return wholeSql(place, "array", canonical(leaf.value))
      if (isObject(leaf.value)) return wholeSql(place, "object", canonical(leaf.value))
  }
  return keysTestSql(
    toCondition(leaf, () => true),
    place,
    scope,
  )
}

function wholeSql(place: Place, type: "array" | "object", text: string): Fragment {
  return sql`(${raw(`${place.type}='${type}'`)} AND ${raw(place.text)}=${text})`
}

/** Comparisons with scalars are keys; a list that has arrays or objects besides is taken apart. */
function keysTestSql(condition: Condition, place: Place, scope: Scope): Fragment {
  if (isNever(condition)) return raw("0")
  switch (condition.op) {
    case "keys":
      return keySetSql(place.key, condition.keys)
    case "or":
      return sql`(${joinSql(
        condition.conditions.map((each) => keysTestSql(each, place, scope)),
        " OR ",
      )})`
    default:
      return testSql(condition as Leaf, place, scope)
  }
}

function elementsSql(leaf: Extract<Leaf, { op: "elemMatch" }>, place: Place, scope: Scope): Fragment {
  const alias = nextName(scope)
  const inner: Scope = { source: `${alias}.value`, names: scope.names }
  const condition = conditionSql(
    toCondition(leaf.filter, () => false),
    inner,
  )
  // A filter on objects reads JSON text, which an element that is no object does not have.
  const test =
    leaf.elements === "objects" ? sql`CASE ${raw(alias)}.type WHEN 'object' THEN ${condition} ELSE 0 END` : condition
  return sql`EXISTS(SELECT 1 FROM ${raw(arrayRows(place, alias))} WHERE ${test})`
}

/** The elements of a place as rows; none when it is no array. */
function arrayRows({ type, text }: Place, alias: string): string {
  return `json_each(CASE ${type} WHEN 'array' THEN ${text} END) ${alias}`
}

/** Reads a path by walking the JSON: each step is a row of `json_each`. Exact for every path and every document. */
function walkSql(leaf: Leaf, scope: Scope): Fragment {
  if (leaf.path.length === 0) return leafSql(leaf, scope)
  const { from, where, last } = walkSteps(leaf.path, scope)
  const row = nextName(scope)
  const place = rowPlace(row)
  const rows = [...from, `json_each('['||${last}||']') ${row}`].join(", ")
  let test = testSql(leaf, place, scope)
  if (isOpening(leaf)) {
    const element = nextName(scope)
    const inner = testSql(leaf, rowPlace(element), scope)
    test = sql`(${test} OR EXISTS(SELECT 1 FROM ${raw(arrayRows(place, element))} WHERE ${inner}))`
  }
  const guards = where.map((each) => `${each} AND `).join("")
  const found = sql`EXISTS(SELECT 1 FROM ${raw(rows)} WHERE ${raw(guards)}${test})`
  if (!acceptsMissing(leaf)) return found
  return sql`(${found} OR NOT EXISTS(SELECT 1 FROM ${raw(rows)} WHERE ${raw(guards)}1))`
}

function acceptsMissing(leaf: Leaf): boolean {
  return (leaf.op === "eq" && leaf.value === null) || (leaf.op === "in" && leaf.values.includes(null))
}

interface Steps {
  readonly from: string[]
  readonly where: string[]
  /** SQL of the JSON text that the last step reaches; NULL when it reaches nothing. */
  readonly last: string
}

function walkSteps(path: Path, scope: Scope): Steps {
  const from: string[] = []
  const where: string[] = []
  // The first step starts at an object: a document, or an element that was tested to be one.
  let last = `(${scope.source}->${labelSql([path[0]!])})`
  for (const segment of path.slice(1)) {
    const alias = nextName(scope)
    const label = labelSql([segment])
    if (isPosition(segment)) {
      from.push(`json_each('['||${last}||']') ${alias}`)
      last =
        `CASE ${alias}.type WHEN 'array' THEN ${alias}.value->'$[${segment}]' ` +
        `WHEN 'object' THEN ${alias}.value->${label} END`
    } else {
      // An array is entered through its elements, anything else as if it were the one element.
      from.push(`json_each(CASE json_type(${last}) WHEN 'array' THEN ${last} ELSE '['||${last}||']' END) ${alias}`)
      where.push(`${alias}.type='object'`)
      last = `CASE ${alias}.type WHEN 'object' THEN ${alias}.value->${label} END`
    }
  }
  return { from, where, last }
}

function nextName({ names }: Scope): string {
  return `j${names.next++}`
}

/** A test of a key. The interval of a type is closed on both sides by constants, so no other type gets in. */
export function keySetSql(key: string, keys: KeySet): Fragment {
  const k = raw(key)
  if (keys.kind === "values") return valuesSql(key, keys.values)
  const { type, lower, upper } = keys
  const above = lower
    ? lower.inclusive
      ? sql`${k}>=${lower.value}`
      : sql`${k}>${lower.value}`
    : raw(type === "number" ? `${key}>${missingKey}` : `${key}>=''`)
  const below = upper
    ? upper.inclusive
      ? sql`${k}<=${upper.value}`
      : sql`${k}<${upper.value}`
    : raw(type === "number" ? `${key}<''` : `${key}<x''`)
  return sql`(${above} AND ${below})`
}

function valuesSql(key: string, values: readonly Scalar[]): Fragment {
  const constants = values.filter((value) => value === null || typeof value === "boolean").map(constantSql)
  const bound = values.filter((value) => typeof value === "number" || typeof value === "string")
  if (bound.length > maxListedValues) {
    const listed = sql`${raw(key)} IN (SELECT CASE type WHEN 'text' THEN atom ELSE CAST(atom AS REAL) END FROM json_each(${JSON.stringify(bound)}))`
    return constants.length === 0 ? listed : sql`(${listed} OR ${raw(`${key} IN (${constants.join(",")})`)})`
  }
  const all = [...bound.map((value) => sql`${value}`), ...constants.map(raw)]
  if (all.length === 0) return raw("0")
  return all.length === 1 ? sql`${raw(key)}=${all[0]!}` : sql`${raw(key)} IN (${joinSql(all, ",")})`
}

function constantSql(value: Scalar): string {
  return value === null ? missingKey : value ? trueKey : falseKey
}
