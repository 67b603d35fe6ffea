import { decodeSegment, type Segment } from "./path.ts"

/** What a path leads to, and what stood where its parameters are, in order and decoded. */
export interface Match<T> {
  readonly value: T
  readonly values: readonly string[]
}

interface Node<T> {
  readonly statics: Map<string, Node<T>>
  param: Node<T> | undefined
  /** Reached when the path ends here. */
  end: T | undefined
  /** Reached by whatever goes on from here. */
  rest: T | undefined
}

/**
 * Finds the value of a path: static segments before parameters before the rest, with backtracking. Paths without
 * parameters are found in one look-up.
 */
export class Router<T extends object> {
  readonly #whole = new Map<string, Match<T>>()
  readonly #root: Node<T> = node()

  /** The value kept at these segments, made by `create` when there is none. */
  at(segments: readonly Segment[], create: () => T): T {
    let here = this.#root
    const endings: ["end" | "rest", Node<T>][] = []
    for (const segment of segments) {
      if (segment.kind === "rest") endings.push(["rest", here])
      if (segment.kind === "param" && segment.optional) endings.push(["end", here])
      if (segment.kind !== "rest") here = step(here, segment)
    }
    if (segments.at(-1)?.kind !== "rest") endings.push(["end", here])
    const kept = endings.map(([slot, place]) => place[slot]).find((value) => value !== undefined) ?? create()
    for (const [slot, place] of endings) place[slot] ??= kept
    if (segments.every((segment) => segment.kind === "static")) {
      this.#whole.set(`/${segments.map((segment) => segment.text).join("/")}`, { value: kept, values: [] })
    }
    return kept
  }

  /** @throws {HTTP_BAD_REQUEST} when a matched parameter holds a malformed percent escape. */
  find(path: string): Match<T> | undefined {
    const whole = this.#whole.get(path)
    if (whole !== undefined) return whole
    const parts = path === "/" ? [] : path.slice(1).split("/")
    const values: string[] = []
    const value = walk(this.#root, parts, 0, values)
    return value && { value, values: values.map((text) => text.split("/").map(decodeSegment).join("/")) }
  }
}

function node<T>(): Node<T> {
  return { statics: new Map(), param: undefined, end: undefined, rest: undefined }
}

function step<T>(here: Node<T>, segment: Segment): Node<T> {
  if (segment.kind === "static") {
    const next = here.statics.get(segment.text) ?? node<T>()
    here.statics.set(segment.text, next)
    return next
  }
  here.param ??= node()
  return here.param
}

function walk<T>(here: Node<T>, parts: readonly string[], index: number, values: string[]): T | undefined {
  const part = parts[index]
  if (part === undefined) return here.end ?? here.rest
  const fixed = here.statics.get(part)
  const found = fixed && walk(fixed, parts, index + 1, values)
  if (found !== undefined) return found
  if (here.param !== undefined && part !== "") {
    values.push(part)
    const below = walk(here.param, parts, index + 1, values)
    if (below !== undefined) return below
    values.pop()
  }
  if (here.rest === undefined) return undefined
  values.push(parts.slice(index).join("/"))
  return here.rest
}
