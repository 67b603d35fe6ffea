import { OrmQueryInvalid } from "../errors.ts"
import { homeIn } from "../model/home.ts"
import type { Table } from "../model/table.ts"
import type { ModelClass } from "../model/types.ts"
import { listValues, type QueryParts, type ValueLink } from "../query/shape.ts"
import type { Where } from "../query/where.ts"
import { isMorph, linkOf, type StraightLink, straightLinkOf } from "./link.ts"
import { openPivotQuery } from "./pivot-query.ts"

/** A caller's function, run on the beginning of a query. */
export type Build = (
  from: QueryParts,
  build: ((query: Where<ModelClass>) => Where<ModelClass>) | undefined,
) => QueryParts

export type Moved = Pick<QueryParts, "shape" | "values">

/** A query with relations to be loaded: names and paths, or one of them with a function. */
export function withRelations(parts: QueryParts, given: readonly unknown[], build: Build): Moved {
  const [first, second] = given
  if (typeof second === "function") {
    if (given.length > 2)
      throw new OrmQueryInvalid("A function belongs to one relation. Write with() again for the next.")
    return withBuilt(parts, first, [second as never, build])
  }
  let { shape } = parts
  for (const path of given) {
    const key = `with\0${String(path)}`
    const known = typeof path === "string" ? shape.find(key) : undefined
    shape =
      known ?? shape.keep(key, { kind: "with", path: checkPath(parts.home.table, path), inner: [], valueCount: 0 })
  }
  return { shape, values: parts.values }
}

function withBuilt(
  { home, session, shape, values }: QueryParts,
  given: unknown,
  [callback, build]: readonly [(query: Where<ModelClass>) => Where<ModelClass>, Build],
): Moved {
  const path = checkPath(home.table, given)
  const link = lastOf(home.table, path)
  const target = homeIn(session, link.target.model)
  const from = { home: target, session, shape: target.root, values: undefined }
  const inner = link.via === undefined ? build(from, callback) : build(from, () => callback(openPivotQuery(from, link)))
  const key = keyOver(inner, ["with", ...path])
  const next =
    shape.find(key) ??
    shape.keep(key, { kind: "with", path, inner: inner.shape.path(), valueCount: inner.shape.valueCount })
  return { shape: next, values: chain(values, inner) }
}

let lastId = 0

/**
 * The key of a clause that holds another query. Words of a caller's, paths and aliases say, are only kept where nodes are counted: in the
 * trie that the clause is added to.
 */
export function keyOver({ shape }: QueryParts, words: readonly unknown[]): string {
  const { id } = shape.plan("id", () => ({ id: ++lastId }))
  return `over\0${id}\0${words.join("\0")}`
}

/** Values of an inner query, behind those of the one around it. */
export function chain(values: ValueLink | undefined, { shape, values: inner }: QueryParts): ValueLink | undefined {
  let link = values
  for (const value of listValues(inner, shape.valueCount)) link = { value, before: link }
  return link
}

/** The table at the end of a path. @throws {ORM_QUERY_INVALID} */
export function endOf(table: Table, path: readonly string[]): Table {
  return path.reduce((at, name) => straightLinkOf(at, name).target, table)
}

function lastOf(table: Table, path: readonly string[]): StraightLink {
  return straightLinkOf(endOf(table, path.slice(0, -1)), path.at(-1))
}

const MAX_PATH = 512
const MAX_NAMES = 16

/** Names of relations, each found in the model that the one before leads to. @throws {ORM_QUERY_INVALID} */
export function checkPath(table: Table, given: unknown): readonly string[] {
  if (typeof given !== "string" || given.length > MAX_PATH)
    throw new OrmQueryInvalid(`Expected the name of a relation, or a path: with("posts", "posts.comments").`)
  const path = given.split(".")
  if (path.length > MAX_NAMES) throw new OrmQueryInvalid(`A path leads over ${MAX_NAMES} relations at most.`)
  checkNames(table, path)
  return path
}

function checkNames(table: Table, [name, ...rest]: readonly string[]): void {
  const link = linkOf(table, name)
  if (rest.length === 0) return
  // Each of several models has to have what comes next.
  const tables = isMorph(link) ? [...link.targets.values()].map((one) => one.table) : [link.target]
  for (const one of tables) checkNames(one, rest)
}
