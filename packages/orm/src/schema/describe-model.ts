import { castOf } from "../columns/cast.ts"
import type { ColumnDefinition, Columns } from "../columns/column.ts"
import type { IndexDefinition } from "../columns/columns.ts"
import { OrmModelInvalid } from "../errors.ts"
import { type ModelStatics, tableOf, toSnake } from "../model/table.ts"
import { pivotTable } from "../relations/pivot.ts"
import type { Relation, RelationKind } from "../relations/relation.ts"
import { byName } from "./changes/apply-change.ts"
import { constraintName } from "./constraint-name.ts"
import {
  type CheckDescription,
  type ColumnDefault,
  type ColumnDescription,
  type ColumnType,
  type DatabaseDescription,
  dialectOf,
  type Flavour,
  type ForeignKeyDescription,
  type IndexDescription,
  type TableDescription,
} from "./description.ts"
import { plainText } from "./sql-text.ts"

/** What a model says of its table. */
export interface DescribableModel {
  readonly name: string
  readonly table: string
  readonly columns: Columns
  readonly naming?: "same" | "snake"
  readonly indexes?: readonly IndexDefinition[]
}

export function isDescribableModel(value: unknown): value is DescribableModel {
  if (typeof value !== "function") return false
  const { table, columns } = value as { table?: unknown; columns?: unknown }
  return typeof table === "string" && typeof columns === "object" && columns !== null
}

/** The tables of models. Two models of one table are one table with the columns of both. @throws {ORM_MODEL_INVALID} */
export function describeModels(models: readonly DescribableModel[], flavour: Flavour): DatabaseDescription {
  const all = [...models, ...models.flatMap(modelsBetween)]
  const tables = [...Map.groupBy(all, ({ table }) => table).values()].map((same) =>
    same.map((model) => describeModel(model, flavour)).reduce(together),
  )
  return { flavour, tables: tables.sort(byName), enums: [], opaque: [] }
}

/** Tables between two models that have no model of their own. */
function modelsBetween(model: DescribableModel): readonly DescribableModel[] {
  const relations = Object.values((model as { relations?: object }).relations ?? {}) as Relation<
    unknown,
    RelationKind
  >[]
  return relations.flatMap((relation) => {
    const { kind, options } = relation
    if (kind !== "manyToMany" || typeof options.through !== "string") return []
    const fail = (message: string): never => {
      throw new OrmModelInvalid(`Model ${model.name}: ${message}`)
    }
    const owner = tableOf(model as ModelStatics)
    const target = tableOf(relation.model() as ModelStatics)
    return [pivotTable({ owner, target, options }, fail).model as DescribableModel]
  })
}

function together(a: TableDescription, b: TableDescription): TableDescription {
  const all = <T extends { readonly name: string }>(first: readonly T[], second: readonly T[]): T[] => [
    ...first,
    ...second.filter(({ name }) => !first.some((one) => one.name === name)),
  ]
  return {
    ...a,
    columns: all(a.columns, b.columns),
    indexes: all(a.indexes, b.indexes),
    foreignKeys: all(a.foreignKeys, b.foreignKeys),
    checks: all(a.checks, b.checks),
  }
}

/** The table that a model is kept in. @throws {ORM_MODEL_INVALID} when a reference or an index names what is not there. */
export function describeModel(model: DescribableModel, flavour: Flavour): TableDescription {
  const columns = Object.entries(model.columns).map(([property, { definition }]) => ({
    definition,
    name: columnName(model, property),
  }))
  const keys = columns.filter(({ definition }) => definition.primary).map(({ name }) => name)
  const sql = (expression: Parameters<typeof plainText>[0]) => plainText(expression, dialectOf(flavour))
  return {
    name: model.table,
    columns: columns.map((column) => describeColumn(model, column, flavour)),
    ...(keys.length === 0 ? {} : { primaryKey: { columns: keys } }),
    indexes: [
      ...columns.flatMap(({ name, definition }) => columnIndexes(model.table, name, definition)),
      ...(model.indexes ?? []).map((index) => describeIndex(model, index)),
    ],
    foreignKeys: columns.flatMap(({ name, definition }) => foreignKeyOf(model, name, definition)),
    checks: columns.flatMap(({ name, definition: { check } }): CheckDescription[] =>
      check === undefined ? [] : [{ name: constraintName(model.table, [name], "check"), expression: sql(check) }],
    ),
    options: {},
  }
}

/** What a property is called in the database. */
function columnName(model: DescribableModel, property: string): string {
  const definition = Object.hasOwn(model.columns, property) ? model.columns[property]?.definition : undefined
  if (definition === undefined) throw new OrmModelInvalid(`Model ${model.name} has no column "${property}".`)
  return definition.name ?? (model.naming === "snake" ? toSnake(property) : property)
}

interface NamedColumn {
  readonly name: string
  readonly definition: ColumnDefinition
}

function describeColumn(
  model: DescribableModel,
  { name, definition }: NamedColumn,
  flavour: Flavour,
): ColumnDescription {
  const { nullable, primary, autoIncrement, generated } = definition
  const fallback = generated === undefined ? defaultOf(model, { name, definition }, flavour) : undefined
  return {
    name,
    type: typeOf(definition),
    nullable: (nullable || generated !== undefined) && !primary,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(generated === undefined
      ? {}
      : { generated: { expression: plainText(generated.sql, dialectOf(flavour)), stored: generated.stored } }),
    ...(autoIncrement ? { autoIncrement } : {}),
  }
}

function typeOf(definition: ColumnDefinition): ColumnType {
  const { kind, maxLength, precision, scale, values, element } = definition
  switch (kind) {
    case "text":
      return { kind: "text", ...(maxLength === undefined ? {} : { length: maxLength }) }
    case "integer":
      return { kind: "integer", bits: 32 }
    case "bigint":
      return { kind: "integer", bits: 64 }
    case "double":
      return { kind: "float", bits: 64 }
    case "decimal":
      return { kind: "decimal", ...(precision === undefined ? {} : { precision }), ...(scale ? { scale } : {}) }
    case "enum":
      return { kind: "enumeration", values: values ?? [] }
    case "array":
      return { kind: "array", of: element === undefined ? { kind: "text" } : itemType(element) }
    case "encrypted":
      return { kind: "text" }
    default:
      return { kind }
  }
}

/** A word in an array has no check of its own. */
function itemType(element: ColumnDefinition): ColumnType {
  return element.kind === "enum" ? { kind: "text" } : typeOf(element)
}

function defaultOf(
  model: DescribableModel,
  { name, definition }: NamedColumn,
  flavour: Flavour,
): ColumnDefault | undefined {
  const { default: fallback } = definition
  if (fallback === undefined || fallback.by === "model") return undefined
  if (fallback.by === "database") return { kind: "expression", sql: plainText(fallback.sql, dialectOf(flavour)) }
  if (fallback.value === null) return undefined
  const written = castOf(definition, dialectOf(flavour), { table: model.table, property: name }).write(fallback.value)
  // What has no literal that all databases take, the model sets by itself.
  if (definition.kind === "array" || definition.kind === "json" || definition.kind === "encrypted") return undefined
  if (typeof written === "boolean" || definition.kind === "boolean") return { kind: "literal", value: Boolean(written) }
  if (typeof written === "bigint") return { kind: "literal", value: String(written) }
  return typeof written === "string" || typeof written === "number" ? { kind: "literal", value: written } : undefined
}

function columnIndexes(table: string, name: string, { unique, indexed }: ColumnDefinition): IndexDescription[] {
  const index = (kind: "unique" | "index"): IndexDescription => ({
    name: constraintName(table, [name], kind),
    columns: [{ column: name }],
    unique: kind === "unique",
  })
  return [...(unique ? [index("unique")] : []), ...(indexed ? [index("index")] : [])]
}

function describeIndex(model: DescribableModel, { kind, columns, name }: IndexDefinition): IndexDescription {
  const names = columns.map((property) => columnName(model, property))
  const suffix = kind === "fullText" ? "fulltext" : kind
  return {
    name: name ?? constraintName(model.table, names, suffix),
    columns: names.map((column) => ({ column })),
    unique: kind === "unique",
    ...(kind === "fullText" ? { method: "fulltext" } : {}),
  }
}

function foreignKeyOf(
  model: DescribableModel,
  name: string,
  { references }: ColumnDefinition,
): ForeignKeyDescription[] {
  if (references === undefined) return []
  const target = references.model() as DescribableModel
  const key =
    references.column ??
    Object.keys(target.columns ?? {}).find((property) => target.columns[property]?.definition.primary)
  if (key === undefined)
    throw new OrmModelInvalid(
      `Model ${model.name}: "${name}" references a model without a primary key. Name its column.`,
    )
  return [
    {
      name: constraintName(model.table, [name], "foreign"),
      columns: [name],
      table: target.table,
      references: [columnName(target, key)],
      onDelete: references.onDelete ?? "no action",
      onUpdate: references.onUpdate ?? "no action",
    },
  ]
}
