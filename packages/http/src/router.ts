import type { Constraint } from "./constraint.ts"
import { decodeSegment, type Segment } from "./path.ts"

/** What a path leads to, and what stood where its parameters are, in order, not yet decoded. */
export interface Match<T> {
  readonly value: T
  readonly values: readonly string[]
}

/** Whether a value will do; where it will not, the search goes on to less specific ones. */
export type Takes<T> = (value: T) => boolean

interface Node<T> {
  readonly statics: Map<string, Node<T>>
  /** Constrained ones first: they are the more specific. */
  readonly params: ParamEdge<T>[]
  /** Reached when the path ends here. */
  end: T | undefined
  /** Reached by whatever goes on from here. */
  rest: T | undefined
  /** A bit for the first letter of each static child: most misses end here, before a part of the path is cut out. */
  letters: number
  /** Where there is but one way on, and it is text: several segments in one comparison. */
  jump: { readonly text: string; readonly to: Node<T> } | undefined
}

interface ParamEdge<T> {
  readonly constraint: Constraint | undefined
  readonly node: Node<T>
}

const NO_VALUES: readonly string[] = []

/**
 * Finds the value of a path: static segments before parameters before the rest, with backtracking. Paths without
 * parameters are found in one look-up. It keeps nothing between two calls, so no flood of paths can fill it.
 */
export class Router<T extends object> {
  readonly #whole = new Map<string, Match<T>>()
  /** A bit for each length that a whole path has. */
  #lengths = 0
  readonly #root: Node<T> = node()
  #isReady = false

  /** The values kept at these segments, one for each way the optional ones can be there; made by `create` at first. */
  at(segments: readonly Segment[], create: () => T): T[] {
    this.#isReady = false
    return expand(segments).map((shape) => this.#keep(shape, create))
  }

  #keep(shape: readonly Segment[], create: () => T): T {
    let here = this.#root
    for (const segment of shape) if (segment.kind !== "rest") here = step(here, segment)
    const slot = shape.at(-1)?.kind === "rest" ? "rest" : "end"
    const value = here[slot] ?? create()
    here[slot] = value
    if (shape.every((segment) => segment.kind === "static")) {
      this.#whole.set(`/${shape.map((segment) => segment.text).join("/")}`, { value, values: NO_VALUES })
    }
    return value
  }

  /** The most specific value of a path, or the most specific one that `takes` says yes to. */
  find(path: string, takes?: Takes<T>): Match<T> | undefined {
    if (!this.#isReady) this.#prepare()
    if ((this.#lengths & bit(path.length)) !== 0) {
      const whole = this.#whole.get(path)
      if (whole !== undefined && (takes === undefined || takes(whole.value))) return whole
    }
    const values: string[] = []
    const value = walk({ path, values, takes }, this.#root, path === "/" ? 2 : 1)
    return value && { value, values }
  }

  #prepare(): void {
    for (const path of this.#whole.keys()) this.#lengths |= bit(path.length)
    prepare(this.#root)
    this.#isReady = true
  }
}

/** One of 32 bits; numbers that share one make a false hit, which costs a look-up. */
function bit(number: number): number {
  return 1 << (number & 31)
}

/** Every way the optional segments at the end can be there or not. */
export function expand(segments: readonly Segment[]): readonly (readonly Segment[])[] {
  const first = segments.findIndex((segment) => segment.kind === "param" && segment.optional)
  if (first === -1) return [segments]
  return Array.from({ length: segments.length - first + 1 }, (_, more) => segments.slice(0, first + more))
}

function node<T>(): Node<T> {
  return { statics: new Map(), params: [], end: undefined, rest: undefined, letters: 0, jump: undefined }
}

function step<T>(here: Node<T>, segment: Exclude<Segment, { kind: "rest" }>): Node<T> {
  if (segment.kind === "static") {
    const next = here.statics.get(segment.text) ?? node<T>()
    here.statics.set(segment.text, next)
    return next
  }
  const { constraint } = segment
  const known = here.params.find((edge) => edge.constraint?.name === constraint?.name)
  if (known !== undefined) return known.node
  const edge = { constraint, node: node<T>() }
  here.params.push(edge)
  here.params.sort((a, b) => rank(a).localeCompare(rank(b)))
  return edge.node
}

/** Sorts the unconstrained edge last, and the others by name, so that the order of declaration never matters. */
function rank({ constraint }: { constraint: Constraint | undefined }): string {
  return constraint === undefined ? "1" : `0 ${constraint.name}`
}

function prepare<T>(here: Node<T>): void {
  const texts: string[] = []
  let to = here
  while (to.statics.size === 1 && to.params.length === 0 && to.rest === undefined && (to === here || !to.end)) {
    const [[text, next]] = to.statics as unknown as [[string, Node<T>]]
    texts.push(text)
    to = next
  }
  for (const text of here.statics.keys()) here.letters |= bit(text.charCodeAt(0))
  here.jump = texts.length === 0 ? undefined : { text: texts.join("/"), to }
  for (const next of here.statics.values()) prepare(next)
  for (const edge of here.params) prepare(edge.node)
}

/** One search. */
interface Search<T> {
  readonly path: string
  /** What stood where the parameters are, on the way that is tried. */
  readonly values: string[]
  readonly takes: Takes<T> | undefined
}

/** `at` is where the next segment starts; beyond the end of the path there is none. */
function walk<T>(search: Search<T>, here: Node<T>, at: number): T | undefined {
  const { path } = search
  if (at > path.length) return isTaken(search, here.end) ? here.end : withRest(search, here, "")
  const { jump } = here
  if (jump !== undefined) {
    const after = at + jump.text.length
    if (!path.startsWith(jump.text, at) || (after < path.length && path.charCodeAt(after) !== 47)) return undefined
    return walk(search, jump.to, after + 1)
  }
  const mayBeStatic = (here.letters & bit(path.charCodeAt(at))) !== 0
  if (mayBeStatic || here.params.length > 0) {
    const slash = path.indexOf("/", at)
    const end = slash === -1 ? path.length : slash
    const part = path.slice(at, end)
    const fixed = mayBeStatic ? here.statics.get(part) : undefined
    const found = fixed && walk(search, fixed, end + 1)
    if (found !== undefined) return found
    const other = part === "" ? undefined : walkParams(search, here, part, end)
    if (other !== undefined) return other
  }
  return here.rest === undefined ? undefined : withRest(search, here, path.slice(at))
}

function walkParams<T>(search: Search<T>, here: Node<T>, part: string, end: number): T | undefined {
  const { values } = search
  for (const { constraint, node: next } of here.params) {
    if (constraint !== undefined && !accepts(constraint, part)) continue
    values.push(part)
    const found = walk(search, next, end + 1)
    if (found !== undefined) return found
    values.pop()
  }
  return undefined
}

function withRest<T>({ values, takes }: Search<T>, { rest: value }: Node<T>, rest: string): T | undefined {
  if (value === undefined || (takes !== undefined && !takes(value))) return undefined
  values.push(rest)
  return value
}

function isTaken<T>({ takes }: Search<T>, value: T | undefined): value is T {
  return value !== undefined && (takes === undefined || takes(value))
}

function accepts(constraint: Constraint, part: string): boolean {
  const text = decodeSegment(part)
  return text !== undefined && constraint.accepts(text)
}
