import { type Expression, sql as k, type RawBuilder } from "kysely"
import { OrmQueryInvalid } from "../errors.ts"
import { type Home, homeIn } from "../model/home.ts"
import type { TableColumn } from "../model/table.ts"
import type { Clause, Computed } from "../query/clause.ts"
import { type Parts, tableAs, whereOf } from "../query/compile.ts"
import { isMorph, linkOf, type StraightLink } from "./link.ts"
import { createLoader, type LoadRun } from "./loader.ts"
import { type RawKey, RowPart } from "./row-part.ts"
import type { WithNode, WithTree } from "./with-tree.ts"

/** What is read of one table: where it stands in the query, and what is wanted of its relations. */
export interface PartOrder {
  readonly home: Home
  readonly parts: Parts
  readonly tree: WithTree
  /** Whether every row of the result has one of it. */
  readonly isThere: boolean
}

/** A list of columns of several tables, and the joins that they need. */
export class WideSelect {
  readonly list: RawBuilder<unknown>[] = []
  readonly names: string[] = []
  readonly joins: RawBuilder<unknown>[] = []
  isExact = false
  readonly #root: Home
  readonly #keySlot: number
  readonly #isFlat: boolean

  /**
   * @param keySlot Where values of loaders begin, behind those of the query.
   * @param isFlat Whether nothing may be joined: the rows are locked, or told apart by all they hold.
   */
  constructor(root: Home, { keySlot, isFlat }: { keySlot: number; isFlat: boolean }) {
    this.#root = root
    this.#keySlot = keySlot
    this.#isFlat = isFlat
  }

  /** One more column of the result. */
  add(expression: Expression<unknown>, wanted?: string): RawKey {
    const name = wanted ?? `~${this.names.length}`
    this.list.push(k`${expression} as ${k.id(name)}`)
    this.names.push(name)
    return this.#root.session.rowForm === "list" ? this.names.length - 1 : name
  }

  part({ home, parts, tree, isThere }: PartOrder): RowPart<LoadRun> {
    const part = new RowPart<LoadRun>(home)
    const isRoot = this.names.length === 0
    for (const column of parts.select ?? home.table.visible)
      this.column([part, parts], column, { isExtra: false, isRoot })
    for (const { clause, slot } of parts.computed) {
      const { property, isExact, read, write } = clause as Computed
      if (isExact) this.isExact = true
      part.values.push({ property, read, key: this.add(write(parts.place.from(slot)), isRoot ? property : undefined) })
    }
    for (const node of tree.values()) this.#relation([part, parts], node, isThere)
    return part
  }

  /** The place of a column that is needed, shown or not. */
  column(
    [part, parts]: readonly [RowPart<LoadRun>, Parts],
    column: TableColumn,
    { isExtra, isRoot = false }: { isExtra: boolean; isRoot?: boolean },
  ): RawKey {
    const known = part.columns.find((one) => one.column === column)
    if (known !== undefined) return known.key
    if (isExtra && parts.isDistinct)
      throw new OrmQueryInvalid(
        `Select "${column.property}" too: different rows are wanted, and relations are found by it.`,
      )
    if (column.cast[this.#root.session.dialect].isExact) this.isExact = true
    const key = this.add(parts.place.selected(column), isRoot ? column.property : undefined)
    part.columns.push({ column, key, isExtra })
    return key
  }

  #relation([part, parts]: readonly [RowPart<LoadRun>, Parts], node: WithNode, isThere: boolean): void {
    const link = linkOf(part.home.table, node.name)
    if (!isMorph(link) && !this.#isFlat && canJoin(link, node)) {
      this.#join([part, parts], [link, node], isThere)
      return
    }
    for (const column of isMorph(link) ? [link.type, link.id] : [link.own])
      this.column([part, parts], column, { isExtra: true })
    part.loaders.push(createLoader(part.home, { link, node, keySlot: this.#keySlot }))
  }

  #join(
    [part, outer]: readonly [RowPart<LoadRun>, Parts],
    [link, node]: readonly [StraightLink, WithNode],
    isThere: boolean,
  ): void {
    const home = homeIn(this.#root.session, link.target.model)
    const alias = outer.place.newAlias()
    const parts = outer.place.partsAt(node.path, link.target, { alias, firstSlot: node.firstSlot })
    const where = whereOf(parts)
    // MariaDB would begin with the wrong table to sort by.
    const isInner = isThere && link.isSure && where === undefined && this.#root.session.dialect !== "mysql"
    const word = isInner ? k`inner join` : k`left join`
    const tie = k`${parts.place.column(link.near)} = ${outer.place.column(link.own)}`
    const on = where === undefined ? tie : k`${tie} and (${where})`
    this.joins.push(k`${word} ${tableAs(link.target, alias)} on ${on}`)
    const inner = this.part({ home, parts, tree: node.children, isThere: isInner })
    const probe = isInner ? undefined : this.column([inner, parts], link.near, { isExtra: true })
    part.joined.push({ name: node.name, part: inner, probe })
  }
}

const JOINABLE: ReadonlySet<Clause["kind"]> = new Set([
  "condition",
  "open",
  "close",
  "lift",
  "select",
  "with",
  "computed",
])

/** One row at most, by conditions only: it comes with the query itself, and not by one more. */
function canJoin(link: StraightLink, { path }: WithNode): boolean {
  return link.isUnique && !link.isMany && link.via === undefined && path.every(({ kind }) => JOINABLE.has(kind))
}
