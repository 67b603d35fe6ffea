import type { Expression } from "kysely"
import type { BoundValue, Dialect } from "../driver.ts"
import type { Table, TableColumn } from "../model/table.ts"

/** What a clause is written with: the place it stands in, and the slots of its values in their order. */
export interface Place {
  readonly dialect: Dialect
  readonly table: Table
  /** What the table is called here. */
  readonly alias: string
  /** The next of the query's values. To be asked once for each value that the clause announced, in order. */
  slot(): Expression<BoundValue>
  /** A name for a table that is in the query nowhere else. */
  newAlias(): string
  column(column: TableColumn): Expression<unknown>
  /** The column as it is selected, in the form that its cast reads. */
  selected(column: TableColumn): Expression<unknown>
  /** A complete query of another model in its place, scopes and all, as `select …`. */
  subquery(clauses: readonly Clause[], table: Table, select: SubquerySelection): Expression<unknown>
  /** The place of another table in this query, for conditions on it. */
  at(table: Table, alias: string): Place
  /** Conditions of a path, and the scopes of its table, as one. */
  conditions(clauses: readonly Clause[]): Expression<unknown>
}

export interface SubquerySelection {
  /** Without it nothing but `1`, for `exists`. */
  readonly column: TableColumn | undefined
  /** Instead of a column. */
  readonly expression?: (inner: Place) => Expression<unknown>
  /** A condition that ties it to the query around, over its own alias. */
  readonly tie?: (inner: Place) => Expression<unknown>
}

/** One step of a query, as the compiler reads it. */
export type Clause =
  | Condition
  | (Counted & { readonly kind: "open"; readonly isOr: boolean; readonly isNot: boolean })
  | (Counted & { readonly kind: "close" })
  | (Counted & {
      readonly kind: "order"
      /** Undefined for an order by something else than a column. */
      readonly column?: TableColumn
      readonly write: (place: Place) => Expression<unknown>
      readonly direction: Direction
    })
  | (Counted & { readonly kind: "select"; readonly columns: readonly TableColumn[] })
  | (Counted & { readonly kind: "limit" | "offset" | "distinct" | "unorder" })
  | (Counted & { readonly kind: "lift"; readonly scope: string })
  | (Counted & { readonly kind: "group"; readonly columns: readonly TableColumn[] })
  | (Counted & { readonly kind: "having"; readonly isOr: false; readonly write: (place: Place) => Expression<unknown> })
  | (Counted & { readonly kind: "lock"; readonly mode: "update" | "share"; readonly wait: "wait" | "skip" | "fail" })
  | Join
  | With
  | Computed
  | (Counted & { readonly kind: "pivot"; readonly inner: readonly Clause[] })

interface Counted {
  /** How many values it takes. */
  readonly valueCount: number
}

export interface Condition extends Counted {
  readonly kind: "condition"
  readonly isOr: boolean
  readonly write: (place: Place) => Expression<unknown>
  /** What is bound for the value that the caller gives; undefined where there is none, or more than one. */
  readonly encode: ((value: unknown) => BoundValue) | undefined
}

export interface Join extends Counted {
  readonly kind: "join"
  readonly isLeft: boolean
  readonly table: Table
  /** Over the alias that the joined table gets. */
  readonly on: (outer: Place, inner: Place) => Expression<unknown>
}

/** Rows of a relation, to be loaded with those of the query. */
export interface With extends Counted {
  readonly kind: "with"
  /** Names of relations, each of what the one before leads to. */
  readonly path: readonly string[]
  /** What is asked of the last one's rows. */
  readonly inner: readonly Clause[]
}

/** A value of the database's beside the columns, on each row. */
export interface Computed extends Counted {
  readonly kind: "computed"
  readonly property: string
  readonly isExact: boolean
  readonly read: (raw: unknown) => unknown
  readonly write: (place: Place) => Expression<unknown>
}

export type Direction = "asc" | "desc"
