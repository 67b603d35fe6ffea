import { AshlarError } from "@ashlar/core"
import type { Transaction } from "@ashlar/sqlite"
import { IndexRefused, UniqueConflict } from "../../errors.ts"
import { checkIndexed, type Index, memberKeys } from "../../indexes.ts"
import { type SortValue, sortValue } from "../../order.ts"
import { quote } from "../../text.ts"
import type { JsonObject } from "../../value.ts"
import type { Collection } from "./catalogue.ts"
import { nameSql, toKey } from "./key.ts"
import { indexName, tableName } from "./names.ts"
import { analyzeSql, builtIndexesSql, createIndexSql, dropIndexSql, duplicateSql, holderSql } from "./schema.ts"

/** A document that is about to be written. `n` is its row, or undefined for a new one. */
export interface Written {
  readonly document: JsonObject
  readonly n: number | undefined
}

/**
 * Checks that every index takes the document. Uniqueness is checked here and not by the engine: one writer writes the file, so
 * nothing comes between, and documents without a value are exempt at no cost for the order of the index.
 *
 * @throws {DOCUMENTS_INDEXED_VALUE_REFUSED} @throws {DOCUMENTS_UNIQUE_CONFLICT}
 */
export function checkIndexes(tx: Transaction, { name, indexes }: Collection, { document, n }: Written): void {
  for (const index of indexes) {
    checkIndexed(index, document)
    if (!index.unique) continue
    const values = index.fields.map(({ path }) => sortValue(document, path))
    if (values.includes(null)) continue
    // No row has the number -1.
    const holder = tx.get<{ id: string }>(holderSql(name, index), [...values.map(toKey), n ?? -1])
    if (holder === undefined) continue
    throw new UniqueConflict(
      `The document ${quote(holder.id)} holds the same values of the unique index ${quote(index.name)} already. Nothing was written.`,
      { details: { index: index.name, id: holder.id } },
    )
  }
}

/** Brings the entries of `members` indexes from one state of a document to another; undefined is no document. */
export function changeMembers(
  tx: Transaction,
  { name, indexes }: Pick<Collection, "name" | "indexes">,
  { n, before, after }: { n: number; before: JsonObject | undefined; after: JsonObject | undefined },
): void {
  for (const index of indexes) {
    if (index.kind !== "members") continue
    const table = nameSql(indexName(name, index))
    const old: ReadonlySet<SortValue> = before ? memberKeys(index, before) : new Set()
    const now: ReadonlySet<SortValue> = after ? memberKeys(index, after) : new Set()
    for (const key of old) if (!now.has(key)) tx.run(`DELETE FROM ${table} WHERE k=? AND n=?`, [toKey(key), n])
    for (const key of now) if (!old.has(key)) tx.run(`INSERT INTO ${table} (k, n) VALUES (?, ?)`, [toKey(key), n])
  }
}

const documentsPerRead = 500

/**
 * Makes what is built for a collection equal to what is declared: drops, builds and fills, and checks the documents that are
 * there against every index of `unproven`. All in the caller's transaction, so a refusal leaves nothing behind.
 *
 * @throws {DOCUMENTS_INDEX_REFUSED} when a stored document does not fit.
 */
export function buildIndexes(tx: Transaction, collection: Collection, unproven: readonly Index[]): void {
  const { name, indexes } = collection
  const wanted = new Map(indexes.map((index) => [indexName(name, index), index]))
  const built = tx.all<{ name: string; type: string }>(builtIndexesSql(), [tableName(name)])
  for (const each of built) if (!wanted.has(each.name)) tx.run(dropIndexSql(each))
  const standing = new Set(built.map((each) => each.name))
  const fresh = indexes.filter((index) => !standing.has(indexName(name, index)))
  const unchecked = indexes.filter((index) => fresh.includes(index) || unproven.includes(index))
  for (const index of fresh) tx.run(createIndexSql(name, index))
  if (unchecked.length === 0 || collection.count === 0) return
  checkStored(tx, { name, unchecked, fresh })
  analyze(tx, collection)
}

function checkStored(
  tx: Transaction,
  { name, unchecked, fresh }: { name: string; unchecked: readonly Index[]; fresh: readonly Index[] },
): void {
  const page = `SELECT n, id, doc FROM ${nameSql(tableName(name))} WHERE n > ? ORDER BY n LIMIT ${documentsPerRead}`
  for (let last = -1; ; ) {
    const rows = tx.all<{ n: number; id: string; doc: string }>(page, [last])
    for (const { n, id, doc } of rows) {
      const document = JSON.parse(doc) as JsonObject
      refusing(id, () => {
        for (const index of unchecked) checkIndexed(index, document)
        changeMembers(tx, { name, indexes: fresh }, { n, before: undefined, after: document })
      })
      last = n
    }
    if (rows.length < documentsPerRead) break
  }
  for (const index of unchecked) {
    if (!index.unique) continue
    const twice = tx.get<{ first: string; second: string }>(duplicateSql(name, index))
    if (twice) throw indexRefused(index.name, twice.first, `${quote(twice.second)} holds the same values`)
  }
}

/** What refuses a write refuses the index, when the document was there first. */
function refusing(id: string, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof AshlarError)) throw error
    throw indexRefused(String(error.details?.index), id, String(error.details?.reason ?? error.message))
  }
}

function indexRefused(index: string, id: string, reason: string): InstanceType<typeof IndexRefused> {
  return new IndexRefused(
    `The index ${quote(index)} does not fit the document ${quote(id)}: ${reason}. Nothing was changed.`,
    { details: { index, id, reason } },
  )
}

/** Without statistics the planner takes the wrong one of two indexes; with old ones it is seldom wrong. */
export function analyzeWhenGrown(tx: Transaction, collection: Collection): void {
  const { indexes, analyzed, count } = collection
  if (count >= Math.max(1000, analyzed * 4) && indexes.length > 0) analyze(tx, collection)
}

function analyze(tx: Transaction, { name, count }: Collection): void {
  tx.run(analyzeSql(name))
  // Readers take up new statistics with a new schema only.
  tx.run("CREATE TABLE documents_analyzed (n INTEGER)")
  tx.run("DROP TABLE documents_analyzed")
  tx.run("UPDATE documents_collections SET analyzed=?, version=version+1 WHERE name=?", [count, name])
}
