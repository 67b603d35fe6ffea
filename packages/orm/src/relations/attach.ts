import { OrmRelationNotLoaded } from "../errors.ts"

/** Gives an object back, so that fields are put on one that is there already. */
class Adopted {
  constructor(row: object) {
    // biome-ignore lint/correctness/noConstructorReturn: this is what the class is for.
    return row
  }
}

type Attach = (row: object, value: unknown) => void

const attachers: Map<string, Attach> = new Map()

/**
 * Puts a property of its own on a row, whatever its class has of that name. A field of a class does that without a call of
 * `Object.defineProperty`, which takes longer than reading the row.
 */
export function attacherOf(name: string): Attach {
  const known = attachers.get(name)
  if (known !== undefined) return known
  let next: unknown
  const property = name as "~relation"
  class Attached extends Adopted {
    readonly [property]: unknown = next
  }
  const attach: Attach = (row, value) => {
    next = value
    new Attached(row)
    next = undefined
  }
  attachers.set(name, attach)
  return attach
}

const guards: WeakSet<object> = new WeakSet()

/** Has a relation that was not loaded say so, where it would otherwise be undefined. @returns names that the class has already. */
export function guardRelations(
  model: { readonly name: string; readonly prototype: object },
  names: readonly string[],
): string[] {
  return names.filter((name) => {
    const there = descriptorOf(model.prototype, name)
    if (there !== undefined) return there.get === undefined || !guards.has(there.get)
    const attach = attacherOf(name)
    const get = function guard(): never {
      throw new OrmRelationNotLoaded(
        `"${name}" of this ${model.name} is not loaded. Ask for it with the query, ${model.name}.with("${name}"), or later: await row.load("${name}").`,
      )
    }
    guards.add(get)
    Object.defineProperty(model.prototype, name, {
      configurable: true,
      enumerable: false,
      get,
      set(this: object, value: unknown) {
        attach(this, value)
      },
    })
    return false
  })
}

function descriptorOf(prototype: object, name: string): PropertyDescriptor | undefined {
  for (let one: object | null = prototype; one !== null; one = Object.getPrototypeOf(one)) {
    const found = Object.getOwnPropertyDescriptor(one, name)
    if (found !== undefined) return found
  }
  return undefined
}

/** Whether a relation is on the row. */
export function isLoaded(row: object, name: string): boolean {
  return Object.hasOwn(row, name)
}
