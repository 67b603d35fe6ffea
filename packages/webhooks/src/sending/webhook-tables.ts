import {
  type Database,
  type Dialect,
  type FeatureTables,
  makeTables,
  openTables,
  type Queryable,
  type Sql,
  sql,
} from "@ashlar/orm"
import { WebhooksStoreFailed } from "../errors.ts"

const TEXT: Readonly<Record<Dialect, Sql>> = { sqlite: sql`text`, postgres: sql`text`, mysql: sql`longtext` }
/** Names are compared letter for letter: MySQL takes `Acme` for `acme` unless it is told not to. */
const EXACT: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql``,
  postgres: sql``,
  mysql: sql`character set utf8mb4 collate utf8mb4_bin`,
}

/** Opens the database of the endpoints, and makes the tables that are missing. `memory:` is one of its opener's own. */
export async function openWebhookTables(url: string): Promise<Database> {
  return await openTables(url === "memory:" ? "sqlite::memory:" : url, {
    tables,
    toError: (cause) => new WebhooksStoreFailed("The tables of the webhooks could not be made", { cause }),
  })
}

/** Makes the tables that are missing. */
export async function makeWebhookTables(db: Queryable): Promise<void> {
  await makeTables(db, tables(db.dialect))
}

function tables(dialect: Dialect): FeatureTables {
  return { tables: statements(TEXT[dialect], EXACT[dialect]), indexes: INDEXES }
}

const statements = (text: Sql, exact: Sql): readonly Sql[] => [
  sql`create table if not exists ashlar_webhook_endpoints
    (id varchar(64) ${exact} primary key, owner varchar(200) ${exact} not null, url varchar(2048) not null, types ${text}, secrets ${text} not null,
     created_ms bigint not null, failing_ms bigint, held_ms bigint, disabled_ms bigint, disabled_why varchar(16))`,
  sql`create table if not exists ashlar_webhook_events
    (id varchar(64) ${exact} primary key, owner varchar(200) ${exact} not null, type varchar(128) ${exact} not null, body ${text} not null,
     created_ms bigint not null)`,
  sql`create table if not exists ashlar_webhook_deliveries
    (id varchar(64) ${exact} primary key, event varchar(64) ${exact} not null, endpoint varchar(64) ${exact} not null, state varchar(16) not null,
     attempts integer not null, status integer, error varchar(64), created_ms bigint not null, changed_ms bigint not null,
     round integer not null)`,
  sql`create table if not exists ashlar_webhook_attempts
    (delivery varchar(64) ${exact} not null, number integer not null, at_ms bigint not null, duration_ms integer not null, status integer,
     error varchar(64), answer ${text}, primary key (delivery, number))`,
]

const INDEXES: NonNullable<FeatureTables["indexes"]> = [
  ["ashlar_webhook_endpoints_owner", "ashlar_webhook_endpoints", sql`owner`],
  ["ashlar_webhook_events_age", "ashlar_webhook_events", sql`created_ms`],
  ["ashlar_webhook_deliveries_event", "ashlar_webhook_deliveries", sql`event`],
  ["ashlar_webhook_deliveries_endpoint", "ashlar_webhook_deliveries", sql`endpoint, state`],
]
