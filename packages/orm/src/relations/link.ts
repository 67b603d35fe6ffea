import { didYouMean } from "@ashlar/core"
import { OrmModelInvalid, OrmQueryInvalid } from "../errors.ts"
import { type ModelStatics, type Table, type TableColumn, tableOf } from "../model/table.ts"
import { foreignKeyTo, onlyKey, ownColumn } from "./keys.ts"
import { pivotTable } from "./pivot.ts"
import type { Relation, RelationKind, RelationOptions } from "./relation.ts"

/** A relation with the tables and columns that it goes by. */
export type Link = StraightLink | MorphLink

interface NamedLink {
  readonly name: string
  readonly kind: RelationKind
  readonly owner: Table
  readonly options: RelationOptions
}

/** To rows of one model. */
export interface StraightLink extends NamedLink {
  readonly isMany: boolean
  readonly target: Table
  /** The column of the owner. */
  readonly own: TableColumn
  /** The column that is equal to it: of the target, or of the table in between. */
  readonly near: TableColumn
  readonly via: Via | undefined
  /** What a polymorphic relation asks of the table that `near` is in, or of the one in between. */
  readonly fixed: Fixed | undefined
  /** Whether there is never more than one row: then it can be joined. */
  readonly isUnique: boolean
  /** Whether there is always one: a foreign key that is never null. */
  readonly isSure: boolean
}

/** A table in between. */
export interface Via {
  readonly table: Table
  /** Its column that is equal to one of the target. */
  readonly far: TableColumn
  readonly target: TableColumn
  /** What rows bring along of it, as `pivot`. */
  readonly isPivot: boolean
}

/** A column that says of which model a row is, and the word for this one. */
export interface Fixed {
  readonly column: TableColumn
  readonly value: string
}

/** To a row of one of several models. */
export interface MorphLink extends NamedLink {
  readonly kind: "morphTo"
  readonly isMany: false
  readonly type: TableColumn
  readonly id: TableColumn
  /** By what the type column holds. */
  readonly targets: ReadonlyMap<string, { readonly table: Table; readonly key: TableColumn }>
}

export function isMorph(link: Link): link is MorphLink {
  return link.kind === "morphTo"
}

const links: WeakMap<Table, Map<string, Link>> = new WeakMap()

/** A relation of a table by its name. @throws {ORM_QUERY_INVALID} when there is none. @throws {ORM_MODEL_INVALID} */
export function linkOf(table: Table, name: unknown): Link {
  const known = links.get(table)?.get(name as string)
  if (known !== undefined) return known
  const declared = (table.model.relations ?? {}) as Readonly<Record<string, AnyRelation>>
  if (typeof name !== "string" || !Object.hasOwn(declared, name)) throw unknownRelation(table, name)
  const link = resolve(table, name, declared[name]!)
  const all = links.get(table) ?? new Map<string, Link>()
  links.set(table, all.set(name, link))
  return link
}

/** One that leads to a single model. @throws {ORM_QUERY_INVALID} */
export function straightLinkOf(table: Table, name: unknown): StraightLink {
  const link = linkOf(table, name)
  if (!isMorph(link)) return link
  throw new OrmQueryInvalid(`"${link.name}" of ${table.model.name} leads to several models. Ask for one of them.`)
}

export function relationNames(table: Table): readonly string[] {
  return Object.keys(table.model.relations ?? {})
}

function unknownRelation(table: Table, name: unknown): Error {
  const shown = String(name).slice(0, 64)
  return new OrmQueryInvalid(
    `${table.model.name} has no relation "${shown}". ${didYouMean(shown, relationNames(table))}`,
  )
}

type AnyRelation = Relation<ModelStatics, RelationKind, string, unknown>
type Fail = (message: string) => never

function resolve(owner: Table, name: string, relation: AnyRelation): Link {
  const fail: Fail = (message) => {
    throw new OrmModelInvalid(`Relation "${name}" of ${owner.model.name}: ${message}`)
  }
  if (typeof relation?.model !== "function") fail("expected hasMany(() => Post) or another of the relations.")
  const { kind, options } = relation
  const named: NamedLink = { name, kind, owner, options }
  if (kind === "morphTo") return morph(named, relation, fail)
  const target = tableOfModel(relation.model(), fail)
  switch (kind) {
    case "belongsTo":
      return belongsTo(named, target, fail)
    case "hasOne":
    case "hasMany":
      return has(named, target, fail)
    case "manyToMany":
      return manyToMany(named, target, fail)
    case "hasOneThrough":
    case "hasManyThrough":
      return through(named, target, fail)
    default:
      return morphHas(named, target, fail)
  }
}

function tableOfModel(model: unknown, fail: Fail): Table {
  if (typeof model !== "function") fail("the model is not there. Write it as a function, () => Post, and import it.")
  return tableOf(model as unknown as ModelStatics)
}

function sameKind(one: TableColumn, other: TableColumn, fail: Fail): void {
  if (one.definition.kind !== other.definition.kind)
    fail(`"${one.property}" is ${one.definition.kind}, and "${other.property}" is ${other.definition.kind}.`)
}

function belongsTo(named: NamedLink, target: Table, fail: Fail): StraightLink {
  const { owner, options, name } = named
  const byName = options.foreignKey ?? (owner.columns.has(`${name}Id`) ? `${name}Id` : undefined)
  const own = byName === undefined ? foreignKeyTo(owner, target, ["foreignKey", fail]) : ownColumn(owner, byName, fail)
  const near = ownColumn(target, options.key ?? own.definition.references?.column ?? onlyKey(target, fail), fail)
  sameKind(own, near, fail)
  const { nullable, references } = own.definition
  const isSure = !nullable && references !== undefined && references.model().table === target.name
  return {
    ...named,
    isMany: false,
    target,
    own,
    near,
    via: undefined,
    fixed: undefined,
    isUnique: isUnique(target, near),
    isSure,
  }
}

function has(named: NamedLink, target: Table, fail: Fail): StraightLink {
  const { owner, options, kind } = named
  const own = ownColumn(owner, options.key ?? onlyKey(owner, fail), fail)
  const near =
    options.foreignKey === undefined
      ? foreignKeyTo(target, owner, ["foreignKey", fail])
      : ownColumn(target, options.foreignKey, fail)
  sameKind(own, near, fail)
  const isMany = kind === "hasMany"
  const only = !isMany && isUnique(target, near)
  return { ...named, isMany, target, own, near, via: undefined, fixed: undefined, isUnique: only, isSure: false }
}

function manyToMany(named: NamedLink, target: Table, fail: Fail): StraightLink {
  const { owner, options } = named
  if (options.as !== undefined) return morphBetween(named, target, fail)
  const table = pivotTable({ owner, target, options }, fail)
  const near =
    options.foreignKey === undefined
      ? foreignKeyTo(table, owner, ["foreignKey", fail])
      : ownColumn(table, options.foreignKey, fail)
  const far =
    options.relatedKey === undefined
      ? foreignKeyTo(table, target, ["relatedKey", fail])
      : ownColumn(table, options.relatedKey, fail)
  if (near === far) fail(`"${near.property}" cannot point at both sides. Say foreignKey and relatedKey.`)
  const own = ownColumn(owner, onlyKey(owner, fail), fail)
  const key = ownColumn(target, onlyKey(target, fail), fail)
  sameKind(own, near, fail)
  sameKind(key, far, fail)
  const via: Via = { table, far, target: key, isPivot: hasPivot(target, options, fail) }
  return { ...named, isMany: true, target, own, near, via, fixed: undefined, isUnique: false, isSure: false }
}

function hasPivot(target: Table, { through, columns }: RelationOptions, fail: Fail): boolean {
  const isPivot = typeof through === "function" || columns !== undefined
  if (isPivot && target.columns.has("pivot"))
    fail(
      `${target.model.name} has a column "pivot", where the row in between would be. Write it as text("…").named("pivot").`,
    )
  return isPivot
}

function through(named: NamedLink, target: Table, fail: Fail): StraightLink {
  const { owner, options, kind } = named
  const table = tableOfModel((options.through as () => unknown)(), fail)
  const own = ownColumn(owner, onlyKey(owner, fail), fail)
  const middle = ownColumn(table, onlyKey(table, fail), fail)
  const { foreignKey, throughKey } = options
  const near =
    foreignKey === undefined ? foreignKeyTo(table, owner, ["foreignKey", fail]) : ownColumn(table, foreignKey, fail)
  const last =
    throughKey === undefined ? foreignKeyTo(target, table, ["throughKey", fail]) : ownColumn(target, throughKey, fail)
  sameKind(own, near, fail)
  sameKind(middle, last, fail)
  const via: Via = { table, far: middle, target: last, isPivot: false }
  const isMany = kind === "hasManyThrough"
  return { ...named, isMany, target, own, near, via, fixed: undefined, isUnique: false, isSure: false }
}

function morph(named: NamedLink, relation: AnyRelation, fail: Fail): MorphLink {
  const { owner, options, name } = named
  const type = ownColumn(owner, options.type ?? `${name}Type`, fail)
  const id = ownColumn(owner, options.id ?? `${name}Id`, fail)
  const models = relation.model() as unknown as Readonly<Record<string, unknown>>
  const targets = new Map(
    Object.entries(models).map(([word, model]) => {
      const table = tableOfModel(model, fail)
      const key = ownColumn(table, onlyKey(table, fail), fail)
      sameKind(id, key, fail)
      return [word, { table, key }]
    }),
  )
  if (targets.size === 0) fail("expected at least one model: morphTo(() => ({ post: Post })).")
  return { ...named, kind: "morphTo", isMany: false, type, id, targets }
}

/** What a `morphTo` says of one of its models. */
function sideOf(table: Table, target: Table, [as, fail]: readonly [string, Fail]): { link: MorphLink; value: string } {
  const link = linkOf(table, as)
  if (!isMorph(link)) return fail(`"${as}" of ${table.model.name} is no morphTo.`)
  const [value, ...others] = [...link.targets].filter(([, one]) => one.table === target).map(([word]) => word)
  if (value === undefined || others.length > 0)
    return fail(
      `"${as}" of ${table.model.name} names ${target.model.name} ${others.length + (value === undefined ? 0 : 1)} times, and should once.`,
    )
  return { link, value }
}

function morphHas(named: NamedLink, target: Table, fail: Fail): StraightLink {
  const { owner, options, kind } = named
  const { link, value } = sideOf(target, owner, [options.as ?? "", fail])
  const own = ownColumn(owner, onlyKey(owner, fail), fail)
  const isMany = kind === "morphMany"
  const fixed = { column: link.type, value }
  return { ...named, isMany, target, own, near: link.id, via: undefined, fixed, isUnique: false, isSure: false }
}

/** Many to many, where one side of the table in between is polymorphic. */
function morphBetween(named: NamedLink, target: Table, fail: Fail): StraightLink {
  const { owner, options } = named
  const { as = "", relatedKey, side } = options
  const table = tableOfModel((options.through as () => unknown)(), fail)
  const [poly, plain] = side === "owner" ? [owner, target] : [target, owner]
  const { link, value } = sideOf(table, poly, [as, fail])
  const single =
    relatedKey === undefined ? foreignKeyTo(table, plain, ["relatedKey", fail]) : ownColumn(table, relatedKey, fail)
  const own = ownColumn(owner, onlyKey(owner, fail), fail)
  const key = ownColumn(target, onlyKey(target, fail), fail)
  const [near, far] = side === "owner" ? [link.id, single] : [single, link.id]
  sameKind(own, near, fail)
  sameKind(key, far, fail)
  const via: Via = { table, far, target: key, isPivot: hasPivot(target, options, fail) }
  const fixed = { column: link.type, value }
  return { ...named, isMany: true, target, own, near, via, fixed, isUnique: false, isSure: false }
}

/** Whether the database lets no two rows have the same. */
function isUnique({ primaryKey, indexes }: Table, column: TableColumn): boolean {
  if (column.definition.unique || (primaryKey.length === 1 && primaryKey[0] === column)) return true
  return indexes.some(
    ({ kind, columns }) => kind === "unique" && columns.length === 1 && columns[0] === column.property,
  )
}
