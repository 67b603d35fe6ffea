import { inSpiteOfOthers, type Queryable } from "@ashlar/orm"

/** Whether the tables are there: the one that is made last is. */
export async function hasTables(db: Queryable): Promise<boolean> {
  try {
    await db.sql`select 1 as one from ashlar_queue_children where batch = ''`.all()
    return true
  } catch {
    return false
  }
}

/** Makes the tables that are missing. */
export async function makeTables(db: Queryable): Promise<void> {
  await inSpiteOfOthers(() => make(db))
}

async function make(db: Queryable): Promise<void> {
  switch (db.dialect) {
    case "sqlite":
      return await makeOnSqlite(db)
    case "postgres":
      return await makeOnPostgres(db)
    case "mysql":
      return await makeOnMysql(db)
  }
}

/*
 * A job is one row. `due` is when its state ends by itself: a lease, a delay, or how long a finished one is kept; of a waiting one, since
 * when it waits. `prio` is the priority with its sign turned, so that all that orders jobs ascends. `extra` has what few jobs have, as JSON.
 * States are numbers, by STATES.
 */

async function makeOnSqlite(db: Queryable): Promise<void> {
  await db.sql`create table if not exists ashlar_queue_lanes (
    id integer primary key, queue text not null, name text not null, paused integer not null default 0,
    turn integer not null default 0, taken real not null default 0, taken_at integer not null default 0,
    unique (queue, name))`.run()
  await db.sql`create table if not exists ashlar_queue_jobs (
    seq integer primary key, id text not null unique, lane integer not null, state integer not null,
    prio integer not null, turn integer not null, due integer not null, attempt integer not null default 0,
    attempts integer not null, lease integer not null default 0, grp text, grp_limit integer, batch text,
    input text not null, extra text, progress text, output text, error text, created integer not null)`.run()
  await db.sql`create index if not exists ashlar_queue_jobs_ready
    on ashlar_queue_jobs (lane, prio, turn, seq) where state = 0`.run()
  await db.sql`create index if not exists ashlar_queue_jobs_due
    on ashlar_queue_jobs (lane, state, due) where state not in (0, 3)`.run()
  await db.sql`create index if not exists ashlar_queue_jobs_held
    on ashlar_queue_jobs (lane, grp, prio, seq) where state = 3`.run()
  await db.sql`create table if not exists ashlar_queue_groups (
    lane integer not null, grp text not null, next_turn integer not null default 0, places integer not null default 0,
    primary key (lane, grp)) without rowid`.run()
  await db.sql`create table if not exists ashlar_queue_keys (
    queue text not null, hash text not null, job text not null, until_ms integer not null,
    primary key (queue, hash)) without rowid`.run()
  await db.sql`create index if not exists ashlar_queue_keys_until on ashlar_queue_keys (queue, until_ms)`.run()
  await db.sql`create table if not exists ashlar_queue_batches (
    id text primary key, queue text not null, total integer not null, completed integer not null default 0,
    failed integer not null default 0, if_failed text not null, keep_ms integer not null, created integer not null,
    settled integer, success text, failure text, ending text)`.run()
  await db.sql`create table if not exists ashlar_queue_children (
    batch text not null, id text not null, name text not null, state text not null, output text not null, error text,
    primary key (batch, id)) without rowid`.run()
}

async function makeOnPostgres(db: Queryable): Promise<void> {
  await db.sql`create table if not exists ashlar_queue_lanes (
    id bigint generated always as identity primary key, queue text not null, name text not null,
    paused smallint not null default 0, turn bigint not null default 0, taken double precision not null default 0,
    taken_at bigint not null default 0, unique (queue, name))`.run()
  // Rows come and go: the space of those that went is to be found soon.
  await db.sql`create table if not exists ashlar_queue_jobs (
    seq bigint generated always as identity primary key, id text collate "C" not null unique, lane bigint not null,
    state smallint not null, prio smallint not null, turn bigint not null, due bigint not null,
    attempt integer not null default 0, attempts integer not null, lease bigint not null default 0,
    grp text collate "C", grp_limit integer, batch text, input text not null, extra text, progress text, output text,
    error text, created bigint not null)
    with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)`.run()
  await db.sql`create index if not exists ashlar_queue_jobs_ready
    on ashlar_queue_jobs (lane, prio, turn, seq) where state = 0`.run()
  await db.sql`create index if not exists ashlar_queue_jobs_due
    on ashlar_queue_jobs (lane, state, due) where state not in (0, 3)`.run()
  await db.sql`create index if not exists ashlar_queue_jobs_held
    on ashlar_queue_jobs (lane, grp, prio, seq) where state = 3`.run()
  await db.sql`create table if not exists ashlar_queue_groups (
    lane bigint not null, grp text collate "C" not null, next_turn bigint not null default 0,
    places integer not null default 0, primary key (lane, grp))`.run()
  await db.sql`create table if not exists ashlar_queue_keys (
    queue text not null, hash text not null, job text not null, until_ms bigint not null,
    primary key (queue, hash))`.run()
  await db.sql`create index if not exists ashlar_queue_keys_until on ashlar_queue_keys (queue, until_ms)`.run()
  await db.sql`create table if not exists ashlar_queue_batches (
    id text primary key, queue text not null, total integer not null, completed integer not null default 0,
    failed integer not null default 0, if_failed text not null, keep_ms bigint not null, created bigint not null,
    settled bigint, success text, failure text, ending text)`.run()
  await db.sql`create table if not exists ashlar_queue_children (
    batch text not null, id text collate "C" not null, name text not null, state text not null, output text not null,
    error text, primary key (batch, id))`.run()
}

async function makeOnMysql(db: Queryable): Promise<void> {
  // Texts are compared byte by byte, whatever the database's own collation thinks of letters.
  await db.sql`create table if not exists ashlar_queue_lanes (
    id bigint auto_increment primary key, queue varchar(50) not null, name varchar(100) not null,
    paused smallint not null default 0, turn bigint not null default 0, taken double not null default 0,
    taken_at bigint not null default 0, unique key (queue, name)) character set ascii collate ascii_bin`.run()
  await db.sql`create table if not exists ashlar_queue_jobs (
    seq bigint auto_increment primary key, id char(36) character set ascii collate ascii_bin not null unique,
    lane bigint not null, state smallint not null, prio smallint not null, turn bigint not null, due bigint not null,
    attempt integer not null default 0, attempts integer not null, lease bigint not null default 0,
    grp varchar(255), grp_limit integer, batch char(36) character set ascii collate ascii_bin,
    input longtext not null, extra text, progress text, output longtext, error text, created bigint not null,
    key ashlar_queue_jobs_ready (lane, state, prio, turn, seq), key ashlar_queue_jobs_due (lane, state, due),
    key ashlar_queue_jobs_held (lane, state, grp, prio, seq)) character set utf8mb4 collate utf8mb4_bin`.run()
  await db.sql`create table if not exists ashlar_queue_groups (
    lane bigint not null, grp varchar(255) not null, next_turn bigint not null default 0,
    places integer not null default 0, primary key (lane, grp)) character set utf8mb4 collate utf8mb4_bin`.run()
  await db.sql`create table if not exists ashlar_queue_keys (
    queue varchar(50) not null, hash char(64) not null, job char(36) not null, until_ms bigint not null,
    primary key (queue, hash), key ashlar_queue_keys_until (queue, until_ms)) character set ascii collate ascii_bin`.run()
  await db.sql`create table if not exists ashlar_queue_batches (
    id char(36) primary key, queue varchar(50) not null, total integer not null, completed integer not null default 0,
    failed integer not null default 0, if_failed varchar(10) not null, keep_ms bigint not null,
    created bigint not null, settled bigint, success char(36), failure char(36), ending char(36))
    character set ascii collate ascii_bin`.run()
  await db.sql`create table if not exists ashlar_queue_children (
    batch char(36) not null, id char(36) not null, name varchar(100) not null, state varchar(10) not null,
    output longtext not null, error text, primary key (batch, id)) character set utf8mb4 collate utf8mb4_bin`.run()
}

/** The states, as they are in the tables. */
export const STATES = { waiting: 0, active: 1, delayed: 2, held: 3, blocked: 4, completed: 5, failed: 6 } as const
