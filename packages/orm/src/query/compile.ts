import { type CompiledQuery, type Expression, Kysely, sql as k, type RawBuilder } from "kysely"
import type { BoundValue, Dialect } from "../driver.ts"
import { compilerOf } from "../kysely.ts"
import type { Table, TableColumn } from "../model/table.ts"
import type { Clause, Join, Place, SubquerySelection } from "./clause.ts"
import { scopeConditions } from "./scope-conditions.ts"
import { Slot } from "./slot.ts"

/** Tables that models name: nothing is known of them here. */
type AnyTables = Record<string, Record<string, unknown>>

const compilers: Readonly<Record<Dialect, Kysely<AnyTables>>> = {
  sqlite: new Kysely({ dialect: compilerOf("sqlite") }),
  postgres: new Kysely({ dialect: compilerOf("postgres") }),
  mysql: new Kysely({ dialect: compilerOf("mysql") }),
}

/** A clause with the number of its first value. */
export interface Numbered {
  readonly clause: Clause
  readonly slot: number
}

interface Naming {
  count: number
}

/** A path, sorted by what its clauses are for. */
export interface Parts {
  readonly place: WritingPlace
  readonly table: Table
  readonly conditions: readonly Numbered[]
  readonly lifted: ReadonlySet<string>
  readonly joins: readonly Numbered[]
  readonly orders: readonly Numbered[]
  readonly select: readonly TableColumn[] | undefined
  readonly group: readonly TableColumn[] | undefined
  readonly having: readonly Numbered[]
  readonly limit: number | undefined
  readonly offset: number | undefined
  readonly isDistinct: boolean
  /** Whether no more than one row is wanted. */
  readonly isFirst?: boolean
  readonly lock: Extract<Clause, { kind: "lock" }> | undefined
  /** Relations to be loaded. */
  readonly withs: readonly Numbered[]
  readonly computed: readonly Numbered[]
  /** Conditions on a table in between, for whoever joins it. */
  readonly pivots: readonly Numbered[]
  /** Joins of the compiler's own, behind the caller's. */
  readonly moreJoins?: readonly RawBuilder<unknown>[]
}

/** @param firstSlot Where the values of this path begin, in a query that has others before. */
export function partsOf(
  path: readonly Clause[],
  { dialect, table, alias = table.name, naming = { count: 0 }, firstSlot = 0 }: PartsOptions,
): Parts {
  let slot = firstSlot
  const numbered = path.map((clause): Numbered => {
    const one = { clause, slot }
    slot += clause.valueCount
    return one
  })
  const of = (...kinds: readonly Clause["kind"][]) => numbered.filter(({ clause }) => kinds.includes(clause.kind))
  const last = <K extends Clause["kind"]>(kind: K): (Numbered & { clause: Extract<Clause, { kind: K }> }) | undefined =>
    of(kind).at(-1) as never
  return {
    place: new WritingPlace({ dialect, table, alias, naming }, { next: slot }),
    table,
    conditions: of("condition", "open", "close"),
    lifted: new Set(of("lift").map(({ clause }) => (clause as Extract<Clause, { kind: "lift" }>).scope)),
    joins: of("join"),
    orders: lastOrders(numbered),
    select: last("select")?.clause.columns,
    group: last("group")?.clause.columns,
    having: of("having"),
    limit: last("limit")?.slot,
    offset: last("offset")?.slot,
    isDistinct: of("distinct").length > 0,
    lock: last("lock")?.clause,
    withs: of("with"),
    computed: of("computed"),
    pivots: of("pivot"),
  }
}

/** Those since the last time that order was given up. */
function lastOrders(numbered: readonly Numbered[]): readonly Numbered[] {
  const from = numbered.findLastIndex(({ clause }) => clause.kind === "unorder")
  return numbered.slice(from + 1).filter(({ clause }) => clause.kind === "order")
}

interface PartsOptions {
  readonly dialect: Dialect
  readonly table: Table
  readonly alias?: string
  readonly naming?: Naming
  readonly firstSlot?: number
}

interface PlaceOptions {
  readonly dialect: Dialect
  readonly table: Table
  readonly alias: string
  readonly naming: Naming
}

export class WritingPlace implements Place {
  readonly dialect: Dialect
  readonly table: Table
  readonly alias: string
  readonly #naming: Naming
  readonly #slots: { next: number }

  constructor({ dialect, table, alias, naming }: PlaceOptions, slots: { next: number }) {
    this.dialect = dialect
    this.table = table
    this.alias = alias
    this.#naming = naming
    this.#slots = slots
  }

  /** The same place for a clause whose values begin at another number. */
  from(slot: number): WritingPlace {
    return new WritingPlace(this.#options(), { next: slot })
  }

  #options(): PlaceOptions {
    return { dialect: this.dialect, table: this.table, alias: this.alias, naming: this.#naming }
  }

  slot(): Expression<BoundValue> {
    return slotAt(this.#slots.next++)
  }

  newAlias(): string {
    return `t${++this.#naming.count}`
  }

  column(column: TableColumn): Expression<unknown> {
    return k`${k.id(this.alias)}.${k.id(column.name)}`
  }

  selected(column: TableColumn): Expression<unknown> {
    const plain = this.column(column)
    // JSON as its text: the libraries read it each in their own way, and cannot tell a text in it from JSON.
    return this.dialect === "postgres" && column.definition.kind === "json" ? k`${plain}::text` : plain
  }

  at(table: Table, alias: string): WritingPlace {
    return new WritingPlace({ ...this.#options(), table, alias }, this.#slots)
  }

  conditions(clauses: readonly Clause[]): Expression<unknown> {
    const { dialect, table, alias } = this
    const options = { dialect, table, alias, naming: this.#naming, firstSlot: this.#slots.next }
    const parts = partsOf(clauses, options)
    this.#slots.next += countOf(clauses)
    return whereOf(parts) ?? k`1 = 1`
  }

  /** A path over another table of the same query. */
  partsAt(clauses: readonly Clause[], table: Table, { alias, firstSlot }: { alias: string; firstSlot: number }): Parts {
    return partsOf(clauses, { dialect: this.dialect, table, alias, naming: this.#naming, firstSlot })
  }

  subquery(
    clauses: readonly Clause[],
    table: Table,
    { column, expression, tie }: SubquerySelection,
  ): Expression<unknown> {
    const { dialect } = this
    const parts = partsOf(clauses, {
      dialect,
      table,
      alias: this.newAlias(),
      naming: this.#naming,
      firstSlot: this.#slots.next,
    })
    this.#slots.next += countOf(clauses)
    const select = expression?.(parts.place) ?? (column === undefined ? k`1` : parts.place.column(column))
    return selectOf(parts, select, tie?.(parts.place))
  }
}

const countOf = (clauses: readonly Clause[]): number => clauses.reduce((count, { valueCount }) => count + valueCount, 0)

export function slotAt(index: number): Expression<BoundValue> {
  return k.val(new Slot(index)) as unknown as Expression<BoundValue>
}

/**
 * `select … from … where …` with all that the path says but its columns. Scopes are part of it, and what the caller asked for stands in
 * parentheses beside them.
 */
export function selectOf(parts: Parts, select: Expression<unknown>, also?: Expression<unknown>): RawBuilder<unknown> {
  const { place, table } = parts
  const where = whereOf(parts, also)
  const group = parts.group?.map((column) => place.column(column))
  const having = parts.having.map(({ clause, slot }) =>
    (clause as Extract<Clause, { kind: "having" }>).write(place.from(slot)),
  )
  const pieces: RawBuilder<unknown>[] = [
    k`select ${parts.isDistinct ? k`distinct ` : k``}${select} from ${tableAs(table, place.alias)}`,
    ...joinsOf(parts),
    ...(where === undefined ? [] : [k`where ${where}`]),
    ...(group === undefined ? [] : [k`group by ${k.join(group)}`]),
    ...(having.length === 0 ? [] : [k`having ${k.join(having, k` and `)}`]),
    ...tailOf(parts),
  ]
  return k`${k.join(pieces, k` `)}`
}

export function tableAs(table: Table, alias: string): RawBuilder<unknown> {
  return table.name === alias ? k.id(table.name) : k`${k.id(table.name)} as ${k.id(alias)}`
}

function joinsOf(parts: Parts): RawBuilder<unknown>[] {
  const asked = parts.joins.map(({ clause, slot }) => {
    const { isLeft, table, on } = clause as Join
    const outer = parts.place.from(slot)
    const alias = outer.newAlias()
    const condition = on(outer, outer.at(table, alias))
    return k`${isLeft ? k`left join` : k`inner join`} ${tableAs(table, alias)} on ${condition}`
  })
  return [...asked, ...(parts.moreJoins ?? [])]
}

/** What a path sorts by. */
export function ordersOf({ orders, place }: Parts): RawBuilder<unknown>[] {
  return orders.map(({ clause, slot }) => {
    const { write, direction } = clause as Extract<Clause, { kind: "order" }>
    return k`${write(place.from(slot))} ${direction === "asc" ? k`asc` : k`desc`}`
  })
}

function tailOf(parts: Parts): RawBuilder<unknown>[] {
  const { place, limit, offset, lock } = parts
  const orders = ordersOf(parts)
  return [
    ...(orders.length === 0 ? [] : [k`order by ${k.join(orders)}`]),
    ...(parts.isFirst === true && limit === undefined && offset === undefined
      ? [k`limit 1`]
      : limitOf(place.dialect, limit, offset)),
    ...(lock === undefined ? [] : [lockOf(place.dialect, lock)]),
  ]
}

function limitOf(dialect: Dialect, limit: number | undefined, offset: number | undefined): RawBuilder<unknown>[] {
  // With a bare parameter SQLite prepares the statement again at each run, for 3 to 7 µs.
  const size = limit === undefined ? undefined : dialect === "sqlite" ? k`+${slotAt(limit)}` : slotAt(limit)
  if (offset === undefined) return size === undefined ? [] : [k`limit ${size}`]
  const all = { sqlite: k`-1`, mysql: k`18446744073709551615`, postgres: k`all` }
  return [k`limit ${size ?? all[dialect]} offset ${slotAt(offset)}`]
}

function lockOf(dialect: Dialect, { mode, wait }: Extract<Clause, { kind: "lock" }>): RawBuilder<unknown> {
  // MariaDB knows the old words only.
  const share = dialect === "mysql" ? k`lock in share mode` : k`for share`
  const waits = { wait: k``, skip: k` skip locked`, fail: k` nowait` }
  return k`${mode === "update" ? k`for update` : share}${waits[wait]}`
}

/** What the path asks for, and the scopes of its table: undefined when there is neither. */
export function whereOf(parts: Parts, also?: Expression<unknown>): RawBuilder<unknown> | undefined {
  const asked = conditionTree(parts)
  const all = [
    ...scopeConditions(parts.place, parts.lifted),
    ...(also === undefined ? [] : [also]),
    ...(asked === undefined ? [] : [asked]),
  ]
  if (all.length === 0) return undefined
  return all.length === 1
    ? k`${all[0]}`
    : k`${k.join(
        all.map((one) => k`(${one})`),
        k` and `,
      )}`
}

/** `a and b or c and (d or e)`: `and` binds closer, as in SQL. */
function conditionTree(parts: Parts): RawBuilder<unknown> | undefined {
  const { conditions, place } = parts
  let at = 0
  const level = (): RawBuilder<unknown> | undefined => {
    const alternatives: Expression<unknown>[][] = [[]]
    const add = (isOr: boolean, condition: Expression<unknown>): void => {
      if (isOr && alternatives[0]!.length > 0) alternatives.push([condition])
      else alternatives.at(-1)!.push(condition)
    }
    for (; at < conditions.length; at++) {
      const { clause, slot } = conditions[at]!
      if (clause.kind === "close") break
      if (clause.kind === "condition") add(clause.isOr, clause.write(place.from(slot)))
      else if (clause.kind === "open") {
        at++
        const inner = level()
        // A group without conditions asks for nothing.
        if (inner !== undefined) add(clause.isOr, clause.isNot ? k`not (${inner})` : k`(${inner})`)
      }
    }
    const any = alternatives.filter((all) => all.length > 0).map((all) => k.join(all, k` and `))
    return any.length === 0 ? undefined : k`${k.join(any, k` or `)}`
  }
  return level()
}

/** Kysely's text and its parameters: slots, and constants of the plan. */
export function compileRaw(raw: RawBuilder<unknown>, dialect: Dialect): Pick<CompiledQuery, "sql" | "parameters"> {
  return raw.compile(compilers[dialect])
}
