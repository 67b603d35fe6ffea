import { didYouMean } from "@ashlar/core"
import { type Cast, castOf } from "../columns/cast.ts"
import { type ColumnDefinition, type ColumnRole, type Columns, isColumn } from "../columns/column.ts"
import type { IndexDefinition } from "../columns/columns.ts"
import type { Dialect } from "../driver.ts"
import { OrmModelInvalid, OrmQueryInvalid } from "../errors.ts"
import { guardRelations } from "../relations/attach.ts"
import { observeTouches } from "../relations/touch.ts"
import type { AnyScope } from "./scopes.ts"

/** One column of a table, with the name it has on either side. */
export interface TableColumn {
  readonly property: string
  /** In the database. */
  readonly name: string
  readonly definition: ColumnDefinition
  readonly cast: Readonly<Record<Dialect, Cast>>
}

/** What a model says of its table, checked once. */
export interface Table {
  readonly model: ModelStatics
  readonly name: string
  readonly columns: ReadonlyMap<string, TableColumn>
  /** Those that a query gives unless it names others. */
  readonly visible: readonly TableColumn[]
  readonly primaryKey: readonly TableColumn[]
  readonly roles: Readonly<Partial<Record<ColumnRole, TableColumn>>>
  readonly indexes: readonly IndexDefinition[]
  readonly fullText: readonly TableColumn[]
  readonly scopes: ReadonlyMap<string, AnyScope>
  /** Getters of the class that JSON shows. */
  readonly appends: readonly string[]
}

/** What a model class says of itself, as the runtime reads it. */
export interface ModelStatics {
  readonly name: string
  readonly prototype: object
  readonly table: string
  readonly columns: Columns
  readonly naming?: "same" | "snake"
  readonly indexes?: readonly IndexDefinition[]
  readonly scopes?: Readonly<Record<string, AnyScope>>
  readonly appends?: readonly string[]
  readonly relations?: object
}

const MAX_COLUMNS = 500
/** Names that a row has from `Model` or from every object: a column there would hide them. */
const TAKEN: ReadonlySet<string> = new Set([
  "save",
  "update",
  "delete",
  "restore",
  "refresh",
  "load",
  "loadMissing",
  "related",
  "changes",
  "isDirty",
  "isNew",
  "toJSON",
  "then",
  "constructor",
  "__proto__",
  "hasOwnProperty",
  "toString",
  "valueOf",
])

const tables: WeakMap<object, Table> = new WeakMap()

/**
 * The table of a model. Read once for each class.
 *
 * @throws {ORM_MODEL_INVALID} naming the model and what is wrong with it.
 */
export function tableOf(model: ModelStatics): Table {
  return tables.get(model) ?? describe(model)
}

function describe(model: ModelStatics): Table {
  const fail = (message: string): never => {
    throw new OrmModelInvalid(`Model ${model.name}: ${message}`)
  }
  checkName(model.table, "static table", fail)
  if (typeof model.columns !== "object" || model.columns === null || Object.keys(model.columns).length === 0)
    fail("expected static columns = { id: uuid().primary(), … }.")
  const columns = describeColumns(model, fail)
  const all = [...columns.values()]
  const primaryKey = all.filter(({ definition }) => definition.primary)
  if (primaryKey.length > 1 && primaryKey.some(({ definition }) => definition.autoIncrement))
    fail("a key of several columns is not counted up. Write primary({ generated: false }).")
  const property = (name: string) =>
    columns.get(name) ?? fail(`no column "${name}". ${didYouMean(name, columns.keys())}`)
  const relations = Object.keys(model.relations ?? {})
  const shared = relations.find((name) => columns.has(name) || TAKEN.has(name)) ?? guardRelations(model, relations)[0]
  if (shared !== undefined) fail(`"${shared}" is a relation, and something else of a row as well. Call it otherwise.`)
  const { indexes = [], scopes = {}, appends = [] } = model
  for (const index of indexes) index.columns.forEach(property)
  const fullTexts = indexes.filter(({ kind }) => kind === "fullText")
  if (fullTexts.length > 1) fail("one full-text index at most.")
  const table: Table = Object.freeze({
    model,
    name: model.table,
    columns,
    visible: all.filter(({ definition }) => !definition.hidden),
    primaryKey,
    roles: describeRoles(all, fail),
    indexes,
    fullText: (fullTexts[0]?.columns ?? []).map(property),
    scopes: new Map(Object.entries(scopes)),
    appends,
  })
  tables.set(model, table)
  observeTouches(model)
  return table
}

type Fail = (message: string) => never

function describeColumns(model: ModelStatics, fail: Fail): ReadonlyMap<string, TableColumn> {
  const columns = new Map<string, TableColumn>()
  const names = new Set<string>()
  const entries = Object.entries(model.columns)
  if (entries.length > MAX_COLUMNS) fail(`at most ${MAX_COLUMNS} columns.`)
  for (const [property, column] of entries) {
    if (!isColumn(column)) fail(`columns.${property} is no column. Write text(), uuid() or another.`)
    if (TAKEN.has(property)) fail(`a column cannot be called "${property}" here; write .named("${property}") for it.`)
    const { definition } = column
    const name = definition.name ?? (model.naming === "snake" ? toSnake(property) : property)
    checkName(name, `the column of "${property}"`, fail)
    // As the databases compare names: two that differ by case only are one on SQLite and MySQL.
    if (names.has(name.toLowerCase())) fail(`two columns are called "${name}".`)
    names.add(name.toLowerCase())
    const place = { table: model.table, property }
    columns.set(property, {
      property,
      name,
      definition,
      cast: {
        sqlite: castOf(definition, "sqlite", place),
        postgres: castOf(definition, "postgres", place),
        mysql: castOf(definition, "mysql", place),
      },
    })
  }
  return columns
}

function describeRoles(columns: readonly TableColumn[], fail: Fail): Partial<Record<ColumnRole, TableColumn>> {
  const roles: Partial<Record<ColumnRole, TableColumn>> = {}
  for (const column of columns) {
    const { role } = column.definition
    if (role === undefined) continue
    if (roles[role] !== undefined) fail(`two columns are ${role}().`)
    roles[role] = column
  }
  return roles
}

function checkName(name: unknown, what: string, fail: Fail): void {
  const isName = typeof name === "string" && /^[^\0\p{Cc}]+$/u.test(name) && new TextEncoder().encode(name).length <= 63
  if (!isName) fail(`expected ${what} to be 1 to 63 bytes of text.`)
}

/** `createdAt` as `created_at`, `HTMLPage2` as `html_page2`. */
export function toSnake(name: string): string {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
    .toLowerCase()
}

/** The column of a property. @throws {ORM_QUERY_INVALID} with the names there are. */
export function columnOf(table: Table, property: unknown): TableColumn {
  const column = typeof property === "string" ? table.columns.get(property) : undefined
  if (column === undefined) throw unknownColumn(table, property)
  return column
}

export function unknownColumn(table: Table, property: unknown): Error {
  const name = String(property).slice(0, 64)
  return new OrmQueryInvalid(`${table.model.name} has no column "${name}". ${didYouMean(name, table.columns.keys())}`)
}
