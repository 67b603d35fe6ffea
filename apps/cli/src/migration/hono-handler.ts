import { type Converted, FRAMEWORK, type Problem, type Source } from "./answer-handler.ts"
import type { Edit } from "./edits.ts"
import {
  child,
  children,
  isFunction,
  isReference,
  memberOf,
  type Node,
  nameOf,
  type Place,
  stringOf,
  walk,
} from "./syntax.ts"

/** Methods of the context that are here as they are, with a value and a status. */
const ANSWERS: ReadonlySet<string> = new Set(["json", "text", "html", "redirect"])
/** What is read of the request, by method without arguments or by member. */
const READS: Readonly<Record<string, string>> = { json: 'read("json")', text: 'read("text")', param: "params" }
const MEMBERS: Readonly<Record<string, string>> = { method: "method", url: "url.href", raw: "request" }
const ADVICE: Readonly<Record<string, string>> = {
  set: ": a layer provides it",
  get: ": a layer provides it",
  var: ": a layer provides it",
  status: ": give the status with the answer",
  env: ": read the settings where the app starts",
}

const REQUEST_ADVICE: Readonly<Record<string, string>> = {
  valid: ": a schema for body, query or params",
  path: ": here it is as it was sent, not decoded",
}

/** Turns a handler of Hono, `(c) => …`, into one that takes a context of Ashlar by the same name. */
export function convertHonoHandler(fn: Place, source: Source): Converted {
  return new HonoHandler(fn, source).run()
}

class HonoHandler {
  readonly #fn: Place
  readonly #source: Source
  readonly #edits: Edit[] = []
  readonly #problems: Problem[] = []

  constructor(fn: Place, source: Source) {
    this.#fn = fn
    this.#source = source
  }

  run(): Converted {
    const [param, ...others] = children(this.#fn.node, "params")
    const name = nameOf(param)
    if (param === undefined || name === undefined) return this.#refuse(this.#fn.node, "a context that is taken apart")
    if (others.length > 0)
      return this.#refuse(this.#fn.node, "middleware: make it a layer, or a plain `(ctx, next) => Response`")
    for (const place of walk({ node: child(this.#fn.node, "body")!, parent: this.#fn }))
      if (nameOf(place.node) === name && isReference(place)) this.#visit(place, name)
    this.#type(param, name)
    return this.#problems.length > 0 ? { edits: [], problems: this.#problems } : { edits: this.#edits, problems: [] }
  }

  /** Inside of a call its type is known; elsewhere it is another one now. */
  #type({ start, end }: Node, name: string): undefined {
    const isAlone = this.#fn.parent?.node.type !== "CallExpression"
    const type = this.#source.isTyped && isAlone ? `: import("${FRAMEWORK}").BaseContext` : ""
    if (this.#source.text.slice(start, end) !== name + type) this.#edits.push({ start, end, text: name + type })
  }

  #visit(place: Place, name: string): undefined {
    for (let at = place.parent; at !== undefined && at.node !== this.#fn.node; at = at.parent)
      if (isFunction(at.node) && children(at.node, "params").some((one) => nameOf(one) === name))
        return void this.#refuse(place.node, `another "${name}" inside of the handler`)
    const access = place.parent
    const member = access?.node.object === place.node ? memberOf(access.node) : undefined
    if (access === undefined || member === undefined) return void this.#refuse(place.node, "the context as a whole")
    if (member.property === "req") return this.#request(access, name)
    const call = calledBy(access)
    const args = children(call, "arguments")
    const [first, second] = args
    const isAnswer = ANSWERS.has(member.property) && first !== undefined && args.length <= 2
    if (call !== undefined && isAnswer) return
    if (member.property === "body" && call !== undefined && isNull(first) && args.length <= 2)
      return this.#edit(call, `${name}.empty(${second === undefined ? "200" : this.#slice(second)})`)
    if (member.property === "notFound" && args.length === 0 && call !== undefined)
      return this.#edit(call, `${name}.text("404 Not Found", 404)`)
    if (member.property === "header" && args.length === 2 && call !== undefined)
      return this.#edit(child(access.node, "property")!, "set")
    this.#refuse(access.node, `${name}.${member.property}${ADVICE[member.property] ?? ""}`)
  }

  /** `c.req.param("id")` and its kin. */
  #request(req: Place, name: string): undefined {
    const access = req.parent
    const member = access?.node.object === req.node ? memberOf(access.node) : undefined
    if (access === undefined || member === undefined) return void this.#refuse(req.node, "the request as a whole")
    const { property } = member
    const call = calledBy(access)
    const [first, ...more] = children(call, "arguments")
    if (call === undefined) {
      if (Object.hasOwn(MEMBERS, property)) return this.#edit(access.node, `${name}.${MEMBERS[property]}`)
    } else if (first === undefined) {
      if (Object.hasOwn(READS, property)) return this.#edit(call, `${name}.${READS[property]}`)
    } else if (more.length === 0) {
      const key = stringOf(first)
      if (property === "param" && key !== undefined)
        return this.#edit(call, `${name}.params${/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`}`)
      // Of a name that repeats both give the first.
      if (property === "query")
        return this.#edit(call, `(${name}.url.searchParams.get(${this.#slice(first)}) ?? undefined)`)
      if (property === "header") return this.#edit(call, `(${name}.headers.get(${this.#slice(first)}) ?? undefined)`)
    }
    this.#refuse(access.node, `${name}.req.${property}${REQUEST_ADVICE[property] ?? ""}`)
  }

  #slice({ start, end }: Node): string {
    return this.#source.text.slice(start, end)
  }
  #edit({ start, end }: Node, text: string): undefined {
    this.#edits.push({ start, end, text })
  }
  #refuse({ start }: Node, what: string): Converted {
    this.#problems.push({ at: start, message: `cannot change ${what}` })
    return { edits: [], problems: this.#problems }
  }
}

function calledBy({ node, parent }: Place): Node | undefined {
  return parent?.node.type === "CallExpression" && parent.node.callee === node ? parent.node : undefined
}

function isNull(node: Node | undefined): boolean {
  return node?.type === "Literal" && node.value === null && node.raw === "null"
}
