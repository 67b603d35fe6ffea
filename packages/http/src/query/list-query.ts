import type { StandardIssue, StandardJsonSchemaProps, StandardResult, StandardSchemaProps } from "@ashlar/core"
import type { BaseContext } from "../context/context.ts"
import { QueryInvalid } from "../errors.ts"
import { Reply } from "../reply/reply.ts"
import { toJsonSchema } from "../routes/json-schema.ts"
import { isObject } from "../routes/schema-root.ts"
import type { AnySchema, In, Out } from "../schema.ts"
import type { Chosen } from "../serialization/paths.ts"
import type { Serialized } from "../serialization/serialize.ts"
import { ChosenRows } from "./chosen-rows.ts"
import type { CursorValues } from "./cursor.ts"
import { type Condition, type FilterInput, type FilterRules, Filters } from "./filters.ts"
import { type Links, linkHeader } from "./link.ts"
import { describeNames, type Order, readFields, readSort, type SortText } from "./names.ts"
import { type OffsetPage, type PageInput, type PageOf, Paging, type PagingOptions } from "./paging.ts"
import type { Given } from "./parameter.ts"
import { unknownParameter, wrong } from "./query-issue.ts"

/** What callers may ask of a list. What is not named here is refused, with the names that are. */
export interface ListOptions {
  readonly filter?: FilterRules
  /** Fields that callers may sort by. */
  readonly sort?: readonly string[]
  /** What rows are sorted by where the caller says nothing: `-created,id`. */
  readonly defaultSort?: string
  /** Fields of which callers may choose, nested ones by their path: `author.name`. {@link ListQuery.rows} answers with those. */
  readonly fields?: readonly string[]
  readonly paginate?: PagingOptions
  /** All other parameters, as one object. Default: there are none. */
  readonly other?: AnySchema
}

type NamesOf<L> = L extends readonly (infer N extends string)[] ? N : never
type Part<O, K extends string> = K extends keyof O ? O[K] : undefined

/** What a caller asks of a list: plain values, for whatever reads the rows. */
export interface ListRequest<O> {
  /** All of these must hold. */
  readonly filter: readonly Condition<Part<O, "filter">>[]
  readonly sort: readonly Order<NamesOf<Part<O, "sort">>>[]
  /** Undefined: all there are. */
  readonly fields: readonly NamesOf<Part<O, "fields">>[] | undefined
  readonly page: PageOf<Part<O, "paginate">>
  readonly other: Part<O, "other"> extends AnySchema ? Out<Part<O, "other">> : undefined
}

/** What a client sends. */
export type ListInput<O> = FilterInput<Part<O, "filter">> & {
  readonly sort?: ListText<SortText<NamesOf<Part<O, "sort">>>>
  readonly fields?: ListText<NamesOf<Part<O, "fields">>>
} & PageInput<Part<O, "paginate">> &
  (Part<O, "other"> extends AnySchema ? In<Part<O, "other">> : unknown)
type ListText<N extends string> = N | `${N},${string}` | readonly N[]

/** Which rows there are besides those of this page. */
export interface Around {
  /** By offset: how many rows there are in all. Without it there is no link to the last page. */
  readonly total?: number
  /** By offset, without a total: whether there are rows behind this page. Default: whether it is full. */
  readonly hasMore?: boolean
  /** By cursor: what the last row was sorted by. Undefined: nothing comes behind it. */
  readonly next?: CursorValues | undefined
  /** By cursor: what the first row was sorted by. Undefined: nothing comes before it. */
  readonly previous?: CursorValues | undefined
}

/** The query schema of a route that lists rows, and its answers. */
export interface ListQuery<O> {
  readonly "~standard": StandardSchemaProps<ListInput<O>, ListRequest<O>> &
    StandardJsonSchemaProps<ListInput<O>, ListRequest<O>>
  /**
   * The response schema of such a list: rows of `schema`, of which a caller who sends `fields=` is answered with these only.
   * For the document and the client any member may be absent. A handler returns rows as they are, or cut already.
   * @throws {HTTP_SERIALIZATION_INVALID} when the schema has no such field.
   * @example app.get("/books", { query: Books, response: Books.rows(Book) }, (ctx) => Books.reply(ctx, find(ctx.query)))
   */
  rows<S extends AnySchema>(
    schema: S,
  ): Serialized<Chosen<In<S>, NamesOf<Part<O, "fields">>>[], Chosen<Out<S>, NamesOf<Part<O, "fields">>>[]>
  /** Rows with a `Link` header to the other pages: `first`, `prev`, `next` and `last`, as far as they are known. */
  reply<T>(
    ctx: Pick<BaseContext, "url"> & { readonly query: ListRequest<O> },
    rows: readonly T[],
    around?: Around,
  ): Reply<200, T[]>
}

/**
 * Makes the query schema of a route that lists rows.
 * @throws {HTTP_QUERY_INVALID} @throws {HTTP_COOKIE_KEYS_INVALID} for keys of cursors that are too short.
 * @example
 * const Books = listQuery({ filter: { year: { type: v.coerce.integer(), operators: ["eq", "gte", "lt"] } },
 *   sort: ["year", "title"], fields: ["id", "title"], paginate: { by: "offset", maxLimit: 50 } })
 * app.get("/books", { query: Books }, (ctx) => Books.reply(ctx, find(ctx.query), { total: count(ctx.query.filter) }))
 */
export function listQuery<const O extends ListOptions>(options: O): ListQuery<O> {
  return new RowsQuery(options) as unknown as ListQuery<O>
}

interface AnyRequest {
  readonly filter: readonly unknown[]
  readonly sort: readonly Order[]
  readonly fields: readonly string[] | undefined
  readonly page: unknown
  readonly other: unknown
}

class RowsQuery {
  readonly "~standard": StandardSchemaProps<unknown, unknown> & StandardJsonSchemaProps<unknown, unknown>
  readonly #options: ListOptions
  readonly #filters: Filters
  readonly #paging: Paging | undefined
  readonly #names: readonly string[]

  constructor(options: ListOptions) {
    const { filter = {}, paginate, sort = [], fields = [] } = options
    this.#options = options
    this.#filters = new Filters(filter)
    this.#paging = paginate && new Paging(paginate)
    checkDefaultSort(options)
    this.#names = [
      ...(sort.length > 0 ? ["sort"] : []),
      ...(fields.length > 0 ? ["fields"] : []),
      ...(this.#paging?.names ?? []),
    ]
    const described = (): Record<string, unknown> => this.#describe()
    this["~standard"] = {
      version: 1,
      vendor: "ashlar",
      validate: (value) => this.#read(value),
      jsonSchema: { input: described, output: described },
    }
  }

  #read(value: unknown): StandardResult<unknown> | Promise<StandardResult<unknown>> {
    const issues: StandardIssue[] = []
    const own = new Map<string, Given>()
    const filters: (readonly [string, Given])[] = []
    const others: Record<string, unknown> = {}
    for (const [name, given] of Object.entries((value ?? {}) as Record<string, Given>)) {
      if (this.#filters.isFilter(name)) filters.push([name, given])
      else if (this.#names.includes(name)) own.set(name, given)
      else if (this.#options.other === undefined) issues.push(unknownParameter(name, this.#known()))
      else Object.defineProperty(others, name, { value: given, enumerable: true, writable: true, configurable: true })
    }
    const request = this.#request(own, filters, issues)
    const other = this.#options.other?.["~standard"].validate(others)
    if (other instanceof Promise) return other.then((late) => settled({ ...request }, late, issues))
    return settled(request, other, issues)
  }

  #request(
    own: ReadonlyMap<string, Given>,
    filters: readonly (readonly [string, Given])[],
    issues: StandardIssue[],
  ): AnyRequest {
    const { sort: sorts = [], fields: names = [], defaultSort } = this.#options
    for (const [name, given] of own)
      if (typeof given !== "string" && name !== "sort" && name !== "fields")
        issues.push(wrong(name, "duplicate", "this parameter once"))
    const order = own.get("sort") ?? defaultSort
    const sort = order === undefined ? [] : readSort(order, sorts, issues)
    const fields = own.get("fields")
    return {
      filter: this.#filters.read(filters, issues),
      sort,
      fields: fields === undefined ? undefined : readFields(fields, names, issues),
      page: this.#paging?.read(own, textOf(sort), issues),
      other: undefined,
    }
  }

  #known(): readonly string[] {
    return [...Object.keys(this.#filters.describe()), ...this.#names]
  }

  #describe(): Record<string, unknown> {
    const { sort = [], fields = [], other } = this.#options
    const { properties = {}, required } = other === undefined ? {} : toJsonSchema(other, "input")
    return {
      type: "object",
      properties: {
        ...this.#filters.describe(),
        ...describeNames({ sort, fields }),
        ...this.#paging?.describe(),
        ...(isObject(properties) && properties),
      },
      ...(required !== undefined && { required }),
      additionalProperties: false,
    }
  }

  rows(schema: AnySchema): Serialized<unknown, unknown> {
    return new ChosenRows(schema, this.#options.fields ?? [])
  }

  reply(
    ctx: Pick<BaseContext, "url"> & { readonly query: AnyRequest },
    rows: readonly unknown[],
    around: Around = {},
  ): Reply {
    const { query, url } = ctx
    const paging = this.#paging
    const reply = new Reply(200, rows, "application/json")
    if (paging === undefined) return reply
    const links =
      paging.by === "offset"
        ? offsetLinks(query.page as OffsetPage, rows.length, around)
        : this.#cursorLinks(query, around)
    return reply.withHeaders({ link: linkHeader(url.search, paging.names, links) })
  }

  #cursorLinks({ page, sort }: AnyRequest, { next, previous }: Around): Links {
    const { limit } = page as { limit: number }
    const write = (values: CursorValues): string => this.#paging!.cursors.write(textOf(sort), values)
    return {
      first: { limit },
      ...(previous !== undefined && { prev: { limit, before: write(previous) } }),
      ...(next !== undefined && { next: { limit, after: write(next) } }),
    }
  }
}

/** @throws {HTTP_QUERY_INVALID} */
function checkDefaultSort({ defaultSort, sort = [] }: ListOptions): void {
  if (defaultSort === undefined) return
  const issues: StandardIssue[] = []
  readSort(defaultSort, sort, issues)
  const [first] = issues
  if (first !== undefined) throw new QueryInvalid(`\`defaultSort\`: ${first.message}`)
}

function settled(
  request: AnyRequest,
  other: StandardResult<unknown> | undefined,
  issues: readonly StandardIssue[],
): StandardResult<unknown> {
  const all = [...issues, ...(other?.issues ?? [])]
  if (all.length > 0) return { issues: all }
  return { value: { ...request, other: (other as { readonly value?: unknown } | undefined)?.value } }
}

function offsetLinks({ limit, offset }: OffsetPage, rows: number, { total, hasMore }: Around): Links {
  const isMore = total === undefined ? (hasMore ?? rows === limit) : offset + limit < total
  const last = total === undefined ? undefined : Math.max(0, Math.ceil(total / limit) - 1) * limit
  return {
    first: { limit, offset: 0 },
    ...(offset > 0 && { prev: { limit, offset: Math.max(0, offset - limit) } }),
    ...(isMore && { next: { limit, offset: offset + limit } }),
    ...(last !== undefined && { last: { limit, offset: last } }),
  }
}

function textOf(sort: readonly Order[]): string {
  return sort.map(({ field, direction }) => (direction === "desc" ? `-${field}` : field)).join(",")
}
