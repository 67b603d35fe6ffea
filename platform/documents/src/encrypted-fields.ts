import { CollectionInvalid, EncryptedField, UpdateInvalid } from "./errors.ts"
import type { Filter } from "./filter.ts"
import type { Index } from "./indexes.ts"
import { isPosition, type Path, parsePath, pathText } from "./path.ts"
import type { Query } from "./query.ts"
import { refuse } from "./shape.ts"
import type { Update, UpdateOperation } from "./update.ts"
import { isArray, isObject, type Json, type JsonObject } from "./value.ts"

/** Encrypts values of fields for where they are: neither moves to another document, field or collection. */
export interface FieldCipher {
  /** @returns a text that is of no use to who copies the file. */
  seal(text: string, place: FieldPlace): Promise<string>
  /** @returns undefined when the key was destroyed, and the value with it. */
  open(sealed: string, place: FieldPlace): Promise<string | undefined>
  /** Whether an older version of the key sealed it. */
  isOld(sealed: string): Promise<boolean>
}
export interface FieldPlace {
  readonly collection: string
  readonly id: string
  readonly path: string
}

const MAX_ENCRYPTED = 16
/** It is part of what is authenticated with each value. */
const MAX_PATH_BYTES = 512

/** Reads `encrypted` of a new collection: paths of keys, none within another. @throws {DOCUMENTS_COLLECTION_INVALID} */
export function parseEncrypted(input: unknown, indexes: readonly Index[]): readonly Path[] {
  if (input === undefined) return []
  const at = "/encrypted"
  if (!isArray(input) || input.length > MAX_ENCRYPTED)
    throw refuse(CollectionInvalid, { at, expected: `a list of at most ${MAX_ENCRYPTED} paths`, got: input })
  const paths = input.map((each, i) => parsePath(each, `${at}/${i}`))
  for (const [i, path] of paths.entries()) {
    const isApart = paths.every((other, j) => i === j || !isRelated(path, other))
    if (!isApart || path.some(isPosition) || Buffer.byteLength(pathText(path)) > MAX_PATH_BYTES)
      throw refuse(CollectionInvalid, {
        at: `${at}/${i}`,
        expected: "paths of keys, none within another",
        got: input[i],
      })
  }
  checkIndexesApart(indexes, paths)
  return paths
}

/** @throws {DOCUMENTS_ENCRYPTED_FIELD} */
export function checkIndexesApart(indexes: readonly Index[], encrypted: readonly Path[]): void {
  for (const { fields } of indexes) for (const { path } of fields) checkApart(path, encrypted)
}

/** Whether a value at one path holds, or is within, what is at the other. Positions of arrays do not count. */
function isRelated(a: Path, b: Path): boolean {
  const [keys, others] = [withoutPositions(a), withoutPositions(b)]
  return keys.every((key, at) => at >= others.length || key === others[at])
}
function withoutPositions(path: Path): Path {
  return path.filter((segment) => !isPosition(segment))
}

function checkApart(path: Path, encrypted: readonly Path[]): void {
  const found = encrypted.find((other) => isRelated(path, other))
  if (found === undefined) return
  throw new EncryptedField(
    `The field ${pathText(found)} is encrypted: it can be written and read, and asked for with $exists, and nothing else.`,
    { details: { path: pathText(found) } },
  )
}

/** @throws {DOCUMENTS_ENCRYPTED_FIELD} for what compares or orders by an encrypted field */
export function checkQuery({ where, sort }: Pick<Query, "where" | "sort">, encrypted: readonly Path[]): void {
  checkFilter(where, encrypted)
  for (const { path } of sort) checkApart(path, encrypted)
}
export function checkFilter(filter: Filter, encrypted: readonly Path[], under: Path = []): void {
  switch (filter.op) {
    case "and":
    case "or":
      for (const one of filter.filters) checkFilter(one, encrypted, under)
      return
    case "not":
      checkFilter(filter.filter, encrypted, under)
      return
    case "elemMatch":
      checkFilter(filter.filter, encrypted, [...under, ...filter.path])
      return
    case "exists":
      return
    default:
      checkApart([...under, ...filter.path], encrypted)
  }
}

type Change = (value: Json, path: Path) => Promise<Json>

/** The value with what its encrypted paths reach changed; objects and arrays on the way are copied. */
export async function mapReached(value: Json, encrypted: readonly Path[], change: Change): Promise<Json> {
  let changed = value
  for (const path of encrypted) changed = await step(changed, path, (reached) => change(reached, path))
  return changed
}

async function step(value: Json, path: Path, change: (value: Json) => Promise<Json>): Promise<Json> {
  const [key, ...rest] = path
  if (key === undefined) return await change(value)
  if (isArray(value)) {
    const all: Json[] = []
    for (const each of value) all.push(isArray(each) || isObject(each) ? await step(each, path, change) : each)
    return all
  }
  if (!isObject(value) || !Object.hasOwn(value, key)) return value
  const copy: Record<string, Json> = Object.create(null)
  for (const [name, each] of Object.entries(value)) copy[name] = name === key ? await step(each, rest, change) : each
  return { ...copy }
}

/**
 * An update with what it puts into encrypted fields changed. Only what sets or takes away a whole field can: the others would have to
 * read it in the writer, which has no key.
 *
 * @throws {DOCUMENTS_UPDATE_INVALID}
 */
export async function mapUpdate(update: Update, encrypted: readonly Path[], change: Change): Promise<Update> {
  if (update.kind === "merge") {
    const keep: Change = async (value, path) => (value === null ? null : await change(value, path))
    return {
      kind: "merge",
      patch: (await mapReached(checkMerge(update.patch, encrypted), encrypted, keep)) as JsonObject,
    }
  }
  const operations: UpdateOperation[] = []
  for (const operation of update.operations) operations.push(await mapOperation(operation, encrypted, change))
  return { kind: "operators", operations }
}

async function mapOperation(
  operation: UpdateOperation,
  encrypted: readonly Path[],
  change: Change,
): Promise<UpdateOperation> {
  const related = encrypted.filter((path) => isRelated(operation.path, path))
  if (related.length === 0) return operation
  const keys = withoutPositions(operation.path)
  const isWhole = related.every((path) => keys.length <= path.length)
  if (operation.op === "$unset" && isWhole) return operation
  if (operation.op !== "$set" || !isWhole)
    throw new UpdateInvalid(
      `The field ${pathText(related[0] ?? [])} is encrypted: set or unset it as a whole, by ${operation.op} it cannot be changed.`,
    )
  let value = operation.value
  for (const path of related) value = await step(value, path.slice(keys.length), (reached) => change(reached, path))
  return { ...operation, value }
}

/** A merge reaches into an object that is there; into an encrypted one it cannot. */
function checkMerge(patch: JsonObject, encrypted: readonly Path[]): JsonObject {
  for (const path of encrypted) {
    let at: Json | undefined = patch
    for (const key of path) at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
    if (isObject(at))
      throw new UpdateInvalid(
        `The field ${pathText(path)} is encrypted: a merge cannot reach into it. Set it as a whole, with $set.`,
      )
  }
  return patch
}
