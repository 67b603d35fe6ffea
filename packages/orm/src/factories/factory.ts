import type { Queryable } from "../database.ts"
import { OrmOptionsInvalid } from "../errors.ts"
import { Model } from "../model/model.ts"
import type { ColumnName, ModelClass, NewRow, RowOf } from "../model/types.ts"
import { Random } from "./random.ts"

/** What the values of one row are made with. */
export interface FactoryContext {
  /** 1 for the first row that the factory makes, then 2, 3 …: for what must be unique. */
  readonly sequence: number
  readonly random: Random
}

/** A value, or the factory of a row that it is the key of: `authorId: UserFactory`. */
export type FactoryValues<M extends ModelClass> = {
  readonly [K in keyof NewRow<M>]: NewRow<M>[K] | Factory<ModelClass>
}

type Make<M extends ModelClass> = (context: FactoryContext) => FactoryValues<M>
type Override<M extends ModelClass> =
  | Partial<FactoryValues<M>>
  | ((context: FactoryContext) => Partial<FactoryValues<M>>)

interface Settings<M extends ModelClass, S extends string> {
  readonly model: M
  readonly make: Make<M>
  readonly states: ReadonlyMap<S, Override<M>>
  readonly applied: readonly Override<M>[]
  readonly children: readonly Child[]
  readonly database: Queryable | undefined
  /** Shared by all that were made of one definition. */
  readonly source: { sequence: number; random: Random }
}

/** Rows that are made with their parent. */
interface Child {
  readonly factory: AnyFactory
  readonly count: number
  readonly foreignKey: string
}

const MAX_COUNT = 100_000

/** Makes rows of a model, for tests and seeds. Every method gives another factory; nothing is made before `create` or `make`. */
export interface Factory<M extends ModelClass, S extends string = never> {
  /** Gives a variant its name, to be used with {@link Factory.as}. */
  state<N extends string>(name: N, override: Override<M>): Factory<M, S | N>
  /** With a named variant. */
  as(name: S): Factory<M, S>
  /** With these values. */
  with(override: Override<M>): Factory<M, S>
  /** With so many rows of another factory that point at each row: `UserFactory.has(PostFactory, 3, "authorId")`. */
  has<C extends ModelClass>(factory: Factory<C, string>, count: number, foreignKey: ColumnName<C>): Factory<M, S>
  /** In a database, or a transaction, other than the model's own. */
  in(database: Queryable): Factory<M, S>
  /** Begins anew: the same values again as after any other call with this seed. Default: 1. */
  seed(seed: number): Factory<M, S>
  count(count: number): FactoryRows<M>
  /** Saves one row, with those it needs and has. @throws what `create` of the model does. */
  create(values?: Partial<FactoryValues<M>>): Promise<RowOf<M>>
}

/** Several rows at once. */
export interface FactoryRows<M extends ModelClass> {
  create(values?: Partial<FactoryValues<M>>): Promise<RowOf<M>[]>
}

/**
 * Says how rows of a model are made up.
 *
 * @example
 * const UserFactory = defineFactory(User, ({ sequence, random }) => ({
 *   email: `user${sequence}@example.org`,
 *   name: random.words(2),
 * })).state("admin", { role: "admin" })
 * const PostFactory = defineFactory(Post, ({ random }) => ({ authorId: UserFactory, title: random.words(4) }))
 *
 * await UserFactory.as("admin").create()
 * await UserFactory.has(PostFactory, 3, "authorId").count(10).create()
 */
export function defineFactory<M extends ModelClass>(model: M, make: Make<M>): Factory<M> {
  return new AnyFactory({
    model,
    make: make as never,
    states: new Map(),
    applied: [],
    children: [],
    database: undefined,
    source: { sequence: 0, random: new Random(1) },
  }) as unknown as Factory<M>
}

type Values = Record<string, unknown>
type AnySettings = Settings<ModelClass, string>

class AnyFactory {
  readonly #settings: AnySettings

  constructor(settings: AnySettings) {
    this.#settings = settings
  }

  #but(settings: Partial<AnySettings>): AnyFactory {
    return new AnyFactory({ ...this.#settings, ...settings })
  }

  state(name: string, override: Override<ModelClass>): AnyFactory {
    return this.#but({ states: new Map([...this.#settings.states, [name, override]]) })
  }

  as(name: string): AnyFactory {
    const override = this.#settings.states.get(name)
    if (override === undefined)
      throw new OrmOptionsInvalid(
        `The factory of ${this.#settings.model.name} has no state "${name}". Name it with state(…) first.`,
      )
    return this.with(override)
  }

  with(override: Override<ModelClass>): AnyFactory {
    return this.#but({ applied: [...this.#settings.applied, override] })
  }

  has(factory: AnyFactory, count: number, foreignKey: string): AnyFactory {
    return this.#but({ children: [...this.#settings.children, { factory, count: checkCount(count), foreignKey }] })
  }

  in(database: Queryable): AnyFactory {
    return this.#but({ database })
  }

  seed(seed: number): AnyFactory {
    const { source } = this.#settings
    source.sequence = 0
    source.random = new Random(seed)
    return this
  }

  count(count: number): { create(values?: Values): Promise<object[]> } {
    checkCount(count)
    return {
      create: async (values) => {
        const rows: object[] = []
        // One after the other, so that what is made by chance comes in one order.
        for (let made = 0; made < count; made++) rows.push(await this.create(values))
        return rows
      },
    }
  }

  async create(values: Values = {}): Promise<object> {
    const { model, children, database } = this.#settings
    const own = await this.#values(values)
    const row = (await (database === undefined
      ? (model as unknown as typeof AnyModel).create(own as never)
      : (model as unknown as typeof AnyModel).in(database).create(own as never))) as object
    for (const { factory, count, foreignKey } of children)
      await factory
        .#at(database)
        .count(count)
        .create({ [foreignKey]: keyOf(model, row) })
    return row
  }

  /** Where the row that it belongs to is made, unless it says otherwise itself. */
  #at(database: Queryable | undefined): AnyFactory {
    return this.#settings.database !== undefined || database === undefined ? this : this.in(database)
  }

  async #values(values: Values): Promise<Values> {
    const { make, applied, source, database } = this.#settings
    const context = { sequence: ++source.sequence, random: source.random }
    const layers = [make(context), ...applied.map((one) => (typeof one === "function" ? one(context) : one)), values]
    const all: Values = Object.assign({}, ...layers)
    for (const [property, value] of Object.entries(all)) {
      if (!(value instanceof AnyFactory)) continue
      const target = value.#at(database)
      all[property] = keyOf(target.#settings.model, await target.create())
    }
    return all
  }
}

/** What `create` of a model is called on, whatever model it is. */
abstract class AnyModel extends Model {
  static readonly table: string = ""
  static readonly columns: ModelClass["columns"] = {}
}

function keyOf(model: ModelClass, row: object): unknown {
  const keys = Object.keys(model.columns).filter((property) => model.columns[property]?.definition.primary)
  const [key] = keys
  if (key === undefined || keys.length > 1)
    throw new OrmOptionsInvalid(`Rows can only point at ${model.name} where its primary key is one column.`)
  return (row as Values)[key]
}

function checkCount(count: number): number {
  if (Number.isInteger(count) && count >= 0 && count <= MAX_COUNT) return count
  throw new OrmOptionsInvalid(`Expected a count of rows from 0 to ${MAX_COUNT}, got ${count}.`)
}
