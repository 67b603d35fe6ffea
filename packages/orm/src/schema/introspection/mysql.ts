import type { Queryable } from "../../database.ts"
import type {
  CheckDescription,
  ColumnDescription,
  ColumnType,
  DatabaseDescription,
  Flavour,
  ForeignKeyDescription,
  IndexColumn,
  IndexDescription,
  OpaqueDescription,
  ReferenceAction,
  TableDescription,
} from "../description.ts"
import { parseType } from "../parse-type.ts"
import { nameSql } from "../sql-text.ts"
import { parseDefault } from "./default-text.ts"

interface ColumnRow {
  readonly in_table: string
  readonly name: string
  readonly type: string
  readonly nullable: string
  readonly fallback: string | null
  readonly extra: string
  readonly expression: string | null
  readonly collation: string | null
  readonly comment: string
}

interface IndexRow {
  readonly in_table: string
  readonly name: string
  readonly non_unique: number
  readonly column_name: string | null
  readonly direction: string | null
  readonly prefix: number | null
  readonly type: string
  readonly expression?: string | null
}

interface KeyRow {
  readonly in_table: string
  readonly name: string
  readonly column_name: string
  readonly parent: string
  readonly parent_column: string
  readonly on_delete: string
  readonly on_update: string
}

interface CheckRow extends CheckDescription {
  readonly in_table: string
}

interface TableRow {
  readonly name: string
  readonly engine: string
  readonly collation: string
  readonly comment: string
}

/** Reads the current database of MySQL or MariaDB, which name the same things differently. */
export async function introspectMysql(db: Queryable, flavour: "mysql" | "mariadb"): Promise<DatabaseDescription> {
  const rows = await db.sql<TableRow>`select table_name as name, engine as engine, table_collation as collation,
    table_comment as comment from information_schema.tables
    where table_schema = database() and table_type = 'BASE TABLE' order by binary table_name`.all()
  const [defaults] = await db.sql<{ collation: string }>`select default_collation_name as collation
    from information_schema.schemata where schema_name = database()`.all()
  const columns = Map.groupBy(await readColumns(db), ({ in_table: table }) => table)
  const indexes = Map.groupBy(await readIndexes(db, flavour), ({ in_table: table }) => table)
  const keys = Map.groupBy(await readKeys(db), ({ in_table: table }) => table)
  const checks = Map.groupBy(await readChecks(db, flavour), ({ in_table: table }) => table)
  const tables = rows.map((row) =>
    toTable(row, flavour, defaults?.collation, {
      columns: columns.get(row.name) ?? [],
      indexes: indexes.get(row.name) ?? [],
      keys: keys.get(row.name) ?? [],
      checks: checks.get(row.name) ?? [],
    }),
  )
  return { flavour, tables, enums: [], opaque: await readOpaque(db) }
}

async function readColumns(db: Queryable): Promise<ColumnRow[]> {
  return await db.sql<ColumnRow>`select table_name as in_table, column_name as name, column_type as type,
    is_nullable as nullable, column_default as fallback, extra as extra, generation_expression as expression,
    collation_name as collation, column_comment as comment
    from information_schema.columns where table_schema = database() order by table_name, ordinal_position`.all()
}

async function readIndexes(db: Queryable, flavour: Flavour): Promise<IndexRow[]> {
  if (flavour === "mariadb")
    return await db.sql<IndexRow>`select table_name as in_table, index_name as name, non_unique as non_unique,
      column_name as column_name, collation as direction, sub_part as prefix, index_type as type
      from information_schema.statistics where table_schema = database()
      order by table_name, binary index_name, seq_in_index`.all()
  return await db.sql<IndexRow>`select table_name as in_table, index_name as name, non_unique as non_unique,
    column_name as column_name, collation as direction, sub_part as prefix, index_type as type, expression as expression
    from information_schema.statistics where table_schema = database()
    order by table_name, binary index_name, seq_in_index`.all()
}

async function readKeys(db: Queryable): Promise<KeyRow[]> {
  return await db.sql<KeyRow>`select k.table_name as in_table, k.constraint_name as name, k.column_name as column_name,
    k.referenced_table_name as parent, k.referenced_column_name as parent_column, r.delete_rule as on_delete, r.update_rule as on_update
    from information_schema.key_column_usage k join information_schema.referential_constraints r
      on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name and r.table_name = k.table_name
    where k.table_schema = database() and k.referenced_table_name is not null
    order by k.table_name, binary k.constraint_name, k.ordinal_position`.all()
}

async function readChecks(db: Queryable, flavour: Flavour): Promise<CheckRow[]> {
  if (flavour === "mariadb")
    return await db.sql<CheckRow>`select table_name as in_table, constraint_name as name, check_clause as expression
      from information_schema.check_constraints where constraint_schema = database() order by table_name, binary constraint_name`.all()
  return await db.sql<CheckRow>`select t.table_name as in_table, c.constraint_name as name, c.check_clause as expression
    from information_schema.check_constraints c join information_schema.table_constraints t
      on t.constraint_schema = c.constraint_schema and t.constraint_name = c.constraint_name
    where c.constraint_schema = database() and t.constraint_type = 'CHECK' order by t.table_name, binary c.constraint_name`.all()
}

async function readOpaque(db: Queryable): Promise<OpaqueDescription[]> {
  const views = await db.sql<{
    name: string
    definition: string
  }>`select table_name as name, view_definition as definition
    from information_schema.views where table_schema = database() order by table_name`.all()
  const triggers = await db.sql<{ name: string; on_table: string; timing: string; event: string; body: string }>`
    select trigger_name as name, event_object_table as on_table, action_timing as timing, event_manipulation as event,
      action_statement as body from information_schema.triggers where trigger_schema = database() order by trigger_name`.all()
  const quote = (name: string) => nameSql(name, "mysql")
  return [
    ...views.map(
      ({ name, definition }): OpaqueDescription => ({
        kind: "view",
        name,
        sql: `create view ${quote(name)} as ${definition}`,
      }),
    ),
    ...triggers.map(
      ({ name, on_table: table, timing, event, body }): OpaqueDescription => ({
        kind: "trigger",
        name,
        table,
        sql: `create trigger ${quote(name)} ${timing.toLowerCase()} ${event.toLowerCase()} on ${quote(table)} for each row ${body}`,
      }),
    ),
  ]
}

interface Parts {
  readonly columns: readonly ColumnRow[]
  readonly indexes: readonly IndexRow[]
  readonly keys: readonly KeyRow[]
  readonly checks: readonly CheckRow[]
}

function toTable(row: TableRow, flavour: Flavour, collation: string | undefined, parts: Parts): TableDescription {
  const foreignKeys = toForeignKeys(parts.keys, parts.indexes)
  const primary = parts.indexes.filter(({ name }) => name === "PRIMARY")
  // A check of one column bears its name: what MariaDB makes of JSON is a type, and no check.
  const json = new Set(
    parts.checks
      .filter(
        ({ name, expression }) =>
          /^json_valid\(/i.test(expression) &&
          expression.toLowerCase() === `json_valid(${nameSql(name, "mariadb")})`.toLowerCase(),
      )
      .map(({ name }) => name),
  )
  return {
    name: row.name,
    columns: parts.columns.map((column) => toColumn(column, row, flavour, json)),
    ...(primary.length === 0 ? {} : { primaryKey: { columns: primary.map((one) => one.column_name ?? "") } }),
    indexes: toIndexes(
      parts.indexes.filter(({ name }) => name !== "PRIMARY"),
      foreignKeys,
    ),
    foreignKeys,
    checks: parts.checks
      .filter(({ name }) => !json.has(name))
      .map(({ name, expression }) => ({ name, expression: plainQuotes(expression, flavour) })),
    options: {
      ...(row.engine === "InnoDB" ? {} : { engine: row.engine }),
      ...(row.collation === collation ? {} : { collation: row.collation }),
      ...(row.comment === "" ? {} : { comment: row.comment }),
    },
  }
}

function toColumn(row: ColumnRow, table: TableRow, flavour: Flavour, json: ReadonlySet<string>): ColumnDescription {
  const type: ColumnType = json.has(row.name) ? { kind: "json" } : parseType(row.type, flavour)
  const extra = row.extra.toLowerCase()
  const isGenerated = extra.includes("generated") && !extra.includes("default_generated")
  const isText = ["text", "enumeration", "native"].includes(type.kind)
  const fallback = isGenerated || row.fallback === null ? undefined : toDefault(row.fallback, type, extra, flavour)
  return {
    name: row.name,
    type,
    nullable: row.nullable === "YES",
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(isGenerated && row.expression
      ? { generated: { expression: plainQuotes(row.expression, flavour), stored: !extra.includes("virtual") } }
      : {}),
    ...(extra.includes("auto_increment") ? { autoIncrement: true } : {}),
    ...(isText && row.collation !== null && row.collation !== table.collation ? { collation: row.collation } : {}),
    ...(row.comment === "" ? {} : { comment: row.comment }),
  }
}

/** MariaDB writes a default as SQL. MySQL writes a literal as its bare text, and says of an expression that it is one. */
function toDefault(text: string, type: ColumnType, extra: string, flavour: Flavour): ColumnDescription["default"] {
  if (flavour === "mariadb") return parseDefault(text, type, flavour)
  if (extra.includes("default_generated")) return parseDefault(plainQuotes(text, flavour), type, flavour)
  return parseDefault(`'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`, type, flavour)
}

/** MySQL gives its expressions with the quotes escaped as in a C string. */
function plainQuotes(text: string, flavour: Flavour): string {
  return flavour === "mysql" ? text.replace(/\\'/g, "'") : text
}

function toIndexes(rows: readonly IndexRow[], keys: readonly ForeignKeyDescription[]): IndexDescription[] {
  const found = [...Map.groupBy(rows, ({ name }) => name)].map(([name, parts]): IndexDescription => {
    const { type, non_unique: nonUnique } = parts[0]!
    const method = type === "BTREE" ? undefined : type.toLowerCase()
    const columns = parts.map((part): IndexColumn => {
      const inside = part.expression ? { expression: part.expression.replace(/\\'/g, "'") } : undefined
      return {
        ...(inside ?? { column: part.column_name ?? "" }),
        ...(part.direction === "D" ? { descending: true } : {}),
        ...(part.prefix === null || method !== undefined ? {} : { prefix: part.prefix }),
      }
    })
    return { name, columns, unique: Number(nonUnique) === 0, ...(method === undefined ? {} : { method }) }
  })
  // A foreign key makes an index of its own name, where there is no other, and takes it away again.
  return found.filter(({ name, unique }) => unique || !keys.some((key) => key.name === name))
}

function toForeignKeys(rows: readonly KeyRow[], indexes: readonly IndexRow[]): ForeignKeyDescription[] {
  return [...Map.groupBy(rows, ({ name }) => name)].map(([name, parts]) => {
    const { parent, on_delete: onDelete, on_update: onUpdate } = parts[0]!
    return {
      name,
      columns: parts.map((part) => part.column_name),
      table: parent,
      references: parts.map((part) => part.parent_column),
      onDelete: onDelete.toLowerCase() as ReferenceAction,
      onUpdate: onUpdate.toLowerCase() as ReferenceAction,
      ...(indexes.some((index) => index.name === name && Number(index.non_unique) === 1) ? { hasOwnIndex: true } : {}),
    }
  })
}
