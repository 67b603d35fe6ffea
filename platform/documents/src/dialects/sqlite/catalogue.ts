import type { Transaction } from "@ashlar/sqlite"
import { collectionNotFound } from "../../collection.ts"
import type { Index } from "../../indexes.ts"
import type { Rules } from "../../rules.ts"
import type { Indexing } from "./filter.ts"
import { indexName } from "./names.ts"

/** What a collection is declared to be; stored as JSON in its catalogue row. */
export interface Definition {
  readonly rules: Rules
  readonly indexes: readonly Index[]
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

export type ReadDefinition = Definition & { readonly indexing: Indexing }

/** Definitions by their text: reading one on every request would cost more than the request. */
const definitions = new Map<string, ReadDefinition>()
const maxDefinitions = 1000

export function toCollection(row: CollectionRow): Collection {
  const cacheKey = `${row.name}\n${row.definition}`
  let definition = definitions.get(cacheKey)
  if (definition === undefined) {
    const read = JSON.parse(row.definition) as Definition
    definition = { ...read, indexing: toIndexing(row.name, read.indexes) }
    if (definitions.size >= maxDefinitions) definitions.clear()
    definitions.set(cacheKey, definition)
  }
  const { definition: _text, ...rest } = row
  return { ...definition, ...rest }
}

function toIndexing(collection: string, indexes: readonly Index[]): Indexing {
  const scalars = new Set<string>()
  const members = new Map<string, string>()
  for (const index of indexes) {
    for (const { path } of index.fields) {
      if (index.kind === "scalar") scalars.add(JSON.stringify(path))
      if (index.kind === "members") members.set(JSON.stringify(path), indexName(collection, index))
    }
  }
  return {
    isScalar: (path) => scalars.size > 0 && scalars.has(JSON.stringify(path)),
    membersTable: (path) => (members.size > 0 ? members.get(JSON.stringify(path)) : undefined),
  }
}

/** @throws {DOCUMENTS_COLLECTION_NOT_FOUND} */
export function loadCollection(tx: Pick<Transaction, "get">, name: string): Collection {
  const row = tx.get<CollectionRow>(selectCollectionSql, [name])
  if (row === undefined) throw collectionNotFound(name)
  return toCollection(row)
}
