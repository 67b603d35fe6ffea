import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { isCollectionName } from "../../collection.ts"
import { type CollectionInfo, type Collections, parseCollectionChange, parseNewCollection } from "../../collections.ts"
import { toTime } from "../../document.ts"
import { CursorInvalid } from "../../errors.ts"
import { toIndexInfo } from "../../indexes.ts"
import { pathText } from "../../path.ts"
import { parseLimit } from "../../query.ts"
import { type Collection, type CollectionRow, listCollectionsSql, loadCollection, toCollection } from "./catalogue.ts"
import type { CreateCollectionArgs, UpdateCollectionArgs } from "./procedures.ts"
import { type Rulebook, rulebookOf } from "./rulebook.ts"

export class SqliteCollections implements Collections {
  readonly #file: SqliteFile
  readonly #clock: Clock
  readonly #rulebook: Rulebook

  constructor(file: SqliteFile, clock: Clock) {
    this.#file = file
    this.#clock = clock
    this.#rulebook = rulebookOf(file)
  }

  async list({ limit, cursor }: { limit?: number; cursor?: string } = {}): ReturnType<Collections["list"]> {
    const max = parseLimit(limit)
    const after = cursor === undefined ? "" : readNameCursor(cursor)
    const rows = this.#file.all<CollectionRow>(listCollectionsSql, [after, max + 1])
    const items = rows.slice(0, max).map((row) => toInfo(toCollection(row)))
    const last = items.at(-1)
    return { items, next: rows.length > max && last ? Buffer.from(last.name).toString("base64url") : null }
  }

  async get(name: string): Promise<CollectionInfo> {
    return toInfo(loadCollection(this.#file, name))
  }

  async create(input: unknown): Promise<CollectionInfo> {
    const args: CreateCollectionArgs = { ...parseNewCollection(input), at: this.#clock.now() }
    return this.#changed(args.name, "documents.createCollection", args)
  }

  async update(name: string, input: unknown): Promise<CollectionInfo> {
    const args: UpdateCollectionArgs = { ...parseCollectionChange(input), name, at: this.#clock.now() }
    return this.#changed(name, "documents.updateCollection", args)
  }

  async delete(name: string): Promise<void> {
    const args = { name }
    await this.#rulebook.changing(name, () => this.#file.call("documents.deleteCollection", args, { makesRoom: true }))
  }

  async #changed(name: string, procedure: string, args: { readonly name: string }): Promise<CollectionInfo> {
    const row = await this.#rulebook.changing(name, () => this.#file.call<CollectionRow>(procedure, args))
    return toInfo(toCollection(row))
  }
}

/** The place in a list of collections is a name, which is no secret to whoever may list them. */
function readNameCursor(cursor: string): string {
  const name = Buffer.from(cursor, "base64url").toString()
  if (isCollectionName(name)) return name
  throw new CursorInvalid("The cursor is not one that this list gave. Start from the first page.")
}

function toInfo({ name, rules, indexes, encrypted = [], count, created, updated }: Collection): CollectionInfo {
  return {
    name,
    rules,
    indexes: indexes.map(toIndexInfo),
    ...(encrypted.length > 0 && { encrypted: encrypted.map(pathText) }),
    count,
    createdAt: toTime(created),
    updatedAt: toTime(updated),
  }
}
