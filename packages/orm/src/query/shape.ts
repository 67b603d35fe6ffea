import type { BoundValue } from "../driver.ts"
import type { Home } from "../model/home.ts"
import type { Session } from "../session.ts"
import type { Clause } from "./clause.ts"

/** What is behind a query, for the folders of this package that add to it. */
export interface QueryParts {
  readonly home: Home
  readonly session: Session
  readonly shape: Shape
  readonly values: ValueLink | undefined
}

/**
 * A query without its values: one node of the trie of all queries of a model. Each clause moves to the next node, so that a query that
 * was built before finds its plan by a few lookups, and nothing is compiled. Names of callers never get in here: a clause is made
 * of what was found in the model.
 */
export class Shape {
  readonly before: Shape | undefined
  readonly clause: Clause | undefined
  /** Values of all clauses up to this one. */
  readonly valueCount: number
  /** How many nodes the trie has, shared by them all. */
  readonly #budget: Budget
  #conditions: Map<string, Map<string, Shape>> | undefined
  #alternatives: Map<string, Map<string, Shape>> | undefined
  #others: Map<unknown, Shape> | undefined
  /** What was compiled for this shape, by what is wanted of it. */
  plans: Map<string, unknown> | undefined
  /** The plans asked for most, without a lookup. */
  rows: unknown
  first: unknown

  constructor(budget: Budget, before?: Shape, clause?: Clause) {
    this.before = before
    this.clause = clause
    this.valueCount = (before?.valueCount ?? 0) + (clause?.valueCount ?? 0)
    this.#budget = budget
    this.rows = undefined
    this.first = undefined
  }

  /** The node behind a condition, if there has been one. */
  findCondition(isOr: boolean, property: string, form: string): Shape | undefined {
    return (isOr ? this.#alternatives : this.#conditions)?.get(property)?.get(form)
  }

  keepCondition(isOr: boolean, [property, form]: readonly [string, string], clause: Clause): Shape {
    const next = new Shape(this.#budget, this, clause)
    if (!this.#budget.take()) return next
    if (isOr) this.#alternatives ??= new Map()
    else this.#conditions ??= new Map()
    const edges = (isOr ? this.#alternatives : this.#conditions)!
    const forms = edges.get(property) ?? new Map<string, Shape>()
    edges.set(property, forms)
    forms.set(form, next)
    return next
  }

  find(key: unknown): Shape | undefined {
    return this.#others?.get(key)
  }

  keep(key: unknown, clause: Clause): Shape {
    const next = new Shape(this.#budget, this, clause)
    if (!this.#budget.take()) return next
    this.#others ??= new Map()
    this.#others.set(key, next)
    return next
  }

  /** The plan for a use, compiled once. */
  plan<P>(use: string, compile: () => P): P {
    const known = this.plans?.get(use)
    if (known !== undefined) return known as P
    const plan = compile()
    this.plans ??= new Map()
    this.plans.set(use, plan)
    return plan
  }

  /** All clauses, the first one first. */
  path(): readonly Clause[] {
    const clauses: Clause[] = []
    for (let shape: Shape | undefined = this; shape?.clause !== undefined; shape = shape.before)
      clauses.push(shape.clause)
    return clauses.reverse()
  }
}

/** A bound on the nodes of a database's tries. When it is used up they are dropped, and begin anew. */
export class Budget {
  readonly #max: number
  readonly #onFull: () => void
  #used = 0

  constructor(max: number, onFull: () => void) {
    this.#max = max
    this.#onFull = onFull
  }

  /** False when the node has to live by itself. */
  take(): boolean {
    if (this.#used < this.#max) {
      this.#used++
      return true
    }
    this.#onFull()
    return false
  }
}

/** Values of a query, the last one first: a longer query shares those of the shorter one it came from. */
export interface ValueLink {
  readonly value: BoundValue
  readonly before: ValueLink | undefined
}

const NONE: readonly BoundValue[] = Object.freeze([])

export function listValues(last: ValueLink | undefined, count: number): readonly BoundValue[] {
  if (last === undefined) return NONE
  if (count === 1) return [last.value]
  const values = new Array<BoundValue>(count)
  let index = count
  for (let link: ValueLink | undefined = last; link !== undefined; link = link.before) values[--index] = link.value
  return values
}
