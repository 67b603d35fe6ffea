import { FRAMEWORK, type Problem, type Source } from "./answer-handler.ts"
import { applyEdits, type Edit, editedSlice } from "./edits.ts"
import { child, children, memberOf, type Node } from "./syntax.ts"

/** What becomes of one file. */
export interface Migration {
  readonly text: string
  readonly problems: readonly Problem[]
}

/** A router: the statement that makes it, and those that add routes to it. */
export interface RouterParts {
  readonly name: string
  readonly declaration: Node
  readonly calls: readonly Node[]
  readonly program: Node
}

/** A file on its way: what is to be changed in it, and what cannot be. */
export class FileEditor {
  readonly source: Source
  readonly #edits: Edit[] = []
  readonly #problems: Problem[] = []

  constructor(source: Source) {
    this.source = source
  }

  result(): Migration {
    const { text } = this.source
    return {
      text: tidied(text, applyEdits(text, this.#edits)),
      problems: this.#problems.toSorted((a, b) => a.at - b.at),
    }
  }

  slice({ start, end }: Node): string {
    return this.source.text.slice(start, end)
  }

  edit({ start, end }: Node, text: string): undefined {
    this.#edits.push({ start, end, text })
  }

  add({ edits, problems }: { readonly edits: readonly Edit[]; readonly problems: readonly Problem[] }): undefined {
    this.#edits.push(...edits)
    this.#problems.push(...problems)
  }

  /** Takes a statement away, and the line that it is on. */
  remove({ start, end }: Node): undefined {
    this.#edits.push({ start: this.lineStart(start), end: this.#lineEnd(end), text: "" })
  }

  problem({ start }: Node, what: string): undefined {
    this.#problems.push({ at: start, message: `cannot change ${what.replace(/^cannot change /, "")}` })
  }

  isToldNear({ start }: Node): boolean {
    return this.#problems.some(({ at }) => this.lineStart(at) === this.lineStart(start))
  }

  /** A router becomes the function that adds its routes to a scope. */
  wrap({ name, declaration, calls, program }: RouterParts): undefined {
    const [first, last] = [calls[0], calls.at(-1)]
    if (first === undefined || last === undefined)
      return this.problem(declaration, `the router ${name}, which has no routes here`)
    const between = children(program, "body").filter(({ start, end }) => start > first.start && end < last.end)
    const exported = between.find(({ type }) => /^(?:Import|Export)/.test(type))
    if (exported !== undefined)
      return this.problem(exported, `the router ${name}: something is imported or exported among its routes`)
    for (const { object } of calls.flatMap((one) => memberOf(child(child(one, "expression"), "callee")) ?? []))
      this.edit(object, "scope")
    const { text, isTyped } = this.source
    const body = editedSlice(text, first.start, last.end, this.#edits)
    const outside = this.#edits.filter(({ start, end }) => start < first.start || end > last.end)
    // Text over several lines would change with its indentation.
    const indented = body.includes("`") ? body : body.replace(/^(?=.)/gm, "  ")
    const param = isTyped ? `scope: import("${FRAMEWORK}").Scope<unknown, unknown>` : "scope"
    const edit = { start: first.start, end: last.end, text: `const ${name} = (${param}) => {\n${indented}\n}` }
    this.#edits.splice(0, this.#edits.length, ...outside, edit)
    this.#edits.push({ start: declaration.start, end: this.#lineEnd(declaration.end), text: "" })
  }

  lineStart(at: number): number {
    return this.source.text.lastIndexOf("\n", at - 1) + 1
  }
  #lineEnd(at: number): number {
    const end = this.source.text.indexOf("\n", at)
    return end === -1 ? this.source.text.length : end + 1
  }
}

/** What was taken away leaves no holes. */
function tidied(before: string, after: string): string {
  if (before === after || /\n\n\n/.test(before)) return after
  return after.replace(/^\n+/, "").replace(/\n{3,}/g, "\n\n")
}
