import type { Columns } from "../columns/column.ts"

export type RelationKind =
  | "hasOne"
  | "hasMany"
  | "belongsTo"
  | "manyToMany"
  | "hasOneThrough"
  | "hasManyThrough"
  | "morphTo"
  | "morphOne"
  | "morphMany"

/**
 * How rows of one model belong to rows of another, as data. `M` is the other model, `F` the foreign key where it was named, and `P`
 * what a row in between holds. Nothing is asked of `M` here, so that models may name each other.
 */
export interface Relation<M, K extends RelationKind, F extends string = string, P = undefined> {
  readonly kind: K
  readonly model: () => M
  readonly options: RelationOptions
  /** For the type checker only. */
  readonly "~f"?: F
  /** For the type checker only. */
  readonly "~p"?: P
}

/** What a declaration said, as the runtime reads it. */
export interface RelationOptions {
  readonly foreignKey?: string | undefined
  readonly key?: string | undefined
  readonly touch?: boolean | undefined
  readonly cascade?: boolean | undefined
  readonly through?: string | (() => unknown) | undefined
  readonly columns?: Columns | undefined
  readonly relatedKey?: string | undefined
  readonly throughKey?: string | undefined
  readonly as?: string | undefined
  readonly side?: "owner" | "related" | undefined
  readonly type?: string | undefined
  readonly id?: string | undefined
}

/** The columns of a model of which nothing is asked. */
type ColumnIn<M> = M extends { readonly columns: infer C } ? keyof C & string : string

export interface HasOptions<M, F extends string> {
  /** The column of the other model. Default: the one that `references` this model, or is called after it: `userId`. */
  readonly foreignKey?: F & ColumnIn<M>
  /** The column of this model. Default: its primary key. */
  readonly key?: string
  /** Deletes the others softly when a row is, and restores those with it. They need a `deletedAt()`. */
  readonly cascade?: boolean
}

export interface BelongsToOptions<F extends string> {
  /** The column of this model. Default: named after the relation, `authorId` for `author`, or the one that `references` the other. */
  readonly foreignKey?: F
  /** The column of the other model. Default: what the foreign key references, its primary key. */
  readonly key?: string
  /** Sets the other's `updatedAt()` whenever a row is created, changed or deleted. */
  readonly touch?: boolean
}

/** One row of another model that points at this one. */
export function hasOne<M, const F extends string = string>(
  model: () => M,
  options: HasOptions<M, F> = {},
): Relation<M, "hasOne", F> {
  return { kind: "hasOne", model, options }
}

/** The rows of another model that point at this one: `posts: hasMany(() => Post)`. */
export function hasMany<M, const F extends string = string>(
  model: () => M,
  options: HasOptions<M, F> = {},
): Relation<M, "hasMany", F> {
  return { kind: "hasMany", model, options }
}

/** The row of another model that a column of this one points at: `author: belongsTo(() => User)` by `authorId`. */
export function belongsTo<M, const F extends string = string>(
  model: () => M,
  options: BelongsToOptions<F> = {},
): Relation<M, "belongsTo", F> {
  return { kind: "belongsTo", model, options }
}

interface PivotKeys {
  /** The column of the table in between that points here. Default: the one that `references` this model, or `postId`. */
  readonly foreignKey?: string
  /** The one that points at the other model. Default: in the same way. */
  readonly relatedKey?: string
}

/**
 * Rows of another model, by a table in between.
 *
 * @example
 * tags: manyToMany(() => Tag, { through: "post_tags" })                             // postId and tagId
 * teams: manyToMany(() => Team, { through: "members", columns: { role: text() } })   // team.pivot.role
 * teams: manyToMany(() => Team, { through: () => Membership })                       // with its columns, casts and scopes
 */
export function manyToMany<M, P>(
  model: () => M,
  options: PivotKeys & { readonly through: () => P },
): Relation<M, "manyToMany", string, P>
export function manyToMany<M, C extends Columns>(
  model: () => M,
  options: PivotKeys & { readonly through: string; readonly columns: C },
): Relation<M, "manyToMany", string, { columns: C }>
export function manyToMany<M>(
  model: () => M,
  options: PivotKeys & { readonly through: string },
): Relation<M, "manyToMany">
export function manyToMany<M>(model: () => M, options: RelationOptions): Relation<M, "manyToMany", string, never> {
  return { kind: "manyToMany", model, options }
}

export interface ThroughOptions<M> {
  /** The model in between. */
  readonly through: () => unknown
  /** Its column that points here. Default: the one that `references` this model, or is called after it. */
  readonly foreignKey?: string
  /** The other model's column that points at the one in between. Default: in the same way. */
  readonly throughKey?: ColumnIn<M>
}

/** `posts` of a country, by its users: `hasManyThrough(() => Post, { through: () => User })`. */
export function hasManyThrough<M>(model: () => M, options: ThroughOptions<M>): Relation<M, "hasManyThrough"> {
  return { kind: "hasManyThrough", model, options }
}

export function hasOneThrough<M>(model: () => M, options: ThroughOptions<M>): Relation<M, "hasOneThrough"> {
  return { kind: "hasOneThrough", model, options }
}

export interface MorphToOptions {
  /** The column that says which model it is. Default: `commentableType` for `commentable`. */
  readonly type?: string
  /** The column with that row's key. Default: `commentableId`. */
  readonly id?: string
}

/**
 * A row of one of several models: one column says which, another one its key.
 *
 * @param models What the type column holds for each: `morphTo(() => ({ post: Post, video: Video }))`.
 */
export function morphTo<T extends object>(
  models: () => T,
  options: MorphToOptions = {},
): Relation<T[keyof T], "morphTo", string, T> {
  return { kind: "morphTo", model: models as () => never, options }
}

/** The rows of another model that point at this one by their `morphTo` of that name: `morphMany(() => Comment, "commentable")`. */
export function morphMany<M>(model: () => M, as: string): Relation<M, "morphMany"> {
  return { kind: "morphMany", model, options: { as } }
}

export function morphOne<M>(model: () => M, as: string): Relation<M, "morphOne"> {
  return { kind: "morphOne", model, options: { as } }
}

/** The model in between, and its `morphTo`. */
export interface MorphThroughOptions<P> {
  readonly through: () => P
  readonly as: string
  /** Its column that points at the side that is always of one model. Default: the one that `references` that, or is called after it. */
  readonly relatedKey?: string
}

/** Rows of another model that many models share, tags say: `morphToMany(() => Tag, { through: () => Tagging, as: "taggable" })`. */
export function morphToMany<M, P>(
  model: () => M,
  options: MorphThroughOptions<P>,
): Relation<M, "manyToMany", string, P> {
  return { kind: "manyToMany", model, options: { ...options, side: "owner" } }
}

/** The other way round: the posts of a tag. `morphedByMany(() => Post, { through: () => Tagging, as: "taggable" })`. */
export function morphedByMany<M, P>(
  model: () => M,
  options: MorphThroughOptions<P>,
): Relation<M, "manyToMany", string, P> {
  return { kind: "manyToMany", model, options: { ...options, side: "related" } }
}
