import type { Expectation } from "./case.ts"

/** Where a runtime's own server does something else than the standard asks, and there is nothing of ours to change. */
export interface Difference {
  readonly runtimes: readonly string[]
  readonly group: string
  /** The names of the cases. */
  readonly cases: readonly string[]
  /** What it does, as the page for users says it. */
  readonly does: string
  /** Why it stays so, and what to do where it matters. */
  readonly reason: string
  /** What is expected instead: the suite fails as well when the difference goes away. */
  readonly instead: Expectation
}

/** @see ../../../docs/runtimes.md which is made from this list */
export const differences: readonly Difference[] = []

export function differenceFor(runtime: string, group: string, name: string): Difference | undefined {
  return differences.find((one) => one.runtimes.includes(runtime) && one.group === group && one.cases.includes(name))
}
