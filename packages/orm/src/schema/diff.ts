import { byName } from "./changes/apply-change.ts"
import type { SchemaChange, TableOperation } from "./changes/change.ts"
import { defaultSql } from "./changes/table-sql.ts"
import { typeSql } from "./column-type.ts"
import type {
  ColumnDescription,
  DatabaseDescription,
  Flavour,
  ForeignKeyDescription,
  IndexDescription,
  TableDescription,
} from "./description.ts"
import { tableOf } from "./description.ts"
import { affinityOf, spelled } from "./parse-type.ts"
import { sqlTokens } from "./sql-tokens.ts"

export interface DiffOptions {
  /** Whether tables and types that are only in the first are to go. Default: they stay. */
  readonly dropTables?: boolean
}

/**
 * What makes the first database like the second, in an order in which it can be run. Both are as one database tells them:
 * compare with `settle`d descriptions, for databases write expressions their own way. Views and triggers are not compared.
 *
 * A column that is not there any more and another that is new are two changes: nobody can see that it was renamed.
 */
export function diffDatabases(
  from: DatabaseDescription,
  to: DatabaseDescription,
  { dropTables = false }: DiffOptions = {},
): readonly SchemaChange[] {
  const { flavour } = from
  const kept = to.tables.flatMap((table) => {
    const old = tableOf(from, table.name)
    return old === undefined ? [] : [{ old, table }]
  })
  const added = to.tables.filter((table) => tableOf(from, table.name) === undefined)
  const gone = dropTables ? from.tables.filter((table) => tableOf(to, table.name) === undefined) : []
  const dropped = inDropOrder(gone)
  const alterations = kept.map(({ old, table }) => ({ table: table.name, operations: diffTable(old, table, flavour) }))
  // SQLite looks at keys when rows are written, and changes a table in one go.
  const isSplit = flavour !== "sqlite"
  const [first, rest] = isSplit ? splitKeys(alterations) : [[], alterations]
  // Written down on SQLite, the steps are to work on the others too: a table comes after those that its keys name.
  const created = inDropOrder(added)
    .toReversed()
    .map((table) => (isSplit ? { ...table, foreignKeys: [] } : table))
  const newKeys = isSplit ? added.filter(({ foreignKeys }) => foreignKeys.length > 0) : []
  return [
    ...diffEnums(from, to),
    ...first.flatMap(alterChange),
    ...dropped.flatMap(({ name, foreignKeys }, at) =>
      alterChange({
        table: name,
        operations: foreignKeys
          .filter((key) => dropped.findIndex((table) => table.name === key.table) < at)
          .filter((key) => dropped.some((table) => table.name === key.table))
          .map((key) => ({ kind: "dropForeignKey", name: key.name })),
      }),
    ),
    ...created.map((table): SchemaChange => ({ kind: "createTable", table })),
    ...rest.flatMap(alterChange),
    ...newKeys.flatMap(({ name, foreignKeys }) =>
      alterChange({ table: name, operations: foreignKeys.map((key) => ({ kind: "addForeignKey", key })) }),
    ),
    ...dropped.map(({ name }): SchemaChange => ({ kind: "dropTable", name })),
    ...(dropTables
      ? from.enums
          .filter(({ name }) => !to.enums.some((one) => one.name === name))
          .map(({ name }): SchemaChange => ({ kind: "dropEnum", name }))
      : []),
  ]
}

interface Alteration {
  readonly table: string
  readonly operations: readonly TableOperation[]
}

/** Keys are dropped before anything else changes, and made after everything else has. */
function splitKeys(alterations: readonly Alteration[]): [Alteration[], Alteration[]] {
  const isDrop = ({ kind }: TableOperation) => kind === "dropForeignKey"
  const isAdd = ({ kind }: TableOperation) => kind === "addForeignKey"
  const only = (test: (operation: TableOperation) => boolean) =>
    alterations.map(({ table, operations }) => ({ table, operations: operations.filter(test) }))
  return [only(isDrop), [...only((one) => !isDrop(one) && !isAdd(one)), ...only(isAdd)]]
}

function alterChange({ table, operations }: Alteration): SchemaChange[] {
  return operations.length === 0 ? [] : [{ kind: "alterTable", table, operations }]
}

/** Those that others belong to come last. In a circle one has to come first, and the keys to it go before. */
function inDropOrder(tables: readonly TableDescription[]): readonly TableDescription[] {
  const sorted = new Set<TableDescription>()
  const place = (table: TableDescription, path: readonly TableDescription[]): void => {
    if (sorted.has(table) || path.includes(table)) return
    for (const child of tables)
      if (child !== table && child.foreignKeys.some((key) => key.table === table.name)) place(child, [...path, table])
    sorted.add(table)
  }
  for (const table of tables) place(table, [])
  return [...sorted]
}

function diffEnums(from: DatabaseDescription, to: DatabaseDescription): SchemaChange[] {
  return to.enums.flatMap((enumeration): SchemaChange[] => {
    const { name, values } = enumeration
    const old = from.enums.find((one) => one.name === name)
    if (old === undefined) return [{ kind: "createEnum", enumeration }]
    return values
      .filter((value) => !old.values.includes(value))
      .map((value): SchemaChange => ({ kind: "addEnumValue", name, value }))
  })
}

/** What makes one table like another of its name. */
export function diffTable(from: TableDescription, to: TableDescription, flavour: Flavour): readonly TableOperation[] {
  const gone = from.columns.filter(({ name }) => !to.columns.some((column) => column.name === name))
  const added = to.columns.filter(({ name }) => !from.columns.some((column) => column.name === name))
  const changed = to.columns.filter((column) => {
    const old = from.columns.find(({ name }) => name === column.name)
    return old !== undefined && !sameColumn(old, column, { flavour, from, to })
  })
  const indexes = diffNamed(from.indexes, to.indexes, (a, b) => sameIndex(a, b, flavour))
  const keys = diffNamed(from.foreignKeys, to.foreignKeys, sameForeignKey)
  const checks = diffNamed(from.checks, to.checks, (a, b) => sameSql(a.expression, b.expression, flavour))
  // What a column takes along is gone by itself.
  const isAlongGone = (columns: readonly (string | undefined)[]) => gone.some(({ name }) => columns.includes(name))
  const isNewKey = from.primaryKey?.columns.join("\0") !== to.primaryKey?.columns.join("\0")
  const oldKey = isNewKey && from.primaryKey !== undefined
  const newKey: TableOperation[] = isNewKey ? [{ kind: "setPrimaryKey", key: to.primaryKey }] : []
  const dropKey: TableOperation[] = oldKey && flavour === "postgres" ? [{ kind: "setPrimaryKey", key: undefined }] : []
  return [
    ...keys.gone.map(({ name }): TableOperation => ({ kind: "dropForeignKey", name })),
    ...checks.gone.map(({ name }): TableOperation => ({ kind: "dropCheck", name })),
    ...indexes.gone.map(({ name }): TableOperation => ({ kind: "dropIndex", name })),
    ...(isAlongGone(from.primaryKey?.columns ?? []) ? dropKey : []),
    ...added.map((column): TableOperation => ({ kind: "addColumn", column })),
    ...changed.map((column): TableOperation => ({ kind: "alterColumn", column })),
    ...newKey,
    ...gone.map(({ name }): TableOperation => ({ kind: "dropColumn", name })),
    ...indexes.added.map((index): TableOperation => ({ kind: "addIndex", index })),
    ...checks.added.map((check): TableOperation => ({ kind: "addCheck", check })),
    ...keys.added.map((key): TableOperation => ({ kind: "addForeignKey", key })),
    ...diffOptions(from, to),
  ]
}

function diffOptions(from: TableDescription, to: TableDescription): TableOperation[] {
  return sameJson(from.options, to.options) ? [] : [{ kind: "setOptions", options: to.options }]
}

/** Things of a name; where only the name differs it is the same thing. */
function diffNamed<T extends { readonly name: string }>(
  from: readonly T[],
  to: readonly T[],
  isSame: (a: T, b: T) => boolean,
): { gone: readonly T[]; added: readonly T[] } {
  const gone = from.filter((old) => !to.some((one) => one.name === old.name && isSame(old, one)))
  const added = to.filter((one) => !from.some((old) => one.name === old.name && isSame(old, one)))
  const renamed = new Set<T>()
  for (const one of added) {
    const old = gone.find((other) => !renamed.has(other) && other.name !== one.name && isSame(other, one))
    if (old === undefined || gone.some(({ name }) => name === one.name)) continue
    renamed.add(old)
    renamed.add(one)
  }
  const isOther = (one: T) => !renamed.has(one)
  return { gone: gone.filter(isOther).sort(byName), added: added.filter(isOther).sort(byName) }
}

interface Sides {
  readonly flavour: Flavour
  readonly from: TableDescription
  readonly to: TableDescription
}

function sameColumn(a: ColumnDescription, b: ColumnDescription, { flavour, from, to }: Sides): boolean {
  return (
    sameType(a, b, { flavour, from, to }) &&
    a.nullable === b.nullable &&
    (isSameCount(a, b) || (flavour === "sqlite" && isRowid(a, from) && isRowid(b, to))) &&
    a.collation === b.collation &&
    a.comment === b.comment &&
    sameSql(defaultText(a, flavour), defaultText(b, flavour), flavour) &&
    (a.generated?.stored ?? false) === (b.generated?.stored ?? false) &&
    sameSql(a.generated?.expression ?? "", b.generated?.expression ?? "", flavour)
  )
}

function isSameCount(a: ColumnDescription, b: ColumnDescription): boolean {
  return (a.autoIncrement ?? false) === (b.autoIncrement ?? false)
}

/** SQLite counts an INTEGER that is the key; the word AUTOINCREMENT only keeps it from giving a number twice. */
function isRowid({ name, type }: ColumnDescription, { primaryKey }: TableDescription): boolean {
  return primaryKey?.columns.length === 1 && primaryKey.columns[0] === name && typeSql(type, "sqlite") === "integer"
}

function sameType(a: ColumnDescription, b: ColumnDescription, { flavour, from, to }: Sides): boolean {
  const left = typeSql(a.type, flavour, from.options.strict === true)
  const right = typeSql(b.type, flavour, to.options.strict === true)
  if (spelled(left, flavour) === spelled(right, flavour)) return true
  // A name that others gave says nothing to SQLite but its affinity.
  const isForeign = a.type.kind === "native" || b.type.kind === "native"
  return flavour === "sqlite" && isForeign && affinityOf(left) === affinityOf(right)
}

function defaultText({ default: fallback }: ColumnDescription, flavour: Flavour): string {
  return fallback === undefined ? "" : defaultSql(fallback, flavour)
}

/** Blanks and the case of words say nothing. */
function sameSql(a: string, b: string, flavour: Flavour): boolean {
  if (a === b) return true
  const spelling = (sql: string) =>
    sqlTokens(sql, flavour).map(({ kind, value }) => `${kind === "name" ? "word" : kind}:${value}`)
  return spelling(a).join("\0") === spelling(b).join("\0")
}

function sameIndex(a: IndexDescription, b: IndexDescription, flavour: Flavour): boolean {
  const parts = ({ columns }: IndexDescription) =>
    columns.map(({ expression: _, ...part }) => Object.fromEntries(Object.entries(part).sort()))
  const expressions = ({ columns }: IndexDescription) => columns.map(({ expression = "" }) => expression).join("\0")
  return (
    a.unique === b.unique &&
    a.method === b.method &&
    sameJson(a.include ?? [], b.include ?? []) &&
    sameJson(parts(a), parts(b)) &&
    sameSql(expressions(a), expressions(b), flavour) &&
    sameSql(a.where ?? "", b.where ?? "", flavour)
  )
}

function sameForeignKey(a: ForeignKeyDescription, b: ForeignKeyDescription): boolean {
  const parts = ({ columns, table, references, onDelete, onUpdate, deferred = false }: ForeignKeyDescription) => [
    columns,
    table,
    references,
    // On all three the same, but for PostgreSQL's deferred keys.
    onDelete === "restrict" && !deferred ? "no action" : onDelete,
    onUpdate === "restrict" && !deferred ? "no action" : onUpdate,
    deferred,
  ]
  return sameJson(parts(a), parts(b))
}

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
