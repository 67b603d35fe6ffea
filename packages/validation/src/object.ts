import { type Blueprint, blueprint, SchemaBuilder } from "./builder.ts"
import { SchemaInvalid } from "./errors.ts"
import { anyNodeOf } from "./node.ts"
import { type Field, objectNode, type UnknownKeys } from "./object-node.ts"
import type {
  AsyncShape,
  Extended,
  ObjectInput,
  ObjectOutput,
  ObjectSchema,
  Omitted,
  PartialShape,
  RequiredShape,
  Shape,
} from "./object-schema.ts"
import { setOwn } from "./own-fields.ts"
import type { AnySchema, AsyncSchema } from "./schema.ts"

class ObjectBuilder<S extends Shape> extends SchemaBuilder<ObjectOutput<S>, ObjectInput<S>> implements ObjectSchema<S> {
  readonly shape: S
  readonly #unknownKeys: UnknownKeys

  constructor(shape: S, unknownKeys: UnknownKeys, plan: Omit<Blueprint, "base">) {
    super({ ...plan, base: objectNode(fieldsOf(shape), unknownKeys) })
    this.shape = shape
    this.#unknownKeys = unknownKeys
  }

  strict(): this {
    return new ObjectBuilder<S>(this.shape, "refuse", this.plan) as this
  }

  passthrough(): this {
    return new ObjectBuilder<S>(this.shape, "keep", this.plan) as this
  }

  strip(): this {
    return new ObjectBuilder<S>(this.shape, "drop", this.plan) as this
  }

  pick<K extends keyof S & string>(...keys: readonly K[]): ObjectSchema<Pick<S, K>> {
    const picked = new Set<string>(this.#known("pick", keys))
    return this.#reshape<Pick<S, K>>("pick", ([key]) => picked.has(key))
  }

  omit<K extends keyof S & string>(...keys: readonly K[]): ObjectSchema<Omitted<S, K>> {
    const omitted = new Set<string>(this.#known("omit", keys))
    return this.#reshape<Omitted<S, K>>("omit", ([key]) => !omitted.has(key))
  }

  partial<K extends keyof S & string = keyof S & string>(...keys: readonly K[]): ObjectSchema<PartialShape<S, K>> {
    const chosen = new Set<string>(this.#chosen("partial", keys))
    const loosen = ([key, schema]: Entry): Entry => [key, chosen.has(key) ? optionalOf(schema) : schema]
    return this.#reshape<PartialShape<S, K>>("partial", () => true, loosen)
  }

  required<K extends keyof S & string = keyof S & string>(...keys: readonly K[]): ObjectSchema<RequiredShape<S, K>> {
    const chosen = new Set<string>(this.#chosen("required", keys))
    const tighten = ([key, schema]: Entry): Entry => [key, chosen.has(key) ? requiredOf(schema) : schema]
    return this.#reshape<RequiredShape<S, K>>("required", () => true, tighten)
  }

  extend<T extends Shape>(shape: T): ObjectSchema<Extended<S, T>> {
    this.#mustHaveNoRules("extend")
    const all = shapeOf([...Object.entries(this.shape), ...Object.entries(shape)])
    return new ObjectBuilder(all as Extended<S, T>, this.#unknownKeys, this.plan)
  }

  merge<T extends Shape>(other: ObjectSchema<T>): ObjectSchema<Extended<S, T>> {
    const extended = this.extend(other.shape)
    const unknownKeys = other instanceof ObjectBuilder ? other.#unknownKeys : this.#unknownKeys
    if (unknownKeys === "keep") return extended.passthrough()
    return unknownKeys === "drop" ? extended.strip() : extended.strict()
  }

  protected override rebuild(plan: Blueprint): this {
    return new ObjectBuilder<S>(this.shape, this.#unknownKeys, plan) as this
  }

  #reshape<T extends Shape>(
    method: string,
    isKept: (entry: Entry) => boolean,
    change: (entry: Entry) => Entry = (entry) => entry,
  ): ObjectSchema<T> {
    this.#mustHaveNoRules(method)
    const entries = Object.entries(this.shape).filter(isKept).map(change)
    return new ObjectBuilder<T>(shapeOf(entries) as T, this.#unknownKeys, this.plan)
  }

  /** A rule was written for the shape it is on: with other keys it would be asked about values it does not know. */
  #mustHaveNoRules(method: string): void {
    if (this.plan.steps.length > 0)
      throw new SchemaInvalid(`Expected ${method}() before any rule of the whole object, got it after one.`)
  }

  #chosen(method: string, keys: readonly string[]): readonly string[] {
    return keys.length === 0 ? Object.keys(this.shape) : this.#known(method, keys)
  }

  #known(method: string, keys: readonly string[]): readonly string[] {
    const unknown = keys.find((key) => !Object.hasOwn(this.shape, key))
    if (unknown === undefined) return keys
    throw new SchemaInvalid(`Expected ${method}() to be given keys of the object, got ${JSON.stringify(unknown)}.`)
  }
}

type Entry = [key: string, schema: AnySchema]

function shapeOf(entries: readonly Entry[]): Shape {
  const shape: Record<string, AnySchema> = {}
  for (const [key, schema] of entries) setOwn(shape, key, schema)
  return shape
}

function fieldsOf(shape: AsyncShape): readonly Field[] {
  return Object.entries(shape).map(([key, schema]) => ({ key, node: anyNodeOf(schema) }))
}

function optionalOf(schema: AnySchema): AnySchema {
  return new SchemaBuilder<unknown>(blueprint(anyNodeOf(schema))).optional()
}

function requiredOf(schema: AnySchema): AnySchema {
  const { inner } = anyNodeOf(schema)
  return inner === undefined ? schema : requiredOf(new SchemaBuilder<unknown>(blueprint(inner)))
}

export function object<S extends Shape>(shape: S): ObjectSchema<S>
export function object<S extends AsyncShape>(shape: S): AsyncSchema<ObjectOutput<S>, ObjectInput<S>>
export function object(shape: AsyncShape): unknown {
  return new ObjectBuilder(shape as Shape, "refuse", { steps: [], notes: {} })
}
