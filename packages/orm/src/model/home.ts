import type { Service } from "@ashlar/core"
import { type Queryable, sessionOf } from "../database.ts"
import { OrmModelUnbound } from "../errors.ts"
import { databasesOf } from "../open-services.ts"
import { Budget, Shape } from "../query/shape.ts"
import type { Session } from "../session.ts"
import { blankOf, createHydrator, type Hydrator, settledSource } from "./hydrator.ts"
import { Inserter } from "./insert.ts"
import { ModelEntry } from "./model-entry.ts"
import type { RowSource } from "./row-state.ts"
import { type ModelStatics, type Table, type TableColumn, tableOf } from "./table.ts"
import type { ModelClass } from "./types.ts"

/** What `static database` may be: an open database, or the service of one that the app has opened. */
export type ModelDatabase = Queryable | Service<Queryable>

/** A model in one database: the trie of its queries, with their plans. */
export class Home {
  /** The database's own, never a transaction's: that is found when a plan runs. */
  readonly session: Session
  readonly table: Table
  readonly settled: RowSource
  /** Makes rows of the class without running its constructor. */
  readonly Blank: new () => object
  /** The plan for a row by its key. */
  find: unknown = undefined
  readonly inserter: Inserter
  /** Where queries begin that are of no transaction in particular. */
  readonly entry: ModelEntry<ModelClass>
  /** Plans that need no shape: by key, for inserting and saving, by the columns they write. */
  readonly plans: Map<string, unknown> = new Map()
  #root: Shape
  readonly #hydrators: Map<string, Hydrator> = new Map()

  constructor(session: Session, table: Table) {
    this.session = session
    this.table = table
    this.#root = this.#begin()
    this.settled = settledSource(this)
    this.Blank = blankOf(table.model.prototype)
    this.inserter = new Inserter(this)
    this.entry = new ModelEntry<ModelClass>(this, session)
  }

  /** Where every query of this model begins. */
  get root(): Shape {
    return this.#root
  }

  #begin(): Shape {
    return new Shape(
      new Budget(MAX_SHAPES, () => {
        this.#root = this.#begin()
      }),
    )
  }

  /** The same values as a row of the class. */
  copy(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
    // Each engine has one way that costs a third of the other.
    if ("Bun" in globalThis) return Object.setPrototypeOf({ ...values }, this.table.model.prototype)
    return Object.assign(new this.Blank(), values) as Record<string, unknown>
  }

  /** A plan without a shape, made once. There are as many as sets of columns are written: beyond the bound they begin anew. */
  plan<P>(key: string, compile: () => P): P {
    const known = this.plans.get(key)
    if (known !== undefined) return known as P
    const plan = compile()
    if (this.plans.size >= MAX_PLANS) this.plans.clear()
    this.plans.set(key, plan)
    return plan
  }

  /** For these columns, made once. */
  hydrator(columns: readonly TableColumn[], isExact: boolean): Hydrator {
    const key = columns.map(({ property }) => property).join("\0")
    const known = this.#hydrators.get(key)
    if (known !== undefined) return known
    if (this.#hydrators.size >= MAX_PLANS) this.#hydrators.clear()
    const hydrator = createHydrator(this, columns, isExact)
    this.#hydrators.set(key, hydrator)
    return hydrator
  }
}

/** Nodes of one model's trie, at 0.5 KB each. */
const MAX_SHAPES = 2_048
const MAX_PLANS = 256

/** Models by the session of their database, so that all goes with it. */
const homes: WeakMap<Session, Map<ModelStatics, Home>> = new WeakMap()

export function homeIn(session: Session, model: ModelStatics): Home {
  const { root } = session
  const models = homes.get(root) ?? new Map<ModelStatics, Home>()
  homes.set(root, models)
  const home = models.get(model) ?? new Home(root, tableOf(model))
  models.set(model, home)
  return home
}

interface Bound {
  readonly database: unknown
  readonly home: Home
}

const bound: WeakMap<object, Bound> = new WeakMap()

/** The home of a model in the database that it, or a class it extends, names. @throws {ORM_MODEL_UNBOUND} */
export function homeOf(model: ModelStatics & { readonly database?: ModelDatabase | undefined }): Home {
  const known = bound.get(model)
  const { database } = model
  if (known !== undefined && known.database === database && database !== undefined) return known.home
  if (database === undefined)
    throw new OrmModelUnbound(
      `${model.name} knows no database. Write static database = db on it or on its base class, or ${model.name}.in(db).`,
    )
  const session = sessionOf(database)
  if (session === undefined) return homeIn(serviceSession(database as Service<Queryable>, model.name), model)
  const home = homeIn(session, model)
  bound.set(model, { database, home })
  return home
}

/** A service may be opened again, by another app of the same process: it is looked up each time. */
function serviceSession(service: Service<Queryable>, model: string): Session {
  const open = databasesOf(service)
  const session = open.length === 1 ? sessionOf(open[0]!) : undefined
  if (session !== undefined) return session
  const why =
    open.length === 0 ? "is not open. Ask the app for it first, as at boot" : "is open more than once in this process"
  throw new OrmModelUnbound(`The database of ${model}, "${service.name}", ${why}, or write ${model}.in(db).`)
}
