import type { Queryable } from "../../database.ts"
import type {
  ColumnDescription,
  ColumnType,
  DatabaseDescription,
  EnumDescription,
  ForeignKeyDescription,
  IndexColumn,
  IndexDescription,
  OpaqueDescription,
  ReferenceAction,
  TableDescription,
} from "../description.ts"
import { parseType } from "../parse-type.ts"
import { parseDefault } from "./default-text.ts"

interface ColumnRow {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly type_name: string
  readonly type_kind: string
  readonly not_null: boolean
  readonly expression: string | null
  readonly identity: string
  readonly generated: string
  readonly is_serial: boolean
  readonly collation: string | null
  readonly comment: string | null
}

interface ConstraintRow {
  readonly table: string
  readonly name: string
  readonly kind: "p" | "u" | "f" | "c"
  readonly columns: readonly string[] | null
  readonly parent: string | null
  readonly references: readonly string[] | null
  readonly on_delete: string
  readonly on_update: string
  readonly deferred: boolean
  readonly definition: string
}

interface IndexRow {
  readonly table: string
  readonly name: string
  readonly unique: boolean
  readonly method: string
  readonly condition: string | null
  readonly is_constraint: boolean
  readonly key_count: number
  readonly options: readonly number[]
  readonly parts: readonly string[]
  readonly opclasses: readonly (string | null)[]
}

/** Reads the schema that names without one of their own are looked for in first. Indexes that a crash left half built are not among them. */
export async function introspectPostgres(db: Queryable): Promise<DatabaseDescription> {
  const enums = await readEnums(db)
  const tables = await db.sql<{ name: string; comment: string | null }>`
    select c.relname as name, obj_description(c.oid, 'pg_class') as comment from pg_class c
    where c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and c.relkind in ('r', 'p')
      and not c.relispartition order by c.relname collate "C"`.all()
  const columns = Map.groupBy(await readColumns(db), ({ table }) => table)
  const constraints = Map.groupBy(await readConstraints(db), ({ table }) => table)
  const indexes = Map.groupBy(await readIndexes(db), ({ table }) => table)
  return {
    flavour: "postgres",
    tables: tables.map(({ name, comment }): TableDescription => {
      const own = constraints.get(name) ?? []
      const primary = own.find(({ kind }) => kind === "p")
      return {
        name,
        columns: (columns.get(name) ?? []).map((row) => toColumn(row, enums)),
        ...(primary === undefined ? {} : { primaryKey: { name: primary.name, columns: primary.columns ?? [] } }),
        indexes: (indexes.get(name) ?? []).map(toIndex),
        foreignKeys: own.filter(({ kind }) => kind === "f").map(toForeignKey),
        checks: own
          .filter(({ kind }) => kind === "c")
          .map((row) => ({ name: row.name, expression: checkExpression(row.definition) })),
        options: comment === null ? {} : { comment },
      }
    }),
    enums,
    opaque: await readOpaque(db),
  }
}

async function readEnums(db: Queryable): Promise<EnumDescription[]> {
  return await db.sql<{ name: string; values: string[] }>`
    select t.typname as name, array_agg(e.enumlabel::text order by e.enumsortorder) as values
    from pg_type t join pg_enum e on e.enumtypid = t.oid
    where t.typnamespace = (select oid from pg_namespace where nspname = current_schema())
    group by t.typname order by t.typname collate "C"`.all()
}

async function readColumns(db: Queryable): Promise<ColumnRow[]> {
  return await db.sql<ColumnRow>`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, t.typname as type_name,
      t.typtype::text as type_kind, a.attnotnull as not_null, pg_get_expr(d.adbin, d.adrelid) as expression,
      a.attidentity::text as identity, a.attgenerated::text as generated,
      coalesce(pg_get_expr(d.adbin, d.adrelid) like 'nextval(%', false)
        and pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname) is not null as is_serial,
      case when a.attcollation <> t.typcollation then (select collname from pg_collation where oid = a.attcollation) end as collation,
      col_description(c.oid, a.attnum) as comment
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      join pg_type t on t.oid = a.atttypid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where n.nspname = current_schema() and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`.all()
}

async function readConstraints(db: Queryable): Promise<ConstraintRow[]> {
  return await db.sql<ConstraintRow>`
    select c.relname as table, k.conname as name, k.contype::text as kind,
      (select array_agg(a.attname::text order by x.at) from unnest(k.conkey) with ordinality x(num, at)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = x.num) as columns,
      p.relname as parent,
      (select array_agg(a.attname::text order by x.at) from unnest(k.confkey) with ordinality x(num, at)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = x.num) as references,
      k.confdeltype::text as on_delete, k.confupdtype::text as on_update, k.condeferred as deferred,
      pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid left join pg_class p on p.oid = k.confrelid
    where c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and k.contype in ('p', 'u', 'f', 'c')
    order by k.conname collate "C"`.all()
}

async function readIndexes(db: Queryable): Promise<IndexRow[]> {
  return await db.sql<IndexRow>`
    select t.relname as table, c.relname as name, i.indisunique as unique, m.amname as method,
      pg_get_expr(i.indpred, i.indrelid) as condition,
      exists (select 1 from pg_constraint k where k.conindid = c.oid and k.contype in ('u', 'x')) as is_constraint,
      i.indnkeyatts::int as key_count, i.indoption::int2[] as options,
      (select array_agg(pg_get_indexdef(c.oid, x, true) order by x) from generate_series(1, i.indnatts::int) x) as parts,
      (select array_agg(case when o.opcdefault then null else o.opcname::text end order by x.at)
        from unnest(i.indclass::oid[]) with ordinality x(id, at) join pg_opclass o on o.oid = x.id) as opclasses
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid
      join pg_am m on m.oid = c.relam
    where t.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and t.relkind in ('r', 'p')
      and not i.indisprimary and i.indisvalid
    order by c.relname collate "C"`.all()
}

async function readOpaque(db: Queryable): Promise<OpaqueDescription[]> {
  const views = await db.sql<{ name: string; sql: string }>`
    select viewname as name, 'create view ' || quote_ident(viewname) || ' as ' || definition as sql
    from pg_views where schemaname = current_schema() order by viewname`.all()
  const triggers = await db.sql<{ name: string; table: string; sql: string }>`
    select t.tgname as name, c.relname as table, pg_get_triggerdef(t.oid) as sql
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and not t.tgisinternal
    order by t.tgname`.all()
  return [
    ...views.map(({ name, sql }): OpaqueDescription => ({ kind: "view", name, sql })),
    ...triggers.map(({ name, table, sql }): OpaqueDescription => ({ kind: "trigger", name, table, sql })),
  ]
}

function toColumn(row: ColumnRow, enums: readonly EnumDescription[]): ColumnDescription {
  const type = toType(row, enums)
  const isGenerated = row.generated !== ""
  const counts = row.identity !== "" || row.is_serial
  const fallback =
    row.expression === null || isGenerated || counts ? undefined : parseDefault(row.expression, type, "postgres")
  return {
    name: row.name,
    type,
    nullable: !row.not_null,
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(isGenerated && row.expression !== null
      ? { generated: { expression: row.expression, stored: row.generated === "s" } }
      : {}),
    ...(counts ? { autoIncrement: true } : {}),
    ...(row.collation === null ? {} : { collation: row.collation }),
    ...(row.comment === null ? {} : { comment: row.comment }),
  }
}

function toType({ type, type_name: name, type_kind: kind }: ColumnRow, enums: readonly EnumDescription[]): ColumnType {
  const words = kind === "e" ? enums.find((one) => one.name === name)?.values : undefined
  return words === undefined ? parseType(type, "postgres") : { kind: "enumeration", name, values: words }
}

function toIndex(row: IndexRow): IndexDescription {
  const columns = row.parts.slice(0, row.key_count).map((part, at): IndexColumn => {
    const column = plainName(part)
    const opclass = row.opclasses[at]
    return {
      ...(column === undefined ? { expression: part } : { column }),
      ...((row.options[at] ?? 0) & 1 ? { descending: true } : {}),
      ...(opclass == null ? {} : { modifier: opclass }),
    }
  })
  const include = row.parts.slice(row.key_count).flatMap((part) => plainName(part) ?? [])
  return {
    name: row.name,
    columns,
    unique: row.unique,
    ...(row.method === "btree" ? {} : { method: row.method }),
    ...(row.condition === null ? {} : { where: row.condition }),
    ...(include.length === 0 ? {} : { include }),
    ...(row.is_constraint ? { constraint: true } : {}),
  }
}

/** The name that is written so; undefined for an expression. */
function plainName(text: string): string | undefined {
  if (/^[\p{L}_][\p{L}\p{N}_$]*$/u.test(text)) return text
  return /^"(?:[^"]|"")+"$/.test(text) ? text.slice(1, -1).replaceAll('""', '"') : undefined
}

const ACTIONS: Readonly<Record<string, ReferenceAction>> = {
  a: "no action",
  r: "restrict",
  c: "cascade",
  n: "set null",
  d: "set default",
}

function toForeignKey(row: ConstraintRow): ForeignKeyDescription {
  return {
    name: row.name,
    columns: row.columns ?? [],
    table: row.parent ?? "",
    references: row.references ?? [],
    onDelete: ACTIONS[row.on_delete] ?? "no action",
    onUpdate: ACTIONS[row.on_update] ?? "no action",
    ...(row.deferred ? { deferred: true } : {}),
  }
}

/** `CHECK ((a > 0)) NOT VALID` without the words around it. */
function checkExpression(definition: string): string {
  const inside = definition.replace(/^CHECK \(/, "").replace(/\)(?: NO INHERIT| NOT VALID)*$/, "")
  return inside.trim()
}
