import type { Transaction } from "@ashlar/sqlite"
import { collectionNotFound } from "../../collection.ts"
import type { Index } from "../../indexes.ts"
import type { Path } from "../../path.ts"
import type { Rules } from "../../rules.ts"
import type { Indexing } from "./filter.ts"
import { indexName } from "./names.ts"

/** What a collection is declared to be; stored as JSON in its catalogue row. */
export interface Definition {
  readonly rules: Rules
  readonly indexes: readonly Index[]
  /** Absent when there are none. Never changed: what is stored would not be what it says. */
  readonly encrypted?: readonly Path[]
}

/** A row of the catalogue, with its definition read. */
export interface Collection extends Definition {
  readonly name: string
  /** Rises with each change of the definition and of the statistics: a plan made before it is stale. */
  readonly version: number
  /** The documents there are, and their bytes as text: kept in the transaction of each write, so they are exact. */
  readonly count: number
  readonly bytes: number
  /** The count when statistics were last taken. */
  readonly analyzed: number
  readonly created: number
  readonly updated: number
  readonly indexing: Indexing
}

export interface CollectionRow {
  readonly name: string
  readonly definition: string
  readonly version: number
  readonly count: number
  readonly bytes: number
  readonly analyzed: number
  readonly created: number
  readonly updated: number
}

/** Rows are found by name and never joined, so one table without row numbers is the smallest form. */
export const catalogueTableSql: string =
  "CREATE TABLE documents_collections (name TEXT PRIMARY KEY NOT NULL, definition TEXT NOT NULL, version INTEGER NOT NULL, " +
  "count INTEGER NOT NULL, bytes INTEGER NOT NULL, analyzed INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL) WITHOUT ROWID"

const columns = "name, definition, version, count, bytes, analyzed, created, updated"

export const selectCollectionSql: string = `SELECT ${columns} FROM documents_collections WHERE name = ?`
export const listCollectionsSql: string = `SELECT ${columns} FROM documents_collections WHERE name > ? ORDER BY name LIMIT ?`

/** A definition that was read, with what queries ask of it. */
interface ReadDefinition extends Definition {
  readonly scalarPaths: ReadonlySet<string>
  readonly memberIndexes: ReadonlyMap<string, Index>
}

/** Definitions by their text: reading one on every request would cost more than the request. Files share them. */
const definitions = new Map<string, ReadDefinition>()
const maxDefinitions = 1000

function readDefinition(text: string): ReadDefinition {
  const known = definitions.get(text)
  if (known) return known
  const definition = JSON.parse(text) as Definition
  const fields = definition.indexes.flatMap((index) =>
    index.fields.map(({ path }) => ({ index, path: JSON.stringify(path) })),
  )
  const read: ReadDefinition = {
    ...definition,
    scalarPaths: new Set(fields.filter(({ index }) => index.kind === "scalar").map(({ path }) => path)),
    memberIndexes: new Map(
      fields.filter(({ index }) => index.kind === "members").map(({ index, path }) => [path, index] as const),
    ),
  }
  if (definitions.size >= maxDefinitions) definitions.clear()
  definitions.set(text, read)
  return read
}

export function toCollection(row: CollectionRow): Collection {
  const { name, version, count, bytes, analyzed, created, updated } = row
  const { rules, indexes, encrypted, scalarPaths, memberIndexes } = readDefinition(row.definition)
  const indexing: Indexing = {
    isScalar: (path) => scalarPaths.size > 0 && scalarPaths.has(JSON.stringify(path)),
    membersTable: (path) => {
      const index = memberIndexes.size > 0 ? memberIndexes.get(JSON.stringify(path)) : undefined
      return index && indexName(name, index)
    },
  }
  return {
    name,
    rules,
    indexes,
    ...(encrypted && { encrypted }),
    version,
    count,
    bytes,
    analyzed,
    created,
    updated,
    indexing,
  }
}

/** @throws {DOCUMENTS_COLLECTION_NOT_FOUND} */
export function loadCollection(tx: Pick<Transaction, "get">, name: string): Collection {
  const row = tx.get<CollectionRow>(selectCollectionSql, [name])
  if (row === undefined) throw collectionNotFound(name)
  return toCollection(row)
}
