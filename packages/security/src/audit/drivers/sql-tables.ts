import { type Dialect, inSpiteOfOthers, type Queryable, type Sql, sql } from "@ashlar/orm"

/** Letters are compared as they are: `a` is not `A`. */
const MYSQL_TABLE = sql` default character set utf8mb4 collate utf8mb4_bin`
const LONG_TEXT: Readonly<Record<Dialect, Sql>> = { sqlite: sql`text`, postgres: sql`text`, mysql: sql`longtext` }

/** What entries are asked for by. */
const INDEXES = ["action", "actor", "target", "at_ms"] as const

const LAST_TABLE = "ashlar_audit_checkpoints"
const FIND: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`select name from sqlite_master where type = 'table' and name = ${LAST_TABLE}`,
  postgres: sql`select 1 as found where to_regclass(${LAST_TABLE}) is not null`,
  mysql: sql`select 1 as found from information_schema.tables where table_schema = database() and table_name = ${LAST_TABLE}`,
}

/** Whether all are there: the last one that is made. */
export async function hasAuditTables(database: Queryable): Promise<boolean> {
  return (await database.sql`${FIND[database.dialect]}`.first()) !== undefined
}

/** Makes the tables that are missing. */
export async function makeAuditTables(database: Queryable): Promise<void> {
  await inSpiteOfOthers(() => makeTables(database))
}

async function makeTables(database: Queryable): Promise<void> {
  const { dialect } = database
  const isMysql = dialect === "mysql"
  const text = LONG_TEXT[dialect]
  const end = isMysql ? MYSQL_TABLE : sql``
  const names = (column: string) => sql.id(`ashlar_audit_${column}`)
  // MySQL has no "if not exists" for indexes.
  const keys = INDEXES.map((column) => sql`, key ${names(column)} (stream, ${sql.id(column)}, sequence)`)
  await database.sql`create table if not exists ashlar_audit_streams
    (stream varchar(100) primary key, sequence bigint not null, hash varchar(64) not null, at_ms bigint not null,
     base_sequence bigint not null, base_hash varchar(64) not null)${end}`.run()
  await database.sql`create table if not exists ashlar_audit_entries
    (stream varchar(100) not null, sequence bigint not null, at_ms bigint not null, action varchar(100) not null,
     actor varchar(255) not null, target varchar(255), outcome varchar(10) not null, body ${text} not null,
     hash varchar(64) not null, primary key (stream, sequence)${isMysql ? sql.join(keys, sql``) : sql``})${end}`.run()
  for (const column of isMysql ? [] : INDEXES)
    await database.sql`create index if not exists ${names(column)}
      on ashlar_audit_entries (stream, ${sql.id(column)}, sequence)`.run()
  await database.sql`create table if not exists ashlar_audit_checkpoints
    (stream varchar(100) not null, sequence bigint not null, id varchar(36) not null, body ${text} not null,
     primary key (stream, sequence, id))${end}`.run()
}
