/*
 * What writes documents. Each export runs inside the writer's transaction, under a savepoint of its own: all of it holds, or
 * nothing. Called as "documents.<export>".
 */
import type { Transaction } from "@ashlar/sqlite"
import { apply } from "../../apply.ts"
import type { CollectionChange, NewCollection } from "../../collections.ts"
import { type Precondition, toDocumentText } from "../../document.ts"
import { CollectionExists, DocumentNotFound, RevisionConflict, TooManyCollections } from "../../errors.ts"
import { languageLimits } from "../../limits.ts"
import { quote } from "../../text.ts"
import type { Update } from "../../update.ts"
import type { JsonObject } from "../../value.ts"
import { type Collection, type CollectionRow, loadCollection, selectCollectionSql, toCollection } from "./catalogue.ts"
import { nameSql } from "./key.ts"
import { indexName, tableName } from "./names.ts"
import { builtIndexesSql, createTableSql, dropIndexSql, dropTableSql } from "./schema.ts"
import { analyzeWhenGrown, buildIndexes, changeMembers, checkIndexes } from "./upkeep.ts"

/** Ids and texts by position: flat lists cross to the writer fastest. */
export interface InsertArgs {
  readonly collection: string
  readonly at: number
  readonly ids: readonly string[]
  readonly texts: readonly string[]
}

export function insert(tx: Transaction, { collection: name, at, ids, texts }: InsertArgs): void {
  const collection = loadCollection(tx, name)
  const sql = `INSERT INTO ${nameSql(tableName(name))} (id, doc, rev, created, updated) VALUES (?, ?, 1, ?, ?)`
  for (const [i, text] of texts.entries()) {
    const document = parsed(collection, text)
    if (document) checkIndexes(tx, collection, { document, n: undefined })
    const { lastInsertRowid } = tx.run(sql, [ids[i]!, text, at, at])
    if (document) changeMembers(tx, collection, { n: lastInsertRowid, before: undefined, after: document })
  }
  changeSize(tx, collection, {
    count: texts.length,
    bytes: texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  })
}

export interface ReplaceArgs {
  readonly collection: string
  readonly id: string
  readonly at: number
  readonly text: string
  readonly precondition: Precondition
}

export interface ReplaceResult {
  readonly rev: number
  readonly created: number
}

/** Creates the document when there is none, unless the precondition says otherwise. */
export function replace(tx: Transaction, args: ReplaceArgs): ReplaceResult {
  const { id, at, text } = args
  const collection = loadCollection(tx, args.collection)
  const row = readRow(tx, collection, id)
  checkPrecondition(args, row)
  if (row === undefined) {
    insert(tx, { collection: args.collection, at, ids: [id], texts: [text] })
    return { rev: 1, created: at }
  }
  return { rev: write(tx, collection, { row, text, at }), created: row.created }
}

export interface PatchArgs {
  readonly collection: string
  readonly id: string
  readonly at: number
  readonly update: Update
  readonly precondition: Precondition
  readonly maxDocumentBytes: number
}

export interface PatchResult extends ReplaceResult {
  readonly text: string
}

/** Reads, applies and writes in one transaction: no other write comes between, so nothing is retried and nothing lost. */
export function patch(tx: Transaction, args: PatchArgs): PatchResult {
  const collection = loadCollection(tx, args.collection)
  const row = existing(readRow(tx, collection, args.id), args)
  checkPrecondition(args, row)
  const changed = apply(JSON.parse(row.doc) as JsonObject, args.update)
  const text = toDocumentText(changed, { maxDocumentBytes: args.maxDocumentBytes })
  return { rev: write(tx, collection, { row, text, at: args.at }), created: row.created, text }
}

export interface RemoveArgs {
  readonly collection: string
  readonly id: string
  readonly precondition: Precondition
}

export function remove(tx: Transaction, args: RemoveArgs): void {
  const collection = loadCollection(tx, args.collection)
  const row = existing(readRow(tx, collection, args.id), args)
  checkPrecondition(args, row)
  changeMembers(tx, collection, { n: row.n, before: parsed(collection, row.doc), after: undefined })
  tx.run(`DELETE FROM ${nameSql(tableName(args.collection))} WHERE n=?`, [row.n])
  changeSize(tx, collection, { count: -1, bytes: -Buffer.byteLength(row.doc) })
}

export interface CreateCollectionArgs extends NewCollection {
  readonly at: number
}

export function createCollection(tx: Transaction, { name, rules, indexes, at }: CreateCollectionArgs): CollectionRow {
  if (tx.get(selectCollectionSql, [name])) {
    throw new CollectionExists(`The collection ${quote(name)} exists already. Choose another name, or change it.`)
  }
  const { count } = tx.get<{ count: number }>("SELECT count(*) AS count FROM documents_collections")!
  if (count >= languageLimits.collections) {
    throw new TooManyCollections(
      `Expected at most ${languageLimits.collections} collections. Delete one that is not used.`,
    )
  }
  const definition = JSON.stringify({ rules, indexes })
  tx.run("INSERT INTO documents_collections VALUES (?, ?, 1, 0, 0, 0, ?, ?)", [name, definition, at, at])
  tx.run(createTableSql(name))
  buildIndexes(tx, loadCollection(tx, name), [])
  return tx.get<CollectionRow>(selectCollectionSql, [name])!
}

export interface UpdateCollectionArgs extends CollectionChange {
  readonly name: string
  readonly at: number
}

/** Also without a change: indexes whose key expression is not of this release are rebuilt. */
export function updateCollection(tx: Transaction, { name, rules, indexes, at }: UpdateCollectionArgs): CollectionRow {
  const before = loadCollection(tx, name)
  const definition = JSON.stringify({ rules: { ...before.rules, ...rules }, indexes: indexes ?? before.indexes })
  tx.run("UPDATE documents_collections SET definition=?, version=version+1, updated=? WHERE name=?", [
    definition,
    at,
    name,
  ])
  const unique = new Set(before.indexes.filter((index) => index.unique).map((index) => index.name))
  const after = loadCollection(tx, name)
  buildIndexes(
    tx,
    after,
    after.indexes.filter((index) => index.unique && !unique.has(index.name)),
  )
  return tx.get<CollectionRow>(selectCollectionSql, [name])!
}

export function deleteCollection(tx: Transaction, { name }: { readonly name: string }): void {
  loadCollection(tx, name)
  for (const built of tx.all<{ name: string; type: string }>(builtIndexesSql(), [tableName(name)])) {
    tx.run(dropIndexSql(built))
  }
  tx.run(dropTableSql(name))
  tx.run("DELETE FROM documents_collections WHERE name=?", [name])
}

/**
 * Rebuilds the indexes that an earlier release built with another key expression. Cheap when there are none.
 *
 * @returns the names of the collections it changed
 */
export function upgrade(tx: Transaction): readonly string[] {
  const rows = tx.all<CollectionRow>("SELECT * FROM documents_collections ORDER BY name")
  return rows.flatMap((row) => {
    const collection = toCollection(row)
    const built = new Set(tx.all<{ name: string }>(builtIndexesSql(), [tableName(row.name)]).map(({ name }) => name))
    if (isBuilt(collection, built)) return []
    buildIndexes(tx, collection, [])
    return [row.name]
  })
}

interface Row {
  readonly n: number
  readonly rev: number
  readonly created: number
  readonly doc: string
}

function readRow(tx: Transaction, { name }: Collection, id: string): Row | undefined {
  return tx.get<Row>(`SELECT n, rev, created, doc FROM ${nameSql(tableName(name))} WHERE id=?`, [id])
}

function existing(row: Row | undefined, { collection, id }: { collection: string; id: string }): Row {
  if (row) return row
  throw new DocumentNotFound(`The collection ${quote(collection)} has no document ${quote(id)}.`)
}

function checkPrecondition(
  { collection, id, precondition }: { collection: string; id: string; precondition: Precondition },
  row: Row | undefined,
): void {
  const { ifRev, mustExist, mustNotExist } = precondition
  if (mustExist) existing(row, { collection, id })
  const current = row?.rev ?? null
  if (ifRev !== undefined && ifRev !== current) throw revisionConflict(ifRev, current)
  if (mustNotExist && row) throw revisionConflict(null, current)
}

function revisionConflict(expected: number | null, current: number | null): InstanceType<typeof RevisionConflict> {
  const said = (rev: number | null): string => (rev === null ? "no document" : `revision ${rev}`)
  return new RevisionConflict(
    `Expected ${said(expected)}, found ${said(current)}. Nothing was written; read the document again and retry.`,
    { details: { expected, current } },
  )
}

/** Only indexes need the document itself; without any, its text goes through as it is. */
function parsed({ indexes }: Collection, text: string): JsonObject | undefined {
  return indexes.length === 0 ? undefined : (JSON.parse(text) as JsonObject)
}

function write(
  tx: Transaction,
  collection: Collection,
  { row, text, at }: { row: Row; text: string; at: number },
): number {
  const rev = row.rev + 1
  const after = parsed(collection, text)
  if (after) checkIndexes(tx, collection, { document: after, n: row.n })
  tx.run(`UPDATE ${nameSql(tableName(collection.name))} SET doc=?, rev=?, updated=? WHERE n=?`, [text, rev, at, row.n])
  if (after) changeMembers(tx, collection, { n: row.n, before: parsed(collection, row.doc), after })
  const bytes = Buffer.byteLength(text) - Buffer.byteLength(row.doc)
  if (bytes !== 0) changeSize(tx, collection, { count: 0, bytes })
  return rev
}

function changeSize(tx: Transaction, collection: Collection, change: { count: number; bytes: number }): void {
  tx.run("UPDATE documents_collections SET count=count+?, bytes=bytes+? WHERE name=?", [
    change.count,
    change.bytes,
    collection.name,
  ])
  if (change.count > 0) analyzeWhenGrown(tx, { ...collection, count: collection.count + change.count })
}

function isBuilt({ name, indexes }: Collection, built: ReadonlySet<string>): boolean {
  return built.size === indexes.length && indexes.every((index) => built.has(indexName(name, index)))
}
