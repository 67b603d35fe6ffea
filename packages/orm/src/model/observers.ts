import { OrmVetoed } from "../errors.ts"

/** What happens to a row, before (`-ing`) and after (`-ed`). A row that is created or updated is also saved. */
export type RowEvent = "saving" | "saved" | "creating" | "created" | "updating" | "updated" | "deleting" | "deleted"

/**
 * Called around what is done to single rows: by `create`, `save`, `update` and `delete` of a row, not by writes of many. Before it, what it
 * throws or a `false` keeps it from happening; after it, within the same transaction, what it throws fails the call.
 */
export type Observer<Row> = { readonly [E in RowEvent]?: (row: Row) => unknown }

const observers: WeakMap<object, Set<Observer<never>>> = new WeakMap()
/** Counted up with each change, so that what is remembered of a class is found to be old. */
let epoch = 0
const observed: WeakMap<object, { epoch: number; all: readonly Observer<never>[] }> = new WeakMap()
let isAny = false

/** @returns what takes it away again. */
export function observe(model: object, observer: Observer<never>): () => void {
  const all = observers.get(model) ?? new Set()
  observers.set(model, all.add(observer))
  epoch++
  isAny = true
  return () => {
    all.delete(observer)
    epoch++
  }
}

export function isObserved(model: object): boolean {
  return isAny && observersOf(model).length > 0
}

/** Those of the class and of those it extends, the base's first. */
function observersOf(model: object): readonly Observer<never>[] {
  const known = observed.get(model)
  if (known?.epoch === epoch) return known.all
  const all: Observer<never>[] = []
  for (let one: object | null = model; one !== null && one !== Function.prototype; one = Object.getPrototypeOf(one))
    all.unshift(...(observers.get(one) ?? []))
  observed.set(model, { epoch, all })
  return all
}

/** @throws {ORM_VETOED} */
export async function announce(model: object, events: readonly RowEvent[], row: object): Promise<void> {
  for (const event of events)
    for (const observer of observersOf(model)) {
      const answer = await observer[event]?.(row as never)
      if (answer === false && event.endsWith("ing"))
        throw new OrmVetoed(`An observer of the model refused the row (${event}). Nothing was written.`)
    }
}
