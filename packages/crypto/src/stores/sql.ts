import { detach } from "@ashlar/core"
import { type Database, type Dialect, makeTables, openDatabase, type Queryable, type Sql, sql } from "@ashlar/orm"
import { CryptoClosed, CryptoStoreFailed } from "../errors.ts"
import type { KeyStore, ListRequest, StoredRecord } from "./store.ts"

const TABLE: Sql = sql`${sql.id("ashlar_keys")}`
const COLUMNS: Sql = sql`id, kind, tenant, name, revision, due_ms, body`
/** Texts that are compared byte by byte, and a body of more than 64 KiB, in each dialect's words. */
const TYPES: Readonly<Record<Dialect, { readonly text: (length: number) => Sql; readonly body: Sql }>> = {
  sqlite: { text: () => sql`text`, body: sql`text` },
  postgres: { text: () => sql`text collate "C"`, body: sql`text` },
  mysql: {
    text: (length) =>
      length === 36
        ? sql`varchar(36) character set ascii collate ascii_bin`
        : sql`varchar(128) character set ascii collate ascii_bin`,
    body: sql`longtext character set ascii collate ascii_bin`,
  },
}

interface Row {
  id: string
  kind: string
  tenant: string
  name: string
  revision: number | bigint
  due_ms: number | bigint | null
  body: string
}

/**
 * Keys as rows of the table `ashlar_keys`, made when it is missing: `sqlite:`, `postgres:` or `mysql:`. Changes are transactions of
 * their own, never part of the caller's: a rotation that is undone would take the key of what was encrypted meanwhile. SQLite has one
 * writer at a time, so give keys a file of their own there: in the file of a transaction that is open they would wait for its end.
 *
 * @throws {CRYPTO_STORE_FAILED}
 */
export async function sqlStore(url: string): Promise<KeyStore> {
  const database = await openDatabase(url)
  const store = new SqlStore(database)
  try {
    await store.makeTable()
  } catch (cause) {
    await database.close()
    throw new CryptoStoreFailed("The table of keys could not be made.", { cause })
  }
  return store
}

class SqlStore implements KeyStore {
  readonly #database: Database
  readonly #outside: <T>(work: () => T) => T
  #isClosed = false

  constructor(database: Database) {
    this.#database = database
    this.#outside = detach()
  }

  async makeTable(): Promise<void> {
    const { text, body } = TYPES[this.#database.dialect]
    const table = sql`create table if not exists ${TABLE} (
      id ${text(36)} primary key, kind ${text(36)} not null, tenant ${text(128)} not null, name ${text(128)} not null,
      revision bigint not null, due_ms bigint, body ${body} not null, unique (kind, tenant, name))`
    await makeTables(this.#database, { tables: [table] })
  }

  async get(id: string): Promise<StoredRecord | undefined> {
    return await this.#one((db) => db.sql<Row>`select ${COLUMNS} from ${TABLE} where id = ${id}`.all())
  }
  async find(kind: string, tenant: string, name: string): Promise<StoredRecord | undefined> {
    const found = await this.#one((db) =>
      db.sql<Row>`select ${COLUMNS} from ${TABLE} where kind = ${kind} and tenant = ${tenant} and name = ${name}`.all(),
    )
    // MySQL takes a text and the same with spaces behind it for one.
    return found?.tenant === tenant && found.name === name ? found : undefined
  }
  async list({ kind, tenant, after = "", limit }: ListRequest): Promise<readonly StoredRecord[]> {
    const rows = await this.#do((db) =>
      tenant === undefined
        ? db.sql<Row>`select ${COLUMNS} from ${TABLE} where kind = ${kind} and id > ${after} order by id limit ${limit}`.all()
        : db.sql<Row>`select ${COLUMNS} from ${TABLE} where kind = ${kind} and tenant = ${tenant} and name > ${after}
            order by name limit ${limit}`.all(),
    )
    return rows.map(toRecord)
  }
  async due(kind: string, nowMs: number, limit: number): Promise<readonly StoredRecord[]> {
    const rows = await this.#do((db) =>
      db.sql<Row>`select ${COLUMNS} from ${TABLE} where kind = ${kind} and due_ms <= ${nowMs}
        order by due_ms limit ${limit}`.all(),
    )
    return rows.map(toRecord)
  }
  async insert(record: StoredRecord): Promise<boolean> {
    const { id, kind, tenant, name, revision, dueMs, body } = record
    const values = sql`(${id}, ${kind}, ${tenant}, ${name}, ${revision}, ${dueMs}, ${body})`
    const written = await this.#do((db) =>
      db.dialect === "mysql"
        ? db.sql`insert ignore into ${TABLE} (${COLUMNS}) values ${values}`.run()
        : db.sql`insert into ${TABLE} (${COLUMNS}) values ${values} on conflict do nothing`.run(),
    )
    return written.changes === 1
  }
  async replace({ id, revision, dueMs, body }: StoredRecord): Promise<boolean> {
    const written = await this.#do((db) =>
      db.sql`update ${TABLE} set revision = ${revision}, due_ms = ${dueMs}, body = ${body}
        where id = ${id} and revision = ${revision - 1}`.run(),
    )
    return written.changes === 1
  }
  async remove(id: string, revision: number): Promise<boolean> {
    const written = await this.#do((db) =>
      db.sql`delete from ${TABLE} where id = ${id} and revision = ${revision}`.run(),
    )
    return written.changes === 1
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#database.close()
  }

  async #one(read: (db: Queryable) => Promise<readonly Row[]>): Promise<StoredRecord | undefined> {
    const [row] = await this.#do(read)
    return row === undefined ? undefined : toRecord(row)
  }
  async #do<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new CryptoClosed()
    try {
      return await this.#outside(() => work(this.#database))
    } catch (cause) {
      throw new CryptoStoreFailed("The database of keys did not do its work.", { cause })
    }
  }
}

function toRecord({ id, kind, tenant, name, revision, due_ms, body }: Row): StoredRecord {
  return {
    ...{ id, tenant, name, body, kind: kind === "secret" ? "secret" : "key" },
    revision: Number(revision),
    dueMs: due_ms === null ? null : Number(due_ms),
  }
}
