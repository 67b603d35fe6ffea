import type { Document, FindOptions } from "mongodb"
import type { Columns } from "../columns/column.ts"
import { OrmNotFound, OrmQueryInvalid, OrmUnsupported, OrmValueInvalid } from "../errors.ts"
import { changedValues, writeValue } from "../model/new-row.ts"
import { columnOf, type TableColumn } from "../model/table.ts"
import type { Attributes, ChangedValues } from "../model/types.ts"
import { DELETED } from "../query/scope-conditions.ts"
import { allOf, anyOf, condition, type MongoCondition, type MongoOperator, not, scopesOf } from "./mongo-conditions.ts"
import { told } from "./mongo-faults.ts"
import { type Ordering, type Page, type PageOptions, pageOf } from "./mongo-page.ts"
import { documentOf, rowOf, touched } from "./mongo-rows.ts"
import { collectionOf, type MongoHome } from "./mongo-table.ts"
import { fieldOf, fromBson, toBson } from "./mongo-values.ts"

const MAX_ROWS = 2 ** 31 - 1

interface Parts {
  readonly home: MongoHome
  /** Joined by `or`: each of these is joined by `and`. */
  readonly alternatives: readonly (readonly MongoCondition[])[]
  readonly order: readonly Ordering[]
  readonly columns: readonly TableColumn[]
  readonly lifted: ReadonlySet<string>
  readonly limit: number | undefined
  readonly offset: number
}

/** A query of a MongoDB model, as `ModelQuery` is one of the others: each step gives a new one, and its last words run it. */
export class MongoQuery<C extends Columns, R = Attributes<C>> {
  readonly #parts: Parts

  /** @internal Made by models. */
  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @internal */
  static of<C extends Columns, R>(home: MongoHome): MongoQuery<C, R> {
    const { visible } = home.table
    return new MongoQuery<C, R>({
      home,
      alternatives: [],
      order: [],
      columns: visible,
      lifted: new Set(),
      limit: undefined,
      offset: 0,
    })
  }

  #with(changes: Partial<Parts>): this {
    return new MongoQuery<C, R>({ ...this.#parts, ...changes }) as this
  }

  /** @throws {ORM_QUERY_INVALID} {ORM_VALUE_INVALID} */
  where<K extends keyof C & string>(column: K, value: C[K]["~t"]): this
  where<K extends keyof C & string>(column: K, operator: MongoOperator, value: unknown): this
  where(group: (query: this) => MongoQuery<C, R>): this
  where(...given: readonly unknown[]): this {
    return this.#and(this.#condition(given))
  }

  orWhere<K extends keyof C & string>(column: K, value: C[K]["~t"]): this
  orWhere<K extends keyof C & string>(column: K, operator: MongoOperator, value: unknown): this
  orWhere(group: (query: this) => MongoQuery<C, R>): this
  orWhere(...given: readonly unknown[]): this {
    return this.#with({ alternatives: [...this.#parts.alternatives, [this.#condition(given)]] })
  }

  /** A group that must not hold. A condition on null is neither true nor false, and so is its opposite. */
  whereNot(group: (query: this) => MongoQuery<C, R>): this {
    return this.#and(not(this.#condition([group])))
  }

  whereNull(column: keyof C & string): this {
    return this.#and(condition(this.#parts.home.table, column, ["=", null]))
  }

  whereNotNull(column: keyof C & string): this {
    return this.#and(condition(this.#parts.home.table, column, ["!=", null]))
  }

  when<T>(given: T, build: (query: this, value: NonNullable<T>) => this): this {
    return given ? build(this, given as NonNullable<T>) : this
  }

  #and(one: MongoCondition): this {
    const { alternatives } = this.#parts
    const last = alternatives.at(-1) ?? []
    return this.#with({ alternatives: [...alternatives.slice(0, -1), [...last, one]] })
  }

  #condition(given: readonly unknown[]): MongoCondition {
    const { home } = this.#parts
    if (given.length === 2) return condition(home.table, given[0], ["=", given[1]])
    if (given.length === 3) return condition(home.table, given[0], [given[1], given[2]])
    const [group] = given
    if (typeof group !== "function") throw new OrmQueryInvalid(`Write where("column", value) or where((query) => …).`)
    const built: unknown = group(this.#with({ alternatives: [] }))
    if (!(built instanceof MongoQuery))
      throw new OrmQueryInvalid("The function has to give back the query it was given.")
    return built.#own()
  }

  /** The conditions of the query itself. */
  #own(): MongoCondition {
    const { alternatives } = this.#parts
    return alternatives.length === 0 ? allOf([]) : anyOf(alternatives.map(allOf))
  }

  /** Beside the scopes, so that no `or` leads around them. */
  #filter(): Document {
    const { home, lifted } = this.#parts
    return allOf([...scopesOf(home.table, lifted), this.#own()]).filter
  }

  orderBy(column: keyof C & string, direction: "asc" | "desc" = "asc"): this {
    if (direction !== "asc" && direction !== "desc")
      throw new OrmQueryInvalid(`Expected the direction to be "asc" or "desc".`)
    const found = columnOf(this.#parts.home.table, column)
    const { kind } = found.definition
    if (kind === "json" || kind === "array" || kind === "encrypted" || kind === "boolean")
      throw new OrmQueryInvalid(`"${found.property}" is ${kind}, and has no order.`)
    return this.#with({ order: [...this.#parts.order, { column: found, sign: direction === "asc" ? 1 : -1 }] })
  }

  limit(count: number): this {
    return this.#with({ limit: checkCount("limit", count) })
  }

  offset(count: number): this {
    return this.#with({ offset: checkCount("offset", count) })
  }

  /** Only these columns; hidden ones too, as they are named. */
  select<K extends keyof C & string>(
    ...columns: readonly [K, ...K[]]
  ): MongoQuery<C, { [P in K]: C[P]["~t"] } & Omit<R, keyof C>> {
    const { table } = this.#parts.home
    return this.#with({ columns: [...new Set(columns)].map((name) => columnOf(table, name)) }) as never
  }

  /** Leaves a scope out, in this query alone. @param reason Why, for whoever searches the code for it. */
  withoutScope(name: string, reason: string): this {
    const { table } = this.#parts.home
    if (typeof reason !== "string" || reason.trim() === "" || !table.scopes.has(name))
      throw new OrmQueryInvalid(`Expected the name of a scope of ${table.model.name}, and the reason to leave it out.`)
    return this.#with({ lifted: new Set([...this.#parts.lifted, name]) })
  }

  withDeleted(): this {
    return this.#with({ lifted: new Set([...this.#parts.lifted, DELETED]) })
  }

  onlyDeleted(): this {
    const { deletedAt } = this.#parts.home.table.roles
    if (deletedAt === undefined) throw new OrmQueryInvalid("This model has no deletedAt().")
    return this.withDeleted().#and(condition(this.#parts.home.table, deletedAt.property, ["!=", null]))
  }

  async get(): Promise<R[]> {
    const { home, columns } = this.#parts
    const documents = await told(() => this.#find(this.#filter()).toArray())
    return documents.map((document) => rowOf(home, document, columns)) as R[]
  }

  #find(filter: Document) {
    const { home, order, columns, limit, offset } = this.#parts
    const projection = Object.fromEntries([["_id", 1], ...columns.map((column) => [fieldOf(column), 1])])
    const options: FindOptions = {
      ...home.database.place,
      projection,
      ...(order.length === 0 ? {} : { sort: order.map(({ column, sign }) => [fieldOf(column), sign] as const) }),
      ...(offset === 0 ? {} : { skip: offset }),
      ...(limit === undefined ? {} : { limit }),
    }
    // A limit of 0 is no limit to MongoDB.
    return collectionOf(home).find(limit === 0 ? { $nor: [{}] } : filter, options)
  }

  async first(): Promise<R | undefined> {
    const { limit = 1 } = this.#parts
    return (await this.limit(Math.min(limit, 1)).get())[0]
  }

  /** @throws {ORM_NOT_FOUND} */
  async firstOrFail(): Promise<R> {
    const row = await this.first()
    if (row === undefined) throw new OrmNotFound(`There is no such ${this.#parts.home.table.model.name}.`)
    return row
  }

  async pluck<K extends keyof C & string>(column: K): Promise<C[K]["~t"][]> {
    const rows = (await this.select(column).get()) as Record<string, unknown>[]
    return rows.map((row) => row[column] as C[K]["~t"])
  }

  /** Rows one by one, with flat memory. */
  async *stream(): AsyncGenerator<R, void> {
    const { home, columns } = this.#parts
    const cursor = this.#find(this.#filter())
    try {
      for (;;) {
        const document = await told(() => cursor.next())
        if (document === null) return
        yield rowOf(home, document, columns) as R
      }
    } finally {
      await cursor.close()
    }
  }

  /** Some rows, and where the next ones begin: after the last one, whatever was inserted before it meanwhile. */
  async paginate(options: PageOptions = {}): Promise<Page<R>> {
    const { home, order, columns } = this.#parts
    return await pageOf(home, order, options, async ({ filter, sort, limit }) => {
      const whole = sort.map(({ column }) => column).filter((column) => !columns.includes(column))
      const query = this.#with({ order: sort, columns: [...columns, ...whole], limit })
      const documents = await told(() => query.#find({ $and: [query.#filter(), filter] }).toArray())
      return documents.map((document) => ({ document, row: rowOf(home, document, columns) as R }))
    })
  }

  async count(): Promise<number> {
    const { home, limit, offset } = this.#parts
    if (limit === 0) return 0
    const options = {
      ...home.database.place,
      ...(offset === 0 ? {} : { skip: offset }),
      ...(limit === undefined ? {} : { limit }),
    }
    return await told(() => collectionOf(home).countDocuments(this.#filter(), options))
  }

  async exists(): Promise<boolean> {
    return (await this.limit(1).count()) > 0
  }

  sum<K extends keyof C & string>(column: K): Promise<C[K]["~t"] | undefined> {
    return this.#aggregate("$sum", column) as Promise<C[K]["~t"] | undefined>
  }

  async avg(column: keyof C & string): Promise<number | undefined> {
    const average = await this.#aggregate("$avg", column)
    return average === undefined ? undefined : Number(average)
  }

  min<K extends keyof C & string>(column: K): Promise<NonNullable<C[K]["~t"]> | undefined> {
    return this.#aggregate("$min", column) as Promise<NonNullable<C[K]["~t"]> | undefined>
  }

  max<K extends keyof C & string>(column: K): Promise<NonNullable<C[K]["~t"]> | undefined> {
    return this.#aggregate("$max", column) as Promise<NonNullable<C[K]["~t"]> | undefined>
  }

  async #aggregate(operator: "$sum" | "$avg" | "$min" | "$max", property: string): Promise<unknown> {
    const { home, limit, offset } = this.#parts
    if (limit !== undefined || offset !== 0) throw new OrmQueryInvalid("An aggregate takes no limit and no offset.")
    const column = columnOf(home.table, property)
    const { kind } = column.definition
    const isNumber = kind === "integer" || kind === "bigint" || kind === "double" || kind === "decimal"
    if (!isNumber && (operator === "$sum" || operator === "$avg"))
      throw new OrmQueryInvalid(`"${column.property}" is ${kind}, and cannot be added up.`)
    const filter = { $and: [this.#filter(), { [fieldOf(column)]: { $ne: null } }] }
    const group = { $group: { _id: null, value: { [operator]: `$${fieldOf(column)}` } } }
    const [found] = await told(() =>
      collectionOf(home)
        .aggregate([{ $match: filter }, group], home.database.place)
        .toArray(),
    )
    if (found === undefined) return undefined
    return operator === "$avg" ? Number(String(found.value)) : fromBson(column, found.value)
  }

  /** Sets the same values in all rows of the query, without events. @returns how many. */
  async update(changes: ChangedValues<C>): Promise<number> {
    const { home } = this.#parts
    const changed = changedValues(home.table, changes, "postgres")
    if (changed.some(({ column }) => column === home.key))
      throw new OrmQueryInvalid("The key of a row cannot be changed.")
    return await this.#write({ $set: documentOf([...changed, ...touched(home, changed)]) })
  }

  /** Adds to a column in the database itself. @returns how many rows. */
  async increment<K extends keyof C & string>(column: K, by?: NonNullable<C[K]["~t"]>): Promise<number> {
    const { home } = this.#parts
    const found = columnOf(home.table, column)
    const { kind } = found.definition
    if (kind !== "integer" && kind !== "bigint" && kind !== "double" && kind !== "decimal")
      throw new OrmQueryInvalid(`"${found.property}" is ${kind}, and cannot be counted up.`)
    const step = found.cast.postgres.write(by ?? (kind === "bigint" ? 1n : kind === "decimal" ? "1" : 1))
    const also = touched(home, [])
    return await this.#write({
      $inc: { [fieldOf(found)]: toBson(found.definition, step) },
      ...(also.length === 0 ? {} : { $set: documentOf(also) }),
    })
  }

  async #write(change: Document): Promise<number> {
    const { home, limit, offset, order } = this.#parts
    if (limit !== undefined || offset !== 0 || order.length > 0)
      throw new OrmQueryInvalid("What writes many rows takes conditions only: no order, limit or offset.")
    const { version } = home.table.roles
    const counted = version === undefined ? change : { ...change, $inc: { ...change.$inc, [fieldOf(version)]: 1 } }
    const { matchedCount } = await told(() =>
      collectionOf(home).updateMany(this.#filter(), counted, home.database.place),
    )
    return matchedCount
  }

  /** Deletes all rows of the query, without events: softly where the model has a `deletedAt()`. @returns how many. */
  async delete(): Promise<number> {
    const { deletedAt } = this.#parts.home.table.roles
    if (deletedAt === undefined) return await this.forceDelete()
    return await this.#write({ $set: documentOf([writeValue(deletedAt, new Date(), "postgres")]) })
  }

  async forceDelete(): Promise<number> {
    const { home, limit, offset } = this.#parts
    if (limit !== undefined || offset !== 0) throw new OrmQueryInvalid("What deletes many rows takes conditions only.")
    const { deletedCount } = await told(() => collectionOf(home).deleteMany(this.#filter(), home.database.place))
    return deletedCount
  }

  /** Takes soft deletions back: `Note.onlyDeleted().restore()`. */
  async restore(): Promise<number> {
    const { deletedAt } = this.#parts.home.table.roles
    if (deletedAt === undefined) throw new OrmQueryInvalid("This model has no deletedAt().")
    return await this.#write({ $set: documentOf([writeValue(deletedAt, null, "postgres")]) })
  }

  /** @throws {ORM_UNSUPPORTED} always, as all of these: MongoDB models have no such thing. */
  join(): never {
    throw unsupported("join")
  }

  leftJoin(): never {
    throw unsupported("leftJoin")
  }

  with(): never {
    throw unsupported("with")
  }

  whereHas(): never {
    throw unsupported("whereHas")
  }

  whereExists(): never {
    throw unsupported("whereExists")
  }

  whereSql(): never {
    throw unsupported("whereSql")
  }

  search(): never {
    throw unsupported("search")
  }

  lockForUpdate(): never {
    throw unsupported("lockForUpdate")
  }

  toSql(): never {
    throw unsupported("toSql")
  }
}

function unsupported(what: string): Error {
  return new OrmUnsupported(`Models in MongoDB have no ${what}. Ask two queries, or MongoDB's own client.`)
}

function checkCount(name: string, count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= MAX_ROWS) return count
  throw new OrmValueInvalid(`Expected ${name} to be an integer from 0 to ${MAX_ROWS}.`)
}
