import type { Columns } from "../columns/column.ts"
import type { Attributes, KeyOf, ModelClass, NewRow, NewValues, RowMark, RowOf } from "../model/types.ts"
import type { ModelQuery } from "../query/model-query.ts"
import type { Where } from "../query/where.ts"
import type { PivotRows } from "./pivot-rows.ts"
import type { OwnedRows, OwnerRow, RelatedRows } from "./related.ts"
import type { Relation, RelationKind } from "./relation.ts"

/** Any relation, whatever it leads to. */
type AnyRelation<M = unknown> = Relation<M, RelationKind, string, unknown>

type RelationsOf<M extends ModelClass> = M extends { readonly relations: infer R } ? R : Record<never, never>

/** Names of a model's relations. */
export type RelationName<M extends ModelClass> = keyof RelationsOf<M> & string

/** One relation as it was declared. */
export type RelationAt<M extends ModelClass, K extends string> = K extends keyof RelationsOf<M>
  ? RelationsOf<M>[K]
  : never

/** The model that a relation leads to; one of several for `morphTo`. */
export type RelatedModel<M extends ModelClass, K extends string> =
  RelationAt<M, K> extends AnyRelation<infer T> ? (T extends ModelClass ? T : never) : never

type KindAt<M extends ModelClass, K extends string> =
  RelationAt<M, K> extends Relation<unknown, infer Kind, string, unknown> ? Kind : never

type PivotAt<M extends ModelClass, K extends string> =
  RelationAt<M, K> extends Relation<unknown, "manyToMany", string, infer P> ? P : undefined

/** What rows of the table in between bring along, as `row.pivot`. */
type PivotRow<P> = P extends ModelClass
  ? RowOf<P>
  : P extends { readonly columns: infer C extends Columns }
    ? Attributes<C>
    : never

/** One row of a relation, before anything of its own is loaded. */
export type RelatedRow<M extends ModelClass, K extends string> = Piv<PivotAt<M, K>, RowOf<RelatedModel<M, K>>>
type Piv<P, R> = [P] extends [undefined] ? R : R & { readonly pivot: PivotRow<P> }

type ManyKind = "hasMany" | "manyToMany" | "hasManyThrough" | "morphMany"

/** What a loaded relation is, of rows `R`: a list, a row, or perhaps none. */
export type RelationValue<M extends ModelClass, K extends string, R> =
  KindAt<M, K> extends ManyKind ? R[] : KindAt<M, K> extends "belongsTo" ? R | Absent<M, K> : R | null

/** `never` where there surely is a row: the column is a foreign key, never null, and no scope hides what it points at. */
type Absent<M extends ModelClass, K extends string> = [Unsure<M, ForeignKey<M, K>>] extends [never]
  ? HiddenBy<RelatedModel<M, K>>
  : null

type ForeignKey<M extends ModelClass, K extends string> =
  RelationAt<M, K> extends Relation<unknown, "belongsTo", infer F, unknown> ? (string extends F ? `${K}Id` : F) : never

type Unsure<M extends ModelClass, F> = F extends keyof M["columns"]
  ? "references" extends M["columns"][F]["~f"]
    ? Extract<M["columns"][F]["~f"], "nullable">
    : null
  : null

type HiddenBy<T extends ModelClass> = T extends { readonly scopes: object } ? null : SoftDeleted<T["columns"]>
type SoftDeleted<C extends Columns> = {
  [K in keyof C]: "deletable" extends C[K]["~f"] ? null : never
}[keyof C]

/** `posts.comments`: a relation, and one of what it leads to. Anything else becomes the names that there are. */
export type CheckPath<M extends ModelClass, P extends string> = P extends `${infer H}.${infer T}`
  ? H extends RelationName<M>
    ? `${H}.${CheckPath<RelatedModel<M, H>, T>}`
    : RelationName<M>
  : P extends RelationName<M>
    ? P
    : RelationName<M>

type Head<P extends string> = P extends `${infer H}.${string}` ? H : P
type Tail<P extends string, H extends string> = P extends `${H}.${infer T}` ? T : never

/** A query of what a relation leads to, while it is loaded. */
export type WithQuery<M extends ModelClass, P extends string> = ModelQuery<ModelAt<M, P>> & PivotPart<PivotOf<M, P>>
type PivotOf<M extends ModelClass, P extends string> = P extends `${infer H}.${infer T}`
  ? PivotOf<RelatedModel<M, H>, T>
  : PivotAt<M, P>
type PivotPart<P> = [P] extends [undefined] ? unknown : PivotQueries<PivotModel<P>>

/** What is asked of the rows in between. */
export interface PivotQueries<B extends ModelClass> {
  /** Rows for whose row in between this holds. */
  wherePivot(build: (between: ModelQuery<B>) => Where<B>): this
}

type PivotModel<P> = P extends ModelClass
  ? P
  : P extends { readonly columns: infer C extends Columns }
    ? Omit<ModelClass, "columns"> & { readonly columns: C }
    : ModelClass

/** A row `R` of `M` with these relations on it. */
export type With<M extends ModelClass, R, P extends string> = [P] extends [never]
  ? R
  : [Extract<Head<P>, keyof R>] extends [never]
    ? R & Fresh<M, P>
    : Omit<R, Head<P>> & Fresh<M, Outside<P, keyof R>> & Deeper<M, R, P>

type Fresh<M extends ModelClass, P extends string> = {
  [H in Head<P>]: RelationValue<M, H, With<RelatedModel<M, H>, RelatedRow<M, H>, Tail<P, H>>>
}

/** Paths whose first relation is not yet on the row. */
type Outside<P extends string, K> = P extends unknown ? (Head<P> extends K ? never : P) : never

/** Relations that are there already, with more on their rows. */
type Deeper<M extends ModelClass, R, P extends string> = {
  [H in Extract<Head<P>, keyof R>]: Within<RelatedModel<M, H>, R[H], Tail<P, H>>
}
type Within<M extends ModelClass, V, P extends string> = V extends readonly (infer E)[]
  ? With<M, E, P>[]
  : V extends null
    ? null
    : With<M, V, P>

/** The last model of a path. */
export type ModelAt<M extends ModelClass, P extends string> = P extends `${infer H}.${infer T}`
  ? ModelAt<RelatedModel<M, H>, T>
  : RelatedModel<M, P>

/** A row with one relation, at the end of a path, whose rows are `Q`. */
export type WithRows<M extends ModelClass, R, P extends string, Q> = P extends `${infer H}.${infer T}`
  ? Sans<R, H> & {
      [K in H]: H extends keyof R
        ? WithinRows<RelatedModel<M, H>, R[H], T, Q>
        : RelationValue<M, H, WithRows<RelatedModel<M, H>, RelatedRow<M, H>, T, Q>>
    }
  : Sans<R, P> & { [K in P]: KindAt<M, K> extends ManyKind ? Piv<PivotAt<M, K>, Q>[] : Q | null }
/** A row stays of its class, unless it has such a relation already. */
type Sans<R, K extends string> = K extends keyof R ? Omit<R, K> : R
type WithinRows<M extends ModelClass, V, P extends string, Q> = V extends readonly (infer E)[]
  ? WithRows<M, E, P, Q>[]
  : V extends null
    ? null
    : WithRows<M, V, P, Q>

/** A relation, or one under a name of its own: `posts as livePosts`. */
export type CheckName<M extends ModelClass, P extends string> = NameOf<P> extends RelationName<M> ? P : RelationName<M>
export type NameOf<P extends string> = P extends `${infer N} as ${string}` ? N : P

/** What a count is called on the row. */
export type CountName<P extends string> = P extends `${string} as ${infer A}` ? A : `${P}Count`

/** What a value over a column of a relation is called on the row. */
export type ValueName<P extends string, C extends string, W extends string> = P extends `${string} as ${infer A}`
  ? A
  : `${P}${Capitalize<C>}${W}`

/** The model of a row. */
export type ModelOf<T> = T extends RowMark<infer M> ? (M extends ModelClass ? M : never) : never

/** What is made through a relation: the columns that say whose it is may be left out. */
type RelatedValues<M extends ModelClass, K extends string, T extends ModelClass> = Loosen<
  NewRow<T>,
  OwnerColumn<RelationAt<M, K>, T>
>
type Loosen<N, C> = Omit<N, C & keyof N> & Partial<Pick<N, C & keyof N>>
type OwnerColumn<R, T extends ModelClass> =
  R extends Relation<unknown, RelationKind, infer F, unknown>
    ? string extends F
      ? R extends Relation<unknown, "morphMany" | "morphOne", string, unknown>
        ? keyof T["columns"]
        : Pointing<T["columns"]>
      : F
    : never
type Pointing<C extends Columns> = {
  [K in keyof C]: "references" extends C[K]["~f"] ? K : never
}[keyof C]

/** What a row in between may be given, beside the keys. */
type PivotValues<P> = P extends { readonly columns: infer C extends Columns }
  ? Partial<NewValues<C>>
  : Record<never, never>

/** What `row.related(name)` is, by the kind of the relation. */
export type Related<M extends ModelClass, K extends string> =
  RelatedModel<M, K> extends infer T extends ModelClass
    ? RelatedAs<
        KindAt<M, K>,
        T,
        {
          value: RelationValue<M, K, RelatedRow<M, K>>
          values: RelatedValues<M, K, T>
          pivot: PivotValues<PivotAt<M, K>>
          between: PivotModel<PivotAt<M, K>>
        }
      >
    : never
type RelatedAs<
  Kind,
  T extends ModelClass,
  X extends { value: unknown; values: unknown; pivot: unknown; between: ModelClass },
> = Kind extends "hasOne" | "hasMany" | "morphOne" | "morphMany"
  ? OwnedRows<T, X["value"], X["values"]>
  : Kind extends "belongsTo" | "morphTo"
    ? OwnerRow<T, X["value"]>
    : Kind extends "manyToMany"
      ? PivotRows<T, X["value"], NewRow<T>, KeyOf<T>, X["pivot"], X["between"]>
      : RelatedRows<T, X["value"]>
