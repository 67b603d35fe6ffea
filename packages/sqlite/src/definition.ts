import { SqliteDefinition } from "./errors.ts"

/** A value SQLite stores. A bigint must fit 64 bits; integers read back beyond 2^53 lose precision, so store those as text. */
export type SqlValue = string | number | bigint | null | Uint8Array

/** One SQL statement as data. */
export interface Statement {
  readonly sql: string
  /** As many as the SQL has placeholders. Default none. */
  readonly params?: readonly SqlValue[]
  /** Refuse the whole write unless the statement changes exactly this many rows. */
  readonly expectChanges?: number
}

/** What one statement of a write did. */
export interface WriteResult {
  /** Rows inserted, updated or deleted by this statement. */
  readonly changes: number
  /** The row id of the latest insert on this file so far; of meaning only after an INSERT. */
  readonly lastInsertRowid: number
  /** What a RETURNING clause or a SELECT gave; else empty. */
  readonly rows: readonly Readonly<Record<string, SqlValue>>[]
}

/**
 * What a procedure may do, in the group's transaction; when it throws, all it did is undone.
 * Valid only until the procedure returns. Every method takes one statement; those that would end the transaction are refused.
 *
 * @throws {SQLITE_CONSTRAINT} when a constraint refuses the statement; the procedure may catch it and go on.
 * @throws {SQLITE_STATEMENT_REFUSED} when the SQL begins, ends or leaves the transaction.
 * @throws {SQLITE_STATEMENT_INVALID} when the SQL does not compile or the parameters do not fit.
 */
export interface Transaction {
  all<T = Record<string, SqlValue>>(sql: string, params?: readonly SqlValue[]): T[]
  get<T = Record<string, SqlValue>>(sql: string, params?: readonly SqlValue[]): T | undefined
  run(sql: string, params?: readonly SqlValue[]): { changes: number; lastInsertRowid: number }

  /**
   * What consecutive calls of this procedure in one group keep in common, so that what each would do alone is done once. `begin`
   * makes it for the first of them; `end` runs in the same transaction before anything else does, and before the commit. When a call
   * fails, it is as if that call had never touched it.
   */
  share<T>(begin: () => T, end: (tx: Transaction, shared: T) => void): T
}

/**
 * A synchronous function that runs inside the writer Worker. Whatever it throws undoes what it did, and nothing else
 * of the group. Its arguments and its result are plain data (structured clone). It may run again, after a crash or because
 * another call of its group had to be undone, so it touches nothing but the transaction.
 */
export type Procedure = (tx: Transaction, args: never) => unknown

/** One step of a feature's schema. Never edit one that was released: add the next. */
export interface Migration {
  /** Rises within the feature. */
  readonly id: number
  readonly name: string
  /** One statement per element. */
  readonly sql: readonly string[]
}

/** A part of the software that keeps tables in a file. */
export interface Feature {
  /** Letters, digits, `-` and `_`. Unique in the file, stable for ever. */
  readonly name: string
  readonly migrations: readonly Migration[]
  /** The module whose named exports are procedures; the writer Worker imports it, and callers say `<feature>.<export>`. */
  readonly procedures?: URL
}

/** What a file holds. */
export interface FileDefinition {
  /** `"system"` has a writer thread of its own; every other kind shares the pool. */
  readonly kind: string
  readonly features: readonly Feature[]
}

/** A definition as it crosses to the Worker: plain data, with the checks done. */
export interface FileSchema {
  readonly kind: string
  readonly features: readonly {
    readonly name: string
    readonly migrations: readonly Migration[]
    readonly procedures: string | undefined
  }[]
}

/**
 * Checks a definition and makes it plain.
 *
 * @throws {SQLITE_DEFINITION} when a feature's name is odd or taken twice, or its migration ids do not rise.
 */
export function toFileSchema(definition: FileDefinition): FileSchema {
  const names = new Set<string>()
  for (const { name, migrations } of definition.features) {
    if (!/^[A-Za-z0-9_-]+$/.test(name) || names.has(name)) {
      throw new SqliteDefinition(
        `Expected feature names to be unique words of letters, digits, "-" and "_", got "${name}".`,
      )
    }
    names.add(name)
    let last = 0
    for (const { id } of migrations) {
      if (!Number.isSafeInteger(id) || id <= last) {
        throw new SqliteDefinition(`Expected the migration ids of "${name}" to rise from 1, got ${id} after ${last}.`)
      }
      last = id
    }
  }
  return {
    kind: definition.kind,
    features: definition.features.map(({ name, migrations, procedures }) => ({
      name,
      migrations: migrations.map(({ id, name, sql }) => ({ id, name, sql: [...sql] })),
      procedures: procedures?.href,
    })),
  }
}
