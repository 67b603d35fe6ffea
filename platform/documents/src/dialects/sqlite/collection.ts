import type { Clock, IdSource } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import type { Count, DocumentCollection, Explanation, Page } from "../../collection.ts"
import { type CursorScope, createCursor, readCursor } from "../../cursor.ts"
import {
  checkId,
  type Document,
  type DocumentRow,
  type Precondition,
  readDocument,
  toDocument,
  toStoredDocument,
} from "../../document.ts"
import { DocumentTooLarge, ValueInvalid } from "../../errors.ts"
import type { Filter } from "../../filter.ts"
import type { StoreLimits } from "../../limits.ts"
import type { Query } from "../../query.ts"
import { select } from "../../selection.ts"
import { refuse } from "../../shape.ts"
import { sortPosition } from "../../sort.ts"
import type { Update } from "../../update.ts"
import { type Collection, loadCollection } from "./catalogue.ts"
import { nameSql } from "./key.ts"
import { indexName, keyVersion, tableName } from "./names.ts"
import { countSql, pageSql, type Read } from "./page.ts"
import { toPreconditionArgs } from "./precondition.ts"
import type { InsertArgs, PatchArgs, PatchResult, RemoveArgs, ReplaceArgs, ReplaceResult } from "./procedures.ts"
import { isBounded, type Reader } from "./reader.ts"

export interface CollectionOptions {
  readonly name: string
  readonly file: SqliteFile
  readonly reader: Reader
  readonly clock: Clock
  readonly ids: IdSource
  readonly cursorKey: Uint8Array
  readonly limits: StoreLimits
}

interface PageRow extends DocumentRow {
  readonly n: number
  readonly size: number
  readonly doc: string | null
}

export class SqliteCollection implements DocumentCollection {
  readonly name: string
  readonly #options: CollectionOptions
  readonly #file: SqliteFile
  readonly #table: string
  readonly #selectSql: string

  constructor(options: CollectionOptions) {
    this.name = options.name
    this.#options = options
    this.#file = options.file
    this.#table = nameSql(tableName(options.name))
    this.#selectSql = `SELECT id, rev, created, updated, doc FROM ${this.#table} WHERE id=?`
  }

  async insert(data: unknown): Promise<Document> {
    const { clock, ids, limits } = this.#options
    const { value, text } = toStoredDocument(data, limits)
    const at = clock.now()
    const id = ids()
    const args: InsertArgs = [this.name, at, id, text]
    await this.#file.call("documents.insert", args)
    return toDocument({ id, rev: 1, created: at, updated: at }, value)
  }

  async insertMany(data: readonly unknown[]): Promise<readonly Document[]> {
    const { maxBatch } = this.#options.limits
    if (data.length === 0) throw refuse(ValueInvalid, { at: "", expected: "at least one document", got: data })
    if (data.length > maxBatch) {
      throw new DocumentTooLarge(
        `Expected at most ${maxBatch} documents at once, got ${data.length}. Send several batches.`,
        {
          details: { documents: data.length, maxBatch },
        },
      )
    }
    return await this.insertAs(data.map((each) => ({ id: this.#options.ids(), data: each })))
  }

  /** As `insertMany`, under ids that are given, which nothing has. */
  async insertAs(given: readonly { readonly id: string; readonly data: unknown }[]): Promise<readonly Document[]> {
    const { maxDocumentBytes } = this.#options.limits
    const all = given.map(({ data }, i) => toStoredDocument(data, { maxDocumentBytes, at: `/${i}` }))
    const at = this.#options.clock.now()
    const documents = all.map(({ value }, i) =>
      toDocument({ id: given[i]!.id, rev: 1, created: at, updated: at }, value),
    )
    const args: InsertArgs = [this.name, at, ...all.flatMap(({ text }, i) => [documents[i]!.id, text])]
    await this.#file.call("documents.insert", args)
    return documents
  }

  async get(id: string): Promise<Document | undefined> {
    try {
      const row = this.#file.get<DocumentRow & { readonly doc: string }>(this.#selectSql, [id])
      return row && readDocument(row)
    } catch (error) {
      // Looked up only now: a point read has nothing else to ask the catalogue.
      this.#load()
      throw error
    }
  }

  async replace(id: string, data: unknown, precondition: Precondition = {}): Promise<Document> {
    checkId(id)
    const { value, text } = toStoredDocument(data, this.#options.limits)
    const at = this.#options.clock.now()
    const args: ReplaceArgs = [this.name, id, at, text, ...toPreconditionArgs(precondition)]
    const { rev, created } = await this.#file.call<ReplaceResult>("documents.replace", args)
    return toDocument({ id, rev, created, updated: at }, value)
  }

  async patch(id: string, update: Update, precondition: Precondition = {}): Promise<Document> {
    const { clock, limits } = this.#options
    const at = clock.now()
    const { maxDocumentBytes } = limits
    const held = toPreconditionArgs(precondition)
    const args: PatchArgs = { collection: this.name, id, at, update, precondition: held, maxDocumentBytes }
    const { rev, created, text } = await this.#file.call<PatchResult>("documents.patch", args)
    return readDocument({ id, rev, created, updated: at, doc: text })
  }

  async delete(id: string, precondition: Precondition = {}): Promise<void> {
    const args: RemoveArgs = [this.name, id, ...toPreconditionArgs(precondition)]
    await this.#file.call("documents.remove", args, { makesRoom: true })
  }

  query(query: Query): Promise<Page> {
    return this.#steadily((collection) => this.#page(collection, query))
  }

  async #page(collection: Collection, query: Query): Promise<Page> {
    const rows = await this.#rows<PageRow>(collection, this.#pageRead(collection, query), query.limit + 1)
    const counted = query.count ? { count: await this.#count(collection, query.where) } : {}
    const items: Document[] = []
    let bytes = 0
    let taken = 0
    for (const row of rows.slice(0, query.limit)) {
      bytes += row.size
      if (bytes > this.#options.limits.maxPageBytes && items.length > 0) break
      taken++
      const doc = row.doc ?? this.#text(row.n)
      // A document that was too long to come along may be deleted by now.
      if (doc !== undefined) items.push(readDocument({ ...row, doc }))
    }
    const last = items.at(-1)
    const more = rows.length > taken
    if (more && last === undefined) return this.#page(collection, query)
    return {
      items: query.select ? items.map((item) => ({ ...item, data: select(item.data, query.select!) })) : items,
      next: more && last ? createCursor(this.#cursorScope(query), sortPosition(query.sort, last)) : null,
      ...counted,
    }
  }

  async explain(query: Query): Promise<Explanation> {
    const collection = this.#load()
    const read = this.#pageRead(collection, query)
    const plan = this.#options.reader.plan(collection, read)
    const names = new Map(collection.indexes.map((index) => [indexName(this.name, index), index.name]))
    names.set(`sqlite_autoindex_${tableName(this.name)}_1`, "id")
    const used = plan.uses.map((name) => names.get(name)).find((name) => name !== undefined)
    return {
      sql: read.sql,
      plan: plan.lines.map((line) => [...names].reduce((text, [from, to]) => text.replaceAll(from, to), line)),
      index: used ?? null,
      scan: plan.scans && !read.empty && !isBounded(plan, read),
      sorted: plan.sorts ? "memory" : query.sort.length > 0 ? "index" : "none",
    }
  }

  count(where: Filter = { op: "and", filters: [] }): Promise<Count> {
    return this.#steadily((collection) => this.#count(collection, where))
  }

  async #count(collection: Collection, where: Filter): Promise<Count> {
    if (where.op === "and" && where.filters.length === 0) return { value: collection.count, exact: true }
    const { maxCountedDocuments, maxScannedDocuments } = this.#options.limits
    const { indexing } = collection
    const request = { collection: this.name, where, indexing }
    const byIndex = countSql({ ...request, limit: maxCountedDocuments + 1, scanned: false })
    const scans = collection.count > maxCountedDocuments && this.#options.reader.plan(collection, byIndex).scans
    const limit = scans ? maxScannedDocuments : maxCountedDocuments
    const partial = scans && collection.count > limit
    const read = partial
      ? countSql({ ...request, limit, scanned: true })
      : countSql({ ...request, limit: limit + 1, scanned: false })
    const [{ value } = { value: 0 }] = await this.#rows<{ value: number }>(collection, read, 1)
    return { value: Math.min(value, limit), exact: !partial && value <= limit }
  }

  #pageRead(collection: Collection, query: Query): Read {
    const { where, sort, limit, cursor } = query
    const after = cursor === undefined ? undefined : readCursor(this.#cursorScope(query), cursor)
    return pageSql({
      collection: this.name,
      where,
      sort,
      ...(after && { after }),
      limit: limit + 1,
      maxTextBytes: Math.floor(this.#options.limits.maxPageBytes / (limit + 1)),
      indexing: collection.indexing,
    })
  }

  #rows<T>(collection: Collection, read: Read, maxRows: number): Promise<T[]> {
    return this.#options.reader.rows<T>(collection, read, { timeoutMs: this.#options.limits.scanTimeoutMs, maxRows })
  }

  #text(n: number): string | undefined {
    return this.#file.get<{ doc: string }>(`SELECT doc FROM ${this.#table} WHERE n=?`, [n])?.doc
  }

  #cursorScope(query: Query): CursorScope {
    return { key: this.#options.cursorKey, collection: this.name, query, keyVersion }
  }

  #load(): Collection {
    return loadCollection(this.#file, this.name)
  }

  /** Runs a read, and once more when what its SQL rests on was changed on the way: an index dropped, the collection gone. */
  async #steadily<T>(read: (collection: Collection) => Promise<T>): Promise<T> {
    const before = this.#load()
    try {
      return await read(before)
    } catch (error) {
      const after = this.#load()
      if (after.version === before.version && after.created === before.created) throw error
      return read(after)
    }
  }
}
