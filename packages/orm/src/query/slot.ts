import type { BoundValue } from "../driver.ts"

/** The place of a value in SQL that is compiled before there are values: the n-th value of the query. */
export class Slot {
  readonly index: number

  constructor(index: number) {
    this.index = index
  }
}

/** A value that is asked for when the query runs: a scope's. */
export class LateSlot {
  readonly ask: () => BoundValue

  constructor(ask: () => BoundValue) {
    this.ask = ask
  }
}

/** The values of a query in the order its SQL binds them. */
export type Binder = (values: readonly BoundValue[]) => readonly BoundValue[]

/**
 * @param parameters As Kysely lists them: slots, and constants of the plan. Undefined when the values are bound as they are.
 * @param count How many values there will be, where the SQL may use fewer.
 */
export function binderOf(parameters: readonly unknown[], count: number = parameters.length): Binder | undefined {
  const isSame = parameters.every((one, index) => one instanceof Slot && one.index === index)
  if (isSame && count === parameters.length) return undefined
  return (values) =>
    parameters.map((one) => {
      if (one instanceof Slot) return values[one.index]!
      return one instanceof LateSlot ? one.ask() : (one as BoundValue)
    })
}
