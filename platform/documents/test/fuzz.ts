import { Database } from "bun:sqlite"
import { join } from "node:path"
import type * as conditionModule from "../src/condition.ts"
import type { Fragment } from "../src/dialects/fragment.ts"
import type * as sqlFilterModule from "../src/dialects/sqlite/filter.ts"
import type * as keyModule from "../src/dialects/sqlite/key.ts"
import type * as namesModule from "../src/dialects/sqlite/names.ts"
import type * as schemaModule from "../src/dialects/sqlite/schema.ts"
import type * as filterModule from "../src/filter.ts"
import type * as indexesModule from "../src/indexes.ts"
import type { Index } from "../src/indexes.ts"
import type * as matchesModule from "../src/matches.ts"
import type * as sortModule from "../src/sort.ts"
import type * as valueModule from "../src/value.ts"
import type { Json, JsonObject } from "../src/value.ts"
import * as generate from "./generate.ts"
import { createRandom, type Random } from "./random.ts"

/** The modules under test, from `src` or from a copy of it with a defect put in. */
export interface Subject {
  readonly condition: typeof conditionModule
  readonly filter: typeof filterModule
  readonly indexes: typeof indexesModule
  readonly key: typeof keyModule
  readonly matches: typeof matchesModule
  readonly names: typeof namesModule
  readonly schema: typeof schemaModule
  readonly sort: typeof sortModule
  readonly sqlFilter: typeof sqlFilterModule
  readonly value: typeof valueModule
}

export async function loadSubject(root: string): Promise<Subject> {
  return {
    condition: await import(join(root, "condition.ts")),
    filter: await import(join(root, "filter.ts")),
    indexes: await import(join(root, "indexes.ts")),
    key: await import(join(root, "dialects/sqlite/key.ts")),
    matches: await import(join(root, "matches.ts")),
    names: await import(join(root, "dialects/sqlite/names.ts")),
    schema: await import(join(root, "dialects/sqlite/schema.ts")),
    sort: await import(join(root, "sort.ts")),
    sqlFilter: await import(join(root, "dialects/sqlite/filter.ts")),
    value: await import(join(root, "value.ts")),
  }
}

export interface Disagreement {
  readonly query: JsonObject
  readonly document: JsonObject | undefined
  /** What each evaluator says of that document, or the error. */
  readonly answers: Readonly<Record<string, unknown>>
}

export interface FuzzResult {
  readonly queries: number
  /** Queries that matched some documents and not others: only they can tell a wrong evaluator. */
  readonly telling: number
  readonly sorts: number
  readonly disagreements: readonly Disagreement[]
  readonly wrongSorts: readonly string[]
}

const documentsPerWorld = 40
const queriesPerWorld = 25

/** Asks random queries of random documents: memory, SQLite by keys and indexes, and SQLite by walking must agree. */
export function fuzz(
  subject: Subject,
  { seed, queries, stopAtFirst = false }: { seed: number; queries: number; stopAtFirst?: boolean },
): FuzzResult {
  const random = createRandom(seed)
  const disagreements: Disagreement[] = []
  const wrongSorts: string[] = []
  let telling = 0
  let sorts = 0
  for (let asked = 0; asked < queries; asked += queriesPerWorld) {
    const world = createWorld(subject, random)
    for (let i = 0; i < queriesPerWorld; i++) {
      const query = generate.filter(random, world.documents)
      const answer = ask(subject, world, query)
      if (answer.telling) telling++
      if (answer.disagreement === undefined) continue
      if (stopAtFirst)
        return { queries: asked + i + 1, telling, sorts, disagreements: [answer.disagreement], wrongSorts }
      disagreements.push(shrink(subject, world, query) ?? answer.disagreement)
    }
    const wrong = askOrder(subject, world, random)
    sorts++
    if (wrong !== undefined) wrongSorts.push(wrong)
    world.database.close()
  }
  return { queries, telling, sorts, disagreements, wrongSorts }
}

interface World {
  readonly database: Database
  readonly documents: readonly JsonObject[]
  readonly indexing: sqlFilterModule.Indexing
}

const collection = "w"

/** A collection with random documents, and random indexes that fit them. */
function createWorld(subject: Subject, random: Random): World {
  const database = new Database(":memory:")
  const made = Array.from({ length: documentsPerWorld }, () => generate.document(random))
  const texts = made.map((document) => subject.value.canonical(document))
  // What is stored is what the text says: -0 became 0.
  const documents = texts.map((text) => JSON.parse(text) as JsonObject)
  database.run(subject.schema.createTableSql(collection))
  const table = subject.key.nameSql(subject.names.tableName(collection))
  const insert = database.prepare(`INSERT INTO ${table} VALUES (?, ?, ?, 1, 0, 0)`)
  for (const [n, text] of texts.entries()) insert.run(n, idOf(n), text)
  const indexes = Array.from({ length: random.below(4) }, () => randomIndex(subject, { random, documents }))
  const built = new Map(indexes.map((index) => [index.name, index]))
  for (const index of built.values()) {
    database.run(subject.schema.createIndexSql(collection, index))
    if (index.kind === "members") fillMembers(subject, { database, documents }, index)
  }
  const has = (kind: string, path: readonly string[]): Index | undefined =>
    [...built.values()].find(
      (index) => index.kind === kind && index.fields.some((field) => field.path.join("/") === path.join("/")),
    )
  return {
    database,
    documents,
    indexing: {
      isScalar: (path) => has("scalar", path) !== undefined,
      membersTable: (path) => {
        const index = has("members", path)
        return index && subject.names.indexName(collection, index)
      },
    },
  }
}

/** Ids in an order of their own, so that an order by row number is found out. */
function idOf(n: number): string {
  return `${(n * 7) % documentsPerWorld}`.padStart(3, "0")
}

function randomIndex(
  subject: Subject,
  { random, documents }: { random: Random; documents: readonly JsonObject[] },
): Index {
  const fields = [generate.path(random), generate.path(random)].slice(0, 1 + random.below(2))
  const unique = [...new Set(fields)]
  const signed = unique.map((path) => (random.chance(0.5) ? path : `-${path}`))
  const [scalar] = subject.indexes.parseIndexes([signed])
  const fits = documents.every((document) => {
    try {
      subject.indexes.checkIndexed(scalar!, document)
      return true
    } catch {
      return false
    }
  })
  if (fits) return scalar!
  const other = random.chance(0.5) ? { fields: signed, kind: "any" } : { fields: [signed[0]!], kind: "members" }
  return subject.indexes.parseIndexes([other])[0]!
}

function fillMembers(
  subject: Subject,
  { database, documents }: { database: Database; documents: readonly JsonObject[] },
  index: Index,
): void {
  const name = subject.key.nameSql(subject.names.indexName(collection, index))
  const insert = database.prepare(`INSERT INTO ${name} VALUES (?, ?)`)
  for (const [n, document] of documents.entries()) {
    for (const key of subject.indexes.memberKeys(index, document)) insert.run(subject.key.toKey(key) as string, n)
  }
}

function ask(
  subject: Subject,
  world: World,
  query: JsonObject,
): { telling: boolean; disagreement?: Disagreement | undefined } {
  const filter = subject.filter.parseFilter(query)
  const memory = new Set(
    world.documents.flatMap((document, n) => (subject.matches.matches(filter, document) ? [n] : [])),
  )
  const telling = memory.size > 0 && memory.size < world.documents.length
  const { conditionSql, rootScope } = subject.sqlFilter
  const { toCondition } = subject.condition
  try {
    const keys = rowsOf(world, conditionSql(toCondition(filter, world.indexing.isScalar), rootScope(world.indexing)))
    const walk = rowsOf(
      world,
      conditionSql(
        toCondition(filter, () => false),
        rootScope(),
      ),
    )
    const n = world.documents.findIndex((_, i) => memory.has(i) !== keys.has(i) || memory.has(i) !== walk.has(i))
    if (n < 0) return { telling }
    const answers = { memory: memory.has(n), keys: keys.has(n), walk: walk.has(n) }
    return { telling, disagreement: { query, document: world.documents[n], answers } }
  } catch (error) {
    return { telling, disagreement: { query, document: undefined, answers: { error: String(error) } } }
  }
}

function rowsOf({ database }: World, where: Fragment): Set<number> {
  const text = where.chunks.join("?")
  const statement = database.prepare(`SELECT n FROM "documents:${collection}" WHERE ${text}`)
  try {
    return new Set((statement.all(...(where.params as string[])) as { n: number }[]).map(({ n }) => n))
  } finally {
    statement.finalize()
  }
}

/** Sorts by random paths: the order of SQLite must be the order of memory. */
function askOrder(subject: Subject, world: World, random: Random): string | undefined {
  const paths = [...new Set([generate.path(random), generate.path(random)])].slice(0, 1 + random.below(2))
  const sort = subject.sort.parseSort(paths.map((path) => (random.chance(0.5) ? path : `-${path}`)))
  const order = [
    ...sort.map(({ path, direction }) => `${subject.key.keySql(path)} ${direction}`),
    `id ${subject.sort.idDirection(sort)}`,
  ]
  const rows = world.database.query(`SELECT id FROM "documents:${collection}" ORDER BY ${order.join(", ")}`).all() as {
    id: string
  }[]
  const bySql = rows.map(({ id }) => id).join(" ")
  const positions = world.documents.map((data, n) => subject.sort.sortPosition(sort, { id: idOf(n), data }))
  const byMemory = positions
    .toSorted((a, b) => subject.sort.comparePositions(sort, a, b))
    .map(({ id }) => id)
    .join(" ")
  return bySql === byMemory ? undefined : `${JSON.stringify(sort)}: SQLite ${bySql}, memory ${byMemory}`
}

/** Takes parts out of the query as long as it still disagrees, so that a failure reads in one line. */
function shrink(subject: Subject, world: World, query: JsonObject): Disagreement | undefined {
  let best: Disagreement | undefined
  let current = query
  for (let rounds = 0; rounds < 20; rounds++) {
    const smaller = simpler(current)
      .map((candidate) => tryAsk(subject, world, candidate as JsonObject))
      .find((disagreement) => disagreement !== undefined)
    if (smaller === undefined) return best
    best = smaller
    current = smaller.query
  }
  return best
}

function tryAsk(subject: Subject, world: World, query: JsonObject): Disagreement | undefined {
  try {
    return ask(subject, world, query).disagreement
  } catch {
    return undefined // The smaller form is no query.
  }
}

/** The value with one part left out, each way there is. */
function simpler(value: Json): Json[] {
  if (Array.isArray(value)) {
    const list = value as readonly Json[]
    return list.flatMap((element, i) => [list.toSpliced(i, 1), ...simpler(element).map((each) => list.with(i, each))])
  }
  if (typeof value !== "object" || value === null) return []
  const entries = Object.entries(value)
  return entries.flatMap(([key, inner], i) => [
    ...(key.startsWith("$") && typeof inner === "object" && inner !== null
      ? Array.isArray(inner)
        ? (inner as Json[]).filter((each) => typeof each === "object" && each !== null)
        : [inner]
      : []),
    Object.fromEntries(entries.toSpliced(i, 1)),
    ...simpler(inner).map((each) => Object.fromEntries(entries.with(i, [key, each]))),
  ])
}
