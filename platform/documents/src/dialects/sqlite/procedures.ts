/*
 * What writes documents. Each export runs inside the writer's transaction: all of it holds, or nothing. Called as "documents.<export>".
 */
import type { Transaction } from "@ashlar/sqlite"
import { apply } from "../../apply.ts"
import type { CollectionChange, NewCollection } from "../../collections.ts"
import { toStoredDocument } from "../../document.ts"
import { checkIndexesApart } from "../../encrypted-fields.ts"
import { CollectionExists, DocumentNotFound, RevisionConflict, TooManyCollections } from "../../errors.ts"
import { languageLimits } from "../../limits.ts"
import { quote } from "../../text.ts"
import type { Update } from "../../update.ts"
import type { JsonObject } from "../../value.ts"
import { type Collection, type CollectionRow, loadCollection, selectCollectionSql, toCollection } from "./catalogue.ts"
import { nameSql } from "./key.ts"
import { indexName, tableName } from "./names.ts"
import type { PreconditionArgs } from "./precondition.ts"
import { builtIndexesSql, createTableSql, dropIndexSql, dropTableSql } from "./schema.ts"
import { analyzeWhenGrown, buildIndexes, changeMembers, checkIndexes } from "./upkeep.ts"

/** The collection, the time, then id and text of each document: flat lists cross to the writer fastest. */
export type InsertArgs = readonly [collection: string, at: number, ...idsAndTexts: string[]]

export function insert(tx: Transaction, args: InsertArgs): void {
  const at = args[1]
  const target = insertInto(tx, args[0])
  for (let i = 2; i < args.length; i += 2) {
    insertOne(tx, target, { id: args[i] as string, text: args[i + 1] as string, at })
  }
}

/** A collection that is being filled, and by how much it grew since its catalogue row was written. */
interface InsertTarget {
  readonly collection: Collection
  readonly sql: string
  count: number
  bytes: number
}

/** The inserts of one commit read and write each catalogue row once. */
function insertInto(tx: Transaction, name: string): InsertTarget {
  const targets = tx.share(() => new Map<string, InsertTarget>(), endInserts)
  let target = targets.get(name)
  if (target === undefined) {
    target = newTarget(loadCollection(tx, name))
    targets.set(name, target)
  }
  return target
}

function newTarget(collection: Collection): InsertTarget {
  const table = nameSql(tableName(collection.name))
  const sql = `INSERT INTO ${table} (id, doc, rev, created, updated) VALUES (?, ?, 1, ?, ?)`
  return { collection, sql, count: 0, bytes: 0 }
}

function endInserts(tx: Transaction, targets: ReadonlyMap<string, InsertTarget>): void {
  for (const { collection, count, bytes } of targets.values()) changeSize(tx, collection, { count, bytes })
}

function insertOne(
  tx: Transaction,
  target: InsertTarget,
  { id, text, at }: { readonly id: string; readonly text: string; readonly at: number },
): void {
  const { collection } = target
  const document = parsed(collection, text)
  if (document) checkIndexes(tx, collection, { document, n: undefined })
  const { lastInsertRowid } = tx.run(target.sql, [id, text, at, at])
  if (document) changeMembers(tx, collection, { n: lastInsertRowid, before: undefined, after: document })
  target.count++
  target.bytes += Buffer.byteLength(text)
}

export type ReplaceArgs = readonly [collection: string, id: string, at: number, text: string, ...PreconditionArgs]

export interface ReplaceResult {
  readonly rev: number
  readonly created: number
}

/** Creates the document when there is none, unless the precondition says otherwise. */
export function replace(tx: Transaction, [name, id, at, text, ...precondition]: ReplaceArgs): ReplaceResult {
  const collection = loadCollection(tx, name)
  const row = readRow(tx, collection, id)
  checkPrecondition({ collection: name, id, precondition }, row)
  if (row) return { rev: write(tx, collection, { row, text, at }), created: row.created }
  const target = newTarget(collection)
  insertOne(tx, target, { id, text, at })
  changeSize(tx, collection, target)
  return { rev: 1, created: at }
}

export interface PatchArgs {
  readonly collection: string
  readonly id: string
  readonly at: number
  readonly update: Update
  readonly precondition: PreconditionArgs
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
  const { text } = toStoredDocument(changed, { maxDocumentBytes: args.maxDocumentBytes })
  return { rev: write(tx, collection, { row, text, at: args.at }), created: row.created, text }
}

export type RemoveArgs = readonly [collection: string, id: string, ...PreconditionArgs]

export function remove(tx: Transaction, [name, id, ...precondition]: RemoveArgs): void {
  const collection = loadCollection(tx, name)
  const args = { collection: name, id, precondition }
  const row = existing(readRow(tx, collection, id), args)
  checkPrecondition(args, row)
  changeMembers(tx, collection, { n: row.n, before: parsed(collection, row.doc), after: undefined })
  tx.run(`DELETE FROM ${nameSql(tableName(name))} WHERE n=?`, [row.n])
  changeSize(tx, collection, { count: -1, bytes: -Buffer.byteLength(row.doc) })
}

export interface CreateCollectionArgs extends NewCollection {
  readonly at: number
}

export function createCollection(
  tx: Transaction,
  { name, rules, indexes, encrypted, at }: CreateCollectionArgs,
): CollectionRow {
  if (tx.get(selectCollectionSql, [name])) {
    throw new CollectionExists(`The collection ${quote(name)} exists already. Choose another name, or change it.`)
  }
  const { count } = tx.get<{ count: number }>("SELECT count(*) AS count FROM documents_collections")!
  if (count >= languageLimits.collections) {
    throw new TooManyCollections(
      `Expected at most ${languageLimits.collections} collections. Delete one that is not used.`,
    )
  }
  const definition = JSON.stringify({ rules, indexes, ...(encrypted.length > 0 && { encrypted }) })
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
  const { encrypted } = before
  checkIndexesApart(indexes ?? [], encrypted ?? [])
  const definition = JSON.stringify({
    ...{ rules: { ...before.rules, ...rules }, indexes: indexes ?? before.indexes },
    ...(encrypted && { encrypted }),
  })
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
  { collection, id, precondition }: { collection: string; id: string; precondition: PreconditionArgs },
  row: Row | undefined,
): void {
  const [ifRev, mustExist, mustNotExist] = precondition
  if (mustExist) existing(row, { collection, id })
  const current = row?.rev ?? null
  if (ifRev !== null && ifRev !== current) throw revisionConflict(ifRev, current)
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
