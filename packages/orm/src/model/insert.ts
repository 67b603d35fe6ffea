import { type BoundValue, BUSY } from "../driver.ts"
import { OrmConflict, OrmValueInvalid } from "../errors.ts"
import type { Session } from "../session.ts"
import type { Home } from "./home.ts"
import { checkKeys, withForced } from "./new-row.ts"
import { type AnyRow, keyOf } from "./persist.ts"
import { RowState } from "./row-state.ts"
import type { TableColumn } from "./table.ts"
import { insertPlan, readBackPlan, type WritePlan } from "./write-plan.ts"

/** What an insert has to know of a column, looked up once. */
interface NewColumn {
  readonly column: TableColumn
  readonly property: string
  readonly write: (value: unknown) => BoundValue
  readonly settle: ((value: unknown) => unknown) | undefined
  readonly isNullable: boolean
  readonly isHidden: boolean
  readonly isGenerated: boolean
  /** Gives undefined where the database fills it; throws where nobody does. */
  readonly fill: () => unknown
}

/** Inserts of one model: a loop over its columns for each row, and a plan for each set of columns that was written. */
export class Inserter {
  readonly #home: Home
  readonly #columns: readonly NewColumn[]
  readonly #plans: Map<number | string, WritePlan> = new Map()
  /** Whether a row shows what was written as it is. */
  readonly #isPlain: boolean
  readonly #hasScopes: boolean

  constructor(home: Home) {
    this.#home = home
    const { dialect } = home.session
    this.#columns = [...home.table.columns.values()].map((column) => {
      const { property, definition, cast } = column
      const { write, settle } = cast[dialect]
      return {
        column,
        property,
        write,
        settle,
        isNullable: definition.nullable,
        isHidden: definition.hidden,
        isGenerated: definition.generated !== undefined,
        fill: fillerOf(column),
      }
    })
    this.#isPlain = this.#columns.every(({ settle, isHidden }) => settle === undefined && !isHidden)
    this.#hasScopes = home.table.scopes.size > 0
  }

  /** One row, as it then is. */
  insert(session: Session, given: object): AnyRow | Promise<AnyRow> {
    const { table } = this.#home
    const values = (this.#hasScopes ? withForced(table, given) : given) as AnyRow
    if (typeof values !== "object" || values === null) checkKeys(table, values)
    const bound: BoundValue[] = []
    const raw: AnyRow = {}
    let shape = 0
    let taken = 0
    for (let index = 0; index < this.#columns.length; index++) {
      const column = this.#columns[index]!
      const { property } = column
      // A generated one is not taken, so that it is found to be one too many.
      let value = column.isGenerated ? undefined : values[property]
      if (value === undefined) value = column.fill()
      else taken++
      // Its place is kept, so that a row has its properties in the order of the columns.
      if (value === undefined) raw[property] = undefined
      else {
        bound.push(value === null ? nothing(column) : column.write(value))
        raw[property] = value === null || column.settle === undefined ? value : column.settle(value)
        shape |= 1 << index
      }
    }
    // As many were taken as were given: else one of them is no column, is generated, or is undefined.
    if (taken !== countOf(values)) checkKeys(table, values)
    // A number holds 31 columns; beyond that their names do.
    const key = this.#columns.length <= 31 ? shape : setOf(raw)
    const plan = this.#plans.get(key) ?? this.#newPlan(key, raw)
    const use = plan.returns.length > 0 ? "first" : "run"
    const answer = session.attempt(use, plan, bound)
    if (answer !== BUSY) return this.#finish(session, [raw, plan, answer])
    return session.perform(use, plan, bound).then((late) => this.#finish(session, [raw, plan, late]))
  }

  #newPlan(key: number | string, raw: AnyRow): WritePlan {
    const columns = this.#columns.filter(({ property }) => raw[property] !== undefined).map(({ column }) => column)
    const plan = insertPlan(this.#home, columns)
    if (this.#plans.size >= MAX_PLANS) this.#plans.clear()
    this.#plans.set(key, plan)
    return plan
  }

  #finish(session: Session, [raw, plan, answer]: readonly [AnyRow, WritePlan, unknown]): AnyRow | Promise<AnyRow> {
    if (plan.returns.length > 0) Object.assign(raw, readReturned(this.#home, plan, answer))
    if (plan.counted !== undefined) {
      const { insertId } = answer as { insertId: number | bigint | undefined }
      const isBig = plan.counted.definition.kind === "bigint"
      raw[plan.counted.property] = isBig ? BigInt(insertId ?? 0) : Number(insertId)
    }
    if (this.#home.session.dialect === "mysql") {
      const missing = this.#columns.filter(({ property }) => raw[property] === undefined)
      if (missing.length > 0)
        return this.#readBack(
          session,
          raw,
          missing.map(({ column }) => column),
        )
    }
    return this.#rowOf(raw)
  }

  async #readBack(session: Session, raw: AnyRow, missing: readonly TableColumn[]): Promise<AnyRow> {
    const home = this.#home
    const plan = home.plan(`back\0${missing.map(({ property }) => property).join("\0")}`, () =>
      readBackPlan(home, missing),
    )
    const key = keyOf(home, (column) => raw[column.property])
    const answer = await session.perform("first", plan, key)
    if (answer === undefined) throw new OrmConflict("The new row was deleted by another before it could be read.")
    return this.#rowOf(Object.assign(raw, readReturned(home, plan, answer)))
  }

  /** What was written, as a row: hidden columns are known of, and not on it. */
  #rowOf(raw: AnyRow): AnyRow {
    const row = this.#home.copy(raw)
    if (!this.#isPlain)
      for (const { property, settle, isHidden } of this.#columns)
        if (isHidden) delete row[property]
        // Of its own, so that what is changed in place is seen as a change.
        else if (settle !== undefined && row[property] !== null) row[property] = settle(row[property])
    return new RowState(row, raw, this.#home.settled) as unknown as AnyRow
  }
}

const MAX_PLANS = 256

function setOf(raw: AnyRow): string {
  return Object.keys(raw)
    .filter((property) => raw[property] !== undefined)
    .join("\0")
}

function countOf(values: object): number {
  let count = 0
  for (const _ in values) count++
  return count
}

function nothing({ property, isNullable }: NewColumn): null {
  if (isNullable) return null
  throw new OrmValueInvalid(`"${property}" cannot be null.`, { details: { column: property } })
}

/** What a column of a new row is when the caller says nothing of it. */
export function fillerOf({ property, definition }: TableColumn): () => unknown {
  const { default: otherwise } = definition
  if (otherwise?.by === "value") return () => otherwise.value
  if (otherwise?.by === "model") return otherwise.make
  if (definition.autoIncrement || definition.generated !== undefined || otherwise?.by === "database")
    return () => undefined
  if (definition.nullable) return () => null
  return () => {
    throw new OrmValueInvalid(`"${property}" has no default, and no value was given for it.`, {
      details: { column: property },
    })
  }
}

function readReturned(home: Home, plan: WritePlan, raw: unknown): AnyRow {
  const { dialect, rowForm } = home.session
  const values: AnyRow = {}
  plan.returns.forEach((column, index) => {
    const value = rowForm === "list" ? (raw as unknown[])[index] : (raw as AnyRow)[column.property]
    const read = plan.isExact ? column.cast[dialect].readExact : column.cast[dialect].read
    values[column.property] = value === null || read === undefined ? value : read(value)
  })
  return values
}
