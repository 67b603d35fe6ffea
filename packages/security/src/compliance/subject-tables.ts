import { type ModelStatics, type Sql, sql, type Table, type TableColumn, tableOf } from "@ashlar/orm"
import { ComplianceInvalid } from "../errors.ts"

/** A table with rows of a person: their own row, or rows that lead to it by foreign keys. */
export interface SubjectTable {
  readonly table: Table
  /** From this table towards the person's; empty for that itself. */
  readonly path: readonly SubjectLink[]
}

interface SubjectLink {
  readonly column: TableColumn
  readonly parent: Table
  readonly parentColumn: TableColumn
}

const MAX_DEPTH = 8
const MAX_PATHS = 1_000

/**
 * The tables that hold something of a person, their own first, and each table before those that refer to it.
 *
 * @throws {SECURITY_COMPLIANCE_INVALID} when the person's model is not among them, or has a key of several columns.
 */
export function subjectTables(models: readonly ModelStatics[], subject: ModelStatics): readonly SubjectTable[] {
  const root = tableOf(subject)
  if (root.primaryKey.length !== 1)
    throw new ComplianceInvalid(`Expected the table ${root.name} to have a key of one column.`)
  const tables = [...new Map(models.map((model) => [model.table, tableOf(model)])).values()]
  if (!tables.some(({ name }) => name === root.name))
    throw new ComplianceInvalid(`Expected the model of ${root.name} among the models.`)
  const found: SubjectTable[] = [{ table: root, path: [] }]
  for (let at = 0; at < found.length; at++) {
    const parent = found[at]!
    if (parent.path.length >= MAX_DEPTH) continue
    const above = new Set([root.name, parent.table.name, ...parent.path.map((link) => link.parent.name)])
    for (const table of tables)
      if (!above.has(table.name))
        for (const link of linksTo(table, parent.table)) found.push({ table, path: [link, ...parent.path] })
    if (found.length > MAX_PATHS)
      throw new ComplianceInvalid(
        `More than ${MAX_PATHS} ways lead to ${root.name}. Leave out tables that hold nothing of a person.`,
      )
  }
  // Those that refer to others come behind them, whichever way is the shorter.
  const depths = new Map<string, number>()
  for (const { table, path } of found) depths.set(table.name, Math.max(path.length, depths.get(table.name) ?? 0))
  return found.sort((one, other) => (depths.get(one.table.name) ?? 0) - (depths.get(other.table.name) ?? 0))
}

/** Each foreign key of a table that refers to another. */
function linksTo(table: Table, parent: Table): readonly SubjectLink[] {
  return [...table.columns.values()].flatMap((column) => {
    const { references } = column.definition
    if (references === undefined || references.model().table !== parent.name) return []
    const property = references.column ?? parent.primaryKey[0]?.property
    const parentColumn = property === undefined ? undefined : parent.columns.get(property)
    return parentColumn === undefined ? [] : [{ column, parent, parentColumn }]
  })
}

/** The condition that a row of the table is the person's. */
export function belongsTo({ table, path }: SubjectTable, key: unknown, dialect: "sqlite" | "postgres" | "mysql"): Sql {
  const [link, ...rest] = path
  if (link === undefined) {
    const column = table.primaryKey[0]!
    return sql`${sql.id(column.name)} = ${column.cast[dialect].write(key)}`
  }
  const inner = belongsTo({ table: link.parent, path: rest }, key, dialect)
  return sql`${sql.id(link.column.name)} in (select ${sql.id(link.parentColumn.name)} from ${sql.id(link.parent.name)} where ${inner})`
}
