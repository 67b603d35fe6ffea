import type { Columns } from "../columns/column.ts"
import type { IndexDefinition } from "../columns/columns.ts"
import type { ModelDatabase } from "./home.ts"
import type { Model } from "./model.ts"
import type { AnyScope } from "./scopes.ts"

/** What a class that extends `Model` says of itself. */
export interface ModelClass {
  readonly name: string
  readonly prototype: Model
  readonly table: string
  readonly columns: Columns
  /** The database of this class and of those that extend it: an open one, or the service of one. */
  readonly database?: ModelDatabase | undefined
  /** What columns are called in the database: as the properties are, or `createdAt` as `created_at`. Default: `same`. */
  readonly naming?: "same" | "snake"
  readonly indexes?: readonly IndexDefinition[]
  /** Conditions that every query of the model has, unless one is lifted by name. */
  readonly scopes?: Readonly<Record<string, AnyScope>>
  /** Getters of the class that JSON shows. */
  readonly appends?: readonly string[]
  readonly relations?: object
}

/** The columns of a model with one of the flags. */
type Flagged<S extends Columns, F extends string> = {
  [K in keyof S]: F extends S[K]["~f"] ? K : never
}[keyof S]

/** The values of these columns. */
export type ValuesOf<S extends Columns, K extends keyof S> = { [P in K]: S[P]["~t"] } & {}

/** What a query gives of a row unless it names columns: all but the hidden ones. */
export type Attributes<S extends Columns> = ValuesOf<S, Exclude<keyof S, Flagged<S, "hidden">>>

/** A row of a model: its columns, and what the class adds to them. */
export type RowOf<M extends ModelClass> = Attributes<M["columns"]> & M["prototype"] & RowMark<M>

/** Which model a row is of. */
export interface RowMark<M> {
  /** For the type checker only. */
  readonly "~model"?: M
}

/** Names of a model's columns. */
export type ColumnName<M extends ModelClass> = keyof M["columns"] & string
export type ColumnValue<M extends ModelClass, K extends ColumnName<M>> = M["columns"][K]["~t"]

type Writable<S extends Columns> = Exclude<keyof S, Flagged<S, "generated">>
type Omittable<S extends Columns> = {
  [K in keyof S]: [Extract<S[K]["~f"], "default" | "nullable">] extends [never] ? never : K
}[keyof S]

/** What a new row is made of: what has a default, or may be null, can be left out. */
export type NewRow<M extends ModelClass> = NewValues<M["columns"]>
export type NewValues<S extends Columns> = { [K in Exclude<Writable<S>, Omittable<S>>]: S[K]["~t"] } & {
  [K in Extract<Writable<S>, Omittable<S>>]?: S[K]["~t"]
}

/** What an update may set. */
export type Changes<M extends ModelClass> = ChangedValues<M["columns"]>
export type ChangedValues<S extends Columns> = { [K in Writable<S>]?: S[K]["~t"] }

/** A row's key, and what of it changes. */
export type RowChanges<M extends ModelClass> = Changes<M> & ValuesOf<M["columns"], Flagged<M["columns"], "primary">>

type IsUnion<T, U = T> = T extends unknown ? ([U] extends [T] ? false : true) : never

/** What `find` takes: the value of the primary key, or an object of values where it has several columns. */
export type KeyOf<M extends ModelClass> = KeyOfColumns<M["columns"]>
export type KeyOfColumns<S extends Columns> =
  IsUnion<Flagged<S, "primary">> extends true ? ValuesOf<S, Flagged<S, "primary">> : S[Flagged<S, "primary">]["~t"]

/** Columns whose values are of a kind. */
export type ColumnsOf<M extends ModelClass, T> = {
  [K in ColumnName<M>]: NonNullable<ColumnValue<M, K>> extends T ? K : never
}[ColumnName<M>]

/** Columns that can be added up. */
export type NumericColumn<M extends ModelClass> = ColumnsOf<M, number | bigint> | DecimalColumn<M>
type DecimalColumn<M extends ModelClass> = ColumnsOf<M, string>
