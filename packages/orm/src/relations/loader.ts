import { sql as k, type RawBuilder } from "kysely"
import type { BoundValue } from "../driver.ts"
import { OrmQueryInvalid } from "../errors.ts"
import { type Home, homeIn } from "../model/home.ts"
import type { Hydrator } from "../model/hydrator.ts"
import { RowState } from "../model/row-state.ts"
import type { TableColumn } from "../model/table.ts"
import type { Clause } from "../query/clause.ts"
import { compileRaw, ordersOf, type Parts, partsOf, selectOf, slotAt, tableAs, whereOf } from "../query/compile.ts"
import { type ListForm, listOf, membership } from "../query/conditions.ts"
import { bindTo, type QueryPlan, runPlan } from "../query/rows-plan.ts"
import { binderOf } from "../query/slot.ts"
import type { Session } from "../session.ts"
import { attacherOf } from "./attach.ts"
import { isMorph, type Link, type MorphLink, type StraightLink } from "./link.ts"
import { type RawKey, RowPart, type RowsLoader } from "./row-part.ts"
import { WideSelect } from "./wide-select.ts"
import type { WithNode } from "./with-tree.ts"

/** One use of a plan: where it runs, with the values of the whole query. */
export interface LoadRun {
  readonly session: Session
  readonly values: readonly BoundValue[]
}

export interface LoaderOptions<L extends Link = Link> {
  readonly link: L
  readonly node: WithNode
  /** Behind the values of the query. */
  readonly keySlot: number
}

export function createLoader(owner: Home, options: LoaderOptions): RowsLoader<LoadRun> {
  const { link } = options
  return isMorph(link) ? new MorphLoader(owner, { ...options, link }) : new RelationLoader(owner, { ...options, link })
}

type LoadLink = Pick<StraightLink, "name" | "isMany" | "target" | "own" | "near" | "via" | "fixed" | "isUnique">

interface LoadPlan extends QueryPlan {
  /** Where the result says whose row it is. */
  readonly owner: RawKey
  readonly hydrator: Hydrator
}

/** MariaDB plans long lists badly, and everywhere they have an end. */
const MAX_KEYS = { mysql: 512, sqlite: 8_192, postgres: 8_192 } as const

/** Loads one relation of many rows by one query, whatever their number. */
class RelationLoader implements RowsLoader<LoadRun> {
  readonly #owner: Home
  readonly #home: Home
  readonly #options: LoaderOptions<LoadLink & Link>
  readonly #plans: Map<ListForm, LoadPlan> = new Map()
  /** How rows are read; the same for every form of the list. */
  #part: RowPart<LoadRun> | undefined

  constructor(owner: Home, options: Omit<LoaderOptions, "link"> & { readonly link: LoadLink }) {
    this.#owner = owner
    this.#options = options as LoaderOptions<LoadLink & Link>
    this.#home = homeIn(owner.session, options.link.target.model)
  }

  async load(parents: readonly object[], run: LoadRun): Promise<void> {
    const { link } = this.#options
    const attach = attacherOf(link.name)
    const keys = new Map<unknown, unknown>()
    const owned = parents.map((parent) => {
      const value = heldValue(parent, link.own)
      const key = keyOf(value)
      if (value !== null && value !== undefined) keys.set(key, value)
      return key
    })
    const groups = await this.#loadGroups([...keys.values()], run)
    parents.forEach((parent, index) => {
      const rows = groups.get(owned[index])
      attach(parent, link.isMany ? (rows?.slice() ?? []) : (rows?.[0] ?? null))
    })
  }

  async #loadGroups(keys: readonly unknown[], run: LoadRun): Promise<ReadonlyMap<unknown, object[]>> {
    const { near } = this.#options.link
    const { dialect } = this.#home.session
    const groups = new Map<unknown, object[]>()
    const all: object[] = []
    const size = MAX_KEYS[dialect]
    for (let at = 0; at < keys.length; at += size) {
      const { form, values } = listOf(near, keys.slice(at, at + size), dialect)
      const plan = this.#plan(form)
      const raws = await runPlan(run.session, "all", [plan, bindTo(plan, [...run.values, ...values])])
      const rows = plan.hydrator.all(raws)
      const readKey = plan.isExact ? near.cast[dialect].readExact : near.cast[dialect].read
      raws.forEach((raw, index) => {
        const given = (raw as Record<RawKey, unknown>)[plan.owner]
        const key = keyOf(readKey === undefined ? given : readKey(given))
        const group = groups.get(key)
        if (group === undefined) groups.set(key, [rows[index]!])
        else group.push(rows[index]!)
      })
      all.push(...rows)
    }
    await this.#part?.fill(all, run)
    return groups
  }

  #plan(form: ListForm): LoadPlan {
    const known = this.#plans.get(form)
    if (known !== undefined) return known
    const plan = this.#compile(form)
    this.#plans.set(form, plan)
    return plan
  }

  #compile(form: ListForm): LoadPlan {
    const { link, node, keySlot } = this.#options
    const { dialect } = this.#home.session
    const parts = partsOf(node.path, { dialect, table: link.target, firstSlot: node.firstSlot })
    refuse(parts, link, this.#isNumbered(parts))
    const isFlat = parts.isDistinct || parts.lock !== undefined
    const wide = new WideSelect(this.#home, { keySlot, isFlat })
    const order = { home: this.#home, parts, tree: node.children, isThere: true }
    const part = wide.part(order)
    const { near, joins, also } = this.#between(wide, [parts, part])
    const wanted = membership(false, link.near, { isNot: false, form, dialect }).write(near.place.from(keySlot))
    const owner =
      link.via === undefined ? wide.column([part, parts], link.near, { isExtra: true }) : wide.add(near.column)
    const conditions = k`${k.join([wanted, ...also], k` and `)}`
    const full = { ...parts, moreJoins: [...joins, ...wide.joins] }
    const text = this.#isNumbered(parts)
      ? numbered(full, { wide, by: near.column, isOne: !link.isMany, conditions })
      : selectOf(full, k`${k.join(wide.list)}`, conditions)
    const { sql, parameters } = compileRaw(text, dialect)
    const isExact = wide.isExact || link.near.cast[dialect].isExact
    this.#part ??= part
    return {
      text: sql,
      columns: wide.names,
      onlyReads: parts.lock === undefined,
      isExact,
      bind: binderOf(parameters, keySlot + (typeof form === "number" ? form : 1)),
      owner,
      hydrator: this.#part.reader(isExact),
    }
  }

  /** Whether the rows of each owner are counted. */
  #isNumbered({ limit, offset }: Parts): boolean {
    const { link } = this.#options
    return limit !== undefined || offset !== undefined || (!link.isMany && !link.isUnique)
  }

  /** The column that is equal to the owner's, with the table in between if there is one. */
  #between(wide: WideSelect, [parts, part]: readonly [Parts, RowPart<LoadRun>]): Between {
    const { via, near, fixed } = this.#options.link
    const { session } = this.#home
    const { dialect } = session
    const word = (place: Parts["place"]): RawBuilder<unknown>[] =>
      fixed === undefined
        ? []
        : [k`${place.column(fixed.column)} = ${k.val(fixed.column.cast[dialect].write(fixed.value))}`]
    if (via === undefined)
      return {
        near: { place: parts.place, column: parts.place.column(near) as RawBuilder<unknown> },
        joins: [],
        also: word(parts.place),
      }
    const alias = parts.place.newAlias()
    const inner = parts.place.partsAt([], via.table, { alias, firstSlot: 0 })
    const asked = parts.pivots.map(({ clause, slot }) =>
      whereOf(parts.place.partsAt((clause as Pivot).inner, via.table, { alias, firstSlot: slot })),
    )
    const conditions = [whereOf(inner), ...asked].filter((one) => one !== undefined)
    const tie = k`${inner.place.column(via.far)} = ${parts.place.column(via.target)}`
    const on = k`${k.join([tie, ...conditions.map((one) => k`(${one})`)], k` and `)}`
    if (via.isPivot) {
      const home = homeIn(session, via.table.model)
      const pivot = new RowPart<LoadRun>(home)
      for (const column of home.table.visible) wide.column([pivot, inner], column, { isExtra: false })
      part.joined.push({ name: "pivot", part: pivot, probe: undefined })
    }
    return {
      near: { place: inner.place, column: inner.place.column(near) as RawBuilder<unknown> },
      joins: [k`inner join ${tableAs(via.table, alias)} on ${on}`],
      also: word(inner.place),
    }
  }
}

type Pivot = Extract<Clause, { kind: "pivot" }>

interface Between {
  readonly near: { readonly place: Parts["place"]; readonly column: RawBuilder<unknown> }
  readonly joins: readonly RawBuilder<unknown>[]
  readonly also: readonly RawBuilder<unknown>[]
}

/** No property is called so. */
const NUMBER = "~n"

/** Counts the rows of each owner, in the order asked for, and gives those within the bounds. */
function numbered(
  parts: Parts,
  {
    wide,
    by,
    isOne,
    conditions,
  }: { wide: WideSelect; by: RawBuilder<unknown>; isOne: boolean; conditions: RawBuilder<unknown> },
): RawBuilder<unknown> {
  const { place: own, table, limit, offset } = parts
  const asked = ordersOf(parts)
  // Of equal rows always the same one: by key, when nothing else tells them apart.
  const orders = [...asked, ...table.primaryKey.map((column) => k`${own.column(column)} asc`)]
  const sorted = orders.length === 0 ? k`` : k` order by ${k.join(orders)}`
  const number = k`row_number() over (partition by ${by}${sorted}) as ${k.id(NUMBER)}`
  const inner = selectOf(
    { ...parts, orders: [], limit: undefined, offset: undefined },
    k`${k.join([...wide.list, number])}`,
    conditions,
  )
  const most = limit === undefined ? (isOne ? k.lit(1) : undefined) : slotAt(limit)
  const place = offset === undefined ? k.id(NUMBER) : k`${k.id(NUMBER)} - ${slotAt(offset)}`
  const bounds = [k`${place} > 0`, ...(most === undefined ? [] : [k`${place} <= ${most}`])]
  const list = k.join(wide.names.map((name) => k.id(name)))
  return k`select ${list} from (${inner}) as ${k.id("numbered")} where ${k.join(bounds, k` and `)} order by ${k.id(NUMBER)}`
}

function refuse({ group, having, lock }: Parts, { name }: LoadLink, isNumbered: boolean): void {
  if (group !== undefined || having.length > 0)
    throw new OrmQueryInvalid(`Rows of "${name}" cannot be grouped while they are loaded.`)
  if (lock !== undefined && isNumbered)
    throw new OrmQueryInvalid(`Rows of "${name}" cannot be locked while they are counted for a limit.`)
}

/** Loads rows of several models, by one query for each model that occurs. */
class MorphLoader implements RowsLoader<LoadRun> {
  readonly #owner: Home
  readonly #options: LoaderOptions<MorphLink>
  readonly #loaders: Map<string, RelationLoader> = new Map()

  constructor(owner: Home, options: LoaderOptions<MorphLink>) {
    if (options.node.path.length > 0)
      throw new OrmQueryInvalid(`"${options.link.name}" leads to several models, and takes no conditions.`)
    this.#owner = owner
    this.#options = options
  }

  async load(parents: readonly object[], run: LoadRun): Promise<void> {
    const { link } = this.#options
    const attach = attacherOf(link.name)
    const byType = Map.groupBy(parents, (parent) => heldValue(parent, link.type))
    for (const [word, rows] of byType) {
      const loader = this.#loaderOf(word)
      if (loader === undefined) for (const row of rows) attach(row, null)
      else await loader.load(rows, run)
    }
  }

  #loaderOf(word: unknown): RelationLoader | undefined {
    const { link, node, keySlot } = this.#options
    const target = link.targets.get(word as string)
    if (target === undefined) return undefined
    const known = this.#loaders.get(word as string)
    if (known !== undefined) return known
    const { name, id } = link
    const straight: LoadLink = {
      name,
      isMany: false,
      target: target.table,
      own: id,
      near: target.key,
      via: undefined,
      fixed: undefined,
      isUnique: true,
    }
    const loader = new RelationLoader(this.#owner, { link: straight, node, keySlot })
    this.#loaders.set(word as string, loader)
    return loader
  }
}

/** What a row holds of a column, shown or not. */
export function heldValue(row: object, { property }: TableColumn): unknown {
  return Object.hasOwn(row, property) ? (row as Record<string, unknown>)[property] : RowState.original(row, property)
}

/** A value as it is found in a Map. */
function keyOf(value: unknown): unknown {
  if (value instanceof Date) return value.getTime()
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value
}
