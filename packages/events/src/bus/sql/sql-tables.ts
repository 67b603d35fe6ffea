import { type Database, type Dialect, inSpiteOfOthers, type Queryable, type Sql, sql } from "@ashlar/orm"
import { EventOptionInvalid } from "../../errors.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type { BusSettings } from "../bus-driver.ts"

/** The database's own time in milliseconds: one clock for all who use it. */
export const NOW: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
  mysql: sql`cast(unix_timestamp(sysdate(3)) * 1000 as signed)`,
}

/** A table with an index or two, in the words of each database. */
export interface TableDefinition {
  readonly name: string
  readonly columns: Sql
  readonly indexes: Readonly<Record<string, Sql>>
}

/** @throws what the database does. */
export async function makeTable(db: Queryable, { name, columns, indexes }: TableDefinition): Promise<void> {
  const table = sql`${sql.id(name)}`
  if (db.dialect !== "mysql") {
    await db.sql`create table if not exists ${table} (${columns})`.run()
    for (const [index, on] of Object.entries(indexes))
      await db.sql`create index if not exists ${sql.id(index)} on ${table} (${on})`.run()
    return
  }
  const inline = Object.entries(indexes).map(([index, on]) => sql`index ${sql.id(index)} (${on})`)
  const all = sql.join([columns, ...inline])
  // Names differ by their case too.
  await db.sql`create table if not exists ${table} (${all}) character set utf8mb4 collate utf8mb4_bin`.run()
}

/** A column of text without a bound of its own. */
export function longText(dialect: Dialect): Sql {
  return dialect === "mysql" ? sql`mediumtext` : sql`text`
}

export const EVENTS: Sql = sql`ashlar_bus_events`
export const HEADS: Sql = sql`ashlar_bus_heads`
export const LANES: Sql = sql`ashlar_bus_lanes`
export const MEMBERS: Sql = sql`ashlar_bus_members`
export const DEAD: Sql = sql`ashlar_bus_dead`

/** Who holds which partition: of a bus, and of the relays of an outbox. */
export const LEASE_TABLES: readonly TableDefinition[] = [
  {
    name: "ashlar_bus_lanes",
    columns: sql`bus varchar(64) not null, grp varchar(64) not null, part int not null, done_pos bigint not null,
      fetched_pos bigint not null, trying_pos bigint not null, tries int not null, owner varchar(64), until_ms bigint not null,
      primary key (bus, grp, part)`,
    indexes: {},
  },
  {
    name: "ashlar_bus_members",
    columns: sql`bus varchar(64) not null, grp varchar(64) not null, member varchar(64) not null, seen_ms bigint not null,
      primary key (bus, grp, member)`,
    indexes: {},
  },
]

function tables(dialect: Dialect): readonly TableDefinition[] {
  return [
    {
      name: "ashlar_bus_heads",
      columns: sql`bus varchar(64) primary key, last_pos bigint not null, parts int not null`,
      indexes: {},
    },
    {
      name: "ashlar_bus_events",
      columns: sql`bus varchar(64) not null, pos bigint not null, part int not null, only_group varchar(64), type varchar(200) not null,
        at_ms bigint not null, body ${longText(dialect)} not null, primary key (bus, pos)`,
      indexes: { ashlar_bus_events_part: sql`bus, part, pos`, ashlar_bus_events_at: sql`bus, at_ms` },
    },
    ...LEASE_TABLES,
    {
      name: "ashlar_bus_dead",
      columns: sql`bus varchar(64) not null, grp varchar(64) not null, id varchar(40) not null, part int not null,
        type varchar(200) not null, reason varchar(1000) not null, at_ms bigint not null, body ${longText(dialect)} not null,
        primary key (bus, grp, id)`,
      indexes: {},
    },
  ]
}

/** Makes the tables, and notes the bus. @throws {EVENTS_BUS_FAILED} {EVENTS_OPTION_INVALID} for another number of partitions. */
export async function prepare(database: Database, { name, partitions }: BusSettings): Promise<void> {
  await asBusFailed("Making the tables of the bus", async () => {
    await inSpiteOfOthers(async () => {
      for (const table of tables(database.dialect)) await makeTable(database, table)
    })
    await insertNew(database, HEADS, sql`bus, last_pos, parts`, [sql`${name}, 0, ${partitions}`])
  })
  const head = await database.sql<{ parts: number }>`select parts from ${HEADS} where bus = ${name}`.first()
  if (head !== undefined && Number(head.parts) !== partitions)
    throw new EventOptionInvalid(
      `Expected ${head.parts} partitions, as this bus was first opened with, got ${partitions}.`,
    )
}

/** Inserts rows that are not there yet. */
export async function insertNew(db: Queryable, table: Sql, columns: Sql, rows: readonly Sql[]): Promise<void> {
  const values = sql.join(rows.map((row) => sql`(${row})`))
  if (db.dialect === "mysql") await db.sql`insert ignore into ${table} (${columns}) values ${values}`.run()
  else await db.sql`insert into ${table} (${columns}) values ${values} on conflict do nothing`.run()
}
