import type { PatternTree } from "./pattern-tree.ts"

/** What a machine may consist of: each character of a text is looked at by all of it at most once. */
const MAX_STATES = 2000

/** Whether a character, by its number, is one that is meant. */
type CharacterTest = (code: number) => boolean

type State =
  | { readonly kind: "character"; readonly accepts: CharacterTest }
  | { readonly kind: "edge"; readonly source: "^" | "$" | "\\b" | "\\B" }
  | { readonly kind: "fork"; to: number }
  | { readonly kind: "jump"; to: number }
  | { readonly kind: "end" }

/**
 * A machine that follows all ways through a pattern at once, and so takes a time that grows with the text's length only.
 * Undefined for what no such machine can do, to look ahead or to repeat what was there, and for a pattern that is too large.
 *
 * @see https://swtch.com/~rsc/regexp/regexp2.html
 */
export function machineOf(tree: PatternTree, isUnicode: boolean): ((text: string) => boolean) | undefined {
  const builder = new Builder(isUnicode)
  builder.add(tree)
  if (builder.hasFailed) return undefined
  const states: readonly State[] = [...builder.states, { kind: "end" }]
  return (text) => new Walk(states, isUnicode ? Array.from(text, codeOf) : unitsOf(text)).finds()
}

function codeOf(character: string): number {
  return character.codePointAt(0)!
}

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))
}

class Builder {
  readonly states: State[] = []
  hasFailed = false
  readonly #isUnicode: boolean
  readonly #tests = new Map<string, CharacterTest>()

  constructor(isUnicode: boolean) {
    this.#isUnicode = isUnicode
  }

  add(tree: PatternTree): void {
    if (this.states.length > MAX_STATES) this.hasFailed = true
    if (this.hasFailed) return
    if (tree.kind === "character") this.states.push({ kind: "character", accepts: this.#test(tree.source) })
    else if (tree.kind === "edge") this.states.push(tree)
    else if (tree.kind === "sequence") for (const part of tree.parts) this.add(part)
    else if (tree.kind === "choice") this.#addChoice(tree.parts)
    else if (tree.kind === "repeat") this.#addRepeat(tree.part, tree.least, tree.most)
    else this.hasFailed = true
  }

  #addChoice(parts: readonly PatternTree[]): void {
    const ends: { to: number }[] = []
    for (const [at, part] of parts.entries()) {
      const fork = at < parts.length - 1 ? this.#push("fork") : undefined
      this.add(part)
      if (fork !== undefined) ends.push(this.#push("jump"))
      if (fork !== undefined) fork.to = this.states.length
    }
    for (const end of ends) end.to = this.states.length
  }

  #addRepeat(part: PatternTree, least: number, most: number): void {
    for (let turn = 0; turn < least && !this.hasFailed; turn++) this.add(part)
    if (most === Number.POSITIVE_INFINITY) {
      const start = this.states.length
      const out = this.#push("fork")
      this.add(part)
      this.#push("jump").to = start
      out.to = this.states.length
      return
    }
    const outs: { to: number }[] = []
    for (let turn = least; turn < most && !this.hasFailed; turn++) {
      outs.push(this.#push("fork"))
      this.add(part)
    }
    for (const out of outs) out.to = this.states.length
  }

  /** A fork goes on with the next state, and from where it leads. */
  #push(kind: "fork" | "jump"): { to: number } {
    const state = { kind, to: 0 }
    this.states.push(state)
    return state
  }

  #test(source: string): CharacterTest {
    const known = this.#tests.get(source)
    if (known !== undefined) return known
    const pattern = new RegExp(`^${source}$`, this.#isUnicode ? "u" : "")
    const ask = (code: number): boolean =>
      pattern.test(this.#isUnicode ? String.fromCodePoint(code) : String.fromCharCode(code))
    const ascii = Array.from({ length: 128 }, (_, code) => ask(code))
    const test: CharacterTest = (code) => (code < 128 ? ascii[code]! : ask(code))
    this.#tests.set(source, test)
    return test
  }
}

/** One text on its way through a machine. */
class Walk {
  readonly #states: readonly State[]
  readonly #codes: readonly number[]
  /** In which turn a state was come to last. */
  readonly #reached: Int32Array
  #turn = 0

  constructor(states: readonly State[], codes: readonly number[]) {
    this.#states = states
    this.#codes = codes
    this.#reached = new Int32Array(states.length).fill(-1)
  }

  finds(): boolean {
    let here: number[] = []
    for (let at = 0; at <= this.#codes.length; at++) {
      // A match may begin anywhere; those that began before are on their way already.
      this.#turn = at
      const now: number[] = []
      for (const state of here) if (this.#come(state, at, now)) return true
      if (this.#come(0, at, now)) return true
      here = now.filter((state) => this.#accepts(state, at)).map((state) => state + 1)
    }
    return false
  }

  #accepts(state: number, at: number): boolean {
    const { accepts } = this.#states[state] as { accepts: CharacterTest }
    return at < this.#codes.length && accepts(this.#codes[at]!)
  }

  /** Follows what takes no text. @returns whether that leads to the end. */
  #come(first: number, at: number, now: number[]): boolean {
    const open = [first]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#reached[next] === this.#turn) continue
      this.#reached[next] = this.#turn
      const state = this.#states[next]!
      if (state.kind === "end") return true
      if (state.kind === "character") now.push(next)
      else if (state.kind === "jump") open.push(state.to)
      else if (state.kind === "fork") open.push(state.to, next + 1)
      else if (this.#isEdge(state.source, at)) open.push(next + 1)
    }
    return false
  }

  #isEdge(source: "^" | "$" | "\\b" | "\\B", at: number): boolean {
    if (source === "^") return at === 0
    if (source === "$") return at === this.#codes.length
    const isBorder = isWord(this.#codes[at - 1]) !== isWord(this.#codes[at])
    return isBorder === (source === "\\b")
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && code < 128 && /\w/.test(String.fromCharCode(code))
}
