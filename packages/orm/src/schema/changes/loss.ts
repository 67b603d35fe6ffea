import { type ColumnType, type DatabaseDescription, tableOf } from "../description.ts"
import { portableType } from "../portable-type.ts"
import type { SchemaChange, TableOperation } from "./change.ts"

/**
 * What a change takes away for good without a word of the database's, as people say it; undefined when nothing is lost.
 *
 * @param database As it is before the change, to see which columns get narrower.
 */
export function lossOf(change: SchemaChange, database?: DatabaseDescription): string | undefined {
  if (change.kind === "dropTable") return `the rows of ${change.name}`
  if (change.kind !== "alterTable") return undefined
  const lost = change.operations.flatMap((operation) => lossOfOperation(change.table, operation, database) ?? [])
  return lost.length === 0 ? undefined : lost.join(", ")
}

function lossOfOperation(
  table: string,
  operation: TableOperation,
  database: DatabaseDescription | undefined,
): string | undefined {
  if (operation.kind === "dropColumn") return `the values of ${table}.${operation.name}`
  if (operation.kind !== "alterColumn" || database === undefined) return undefined
  const { name, type } = operation.column
  const old = tableOf(database, table)?.columns.find((column) => column.name === name)
  if (old === undefined || !isNarrower(portableType(old.type, database.flavour), type)) return undefined
  return `digits of ${table}.${name}`
}

/** Where databases round and cut in silence. Text that is too long, or a number out of bounds, they refuse. */
function isNarrower(from: ColumnType, to: ColumnType): boolean {
  const scale = (type: ColumnType & { kind: "decimal" }) => type.scale ?? (type.precision === undefined ? 30 : 0)
  if (from.kind === "decimal" && to.kind === "decimal") return scale(to) < scale(from)
  if (from.kind === "float")
    return (to.kind === "float" && to.bits < from.bits) || to.kind === "decimal" || to.kind === "integer"
  if (from.kind === "decimal") return to.kind === "float" || (to.kind === "integer" && scale(from) > 0)
  if (from.kind !== "timestamp") return false
  return to.kind === "date" || (to.kind === "timestamp" && (to.precision ?? 6) < (from.precision ?? 6))
}
