import { type Edit, editedSlice } from "./edits.ts"
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

/** Where migrated apps find what they are written with. */
export const FRAMEWORK = "@ashlar/http"

/** What cannot be changed, and where. */
export interface Problem {
  readonly at: number
  readonly message: string
}

export interface Converted {
  readonly edits: readonly Edit[]
  readonly problems: readonly Problem[]
}

interface Names {
  readonly req: string | undefined
  readonly res: string | undefined
  readonly next: string | undefined
}

/** Members of `req`, as the context has them. */
const REQUEST: Readonly<Record<string, string>> = {
  params: "ctx.params",
  query: "ctx.query",
  method: "ctx.method",
  path: "ctx.path",
  originalUrl: "(ctx.url.pathname + ctx.url.search)",
  ip: "ctx.address",
  hostname: "ctx.url.hostname",
  protocol: 'ctx.url.protocol.replace(":", "")',
}

/** Turns a handler of Express, `(req, res, next) => …`, into one that takes a context and returns its answer. */
export function convertHandler(fn: Place, text: string, isTyped: boolean): Converted {
  // Inside of a call its type is known.
  const needsType = isTyped && fn.parent?.node.type !== "CallExpression"
  return new HandlerConversion(fn, text).run(needsType ? `ctx: import("${FRAMEWORK}").BaseContext` : "ctx")
}

class HandlerConversion {
  readonly #fn: Place
  readonly #text: string
  readonly #names: Names
  readonly #edits: Edit[]
  readonly #problems: Problem[]
  readonly #bodyName: string
  readonly #bodyUses: Place[]

  constructor(fn: Place, text: string) {
    this.#fn = fn
    this.#text = text
    const [req, res, next] = children(fn.node, "params").map(nameOf)
    this.#names = { req, res, next }
    this.#edits = []
    this.#problems = []
    this.#bodyUses = []
    const source = text.slice(fn.node.start, fn.node.end)
    const isFree = (name: string): boolean => !new RegExp(`(?<![.\\w])${name}\\b(?!\\s*:)`).test(source)
    const isBlock = child(fn.node, "body")?.type === "BlockStatement"
    const free = ["body", "sent", "requestBody"].find(isFree) ?? "bodyOfRequest"
    this.#bodyName = isBlock ? free : '(await ctx.read("json"))'
  }

  run(param: string): Converted {
    const params = children(this.#fn.node, "params")
    if (params.length > 3) this.#refuse(this.#fn.node, "an error handler: use onError of @ashlar/http")
    if (params.some((one) => one.type !== "Identifier")) this.#refuse(this.#fn.node, "parameters that are taken apart")
    const body: Place = { node: child(this.#fn.node, "body")!, parent: this.#fn }
    // Inner chains are part of what is around them, so what is inside is changed first.
    const found = [...walk(body)].filter((place) => nameOf(place.node) !== undefined && isReference(place)).reverse()
    for (const place of found) this.#visit(place)
    if (params.length > 0) this.#edit(params[0]!.start, params.at(-1)!.end, param)
    this.#readBody(body.node)
    return this.#problems.length > 0 ? { edits: [], problems: this.#problems } : { edits: this.#edits, problems: [] }
  }

  #visit(place: Place): undefined {
    const name = nameOf(place.node)
    const { req, res, next } = this.#names
    if (name !== req && name !== res && name !== next) return
    if (name === undefined) return
    if (this.#isShadowed(place, name)) return void this.#refuse(place.node, `another "${name}" inside of the handler`)
    if (name === req) this.#request(place)
    else if (name === res) this.#answer(place)
    else this.#next(place)
  }

  #request(place: Place): undefined {
    const access = place.parent
    const member = access?.node.object === place.node ? memberOf(access.node) : undefined
    if (access === undefined || member === undefined) return this.#refuse(place.node, "the request as a whole")
    const { property } = member
    const { start, end } = access.node
    const call = access.parent?.node.callee === access.node ? access.parent.node : undefined
    if (property === "body") {
      this.#bodyUses.push(access)
      this.#edit(start, end, this.#bodyName)
    } else if ((property === "get" || property === "header") && call !== undefined)
      this.#edit(start, end, "ctx.headers.get")
    else if (property === "headers") this.#header(access)
    else if (Object.hasOwn(REQUEST, property)) this.#edit(start, end, REQUEST[property]!)
    else this.#refuse(access.node, `req.${property}`)
  }

  #header(access: Place): undefined {
    const outer = access.parent?.node
    const name = outer?.object === access.node ? memberOf(outer)?.property : undefined
    if (outer === undefined || name === undefined) return this.#refuse(access.node, "req.headers as a whole")
    this.#edit(outer.start, outer.end, `ctx.headers.get(${JSON.stringify(name.toLowerCase())})`)
  }

  #next(place: Place): undefined {
    const call = place.parent
    const [error] = children(call?.node, "arguments")
    const statement = call?.parent
    if (call?.node.callee !== place.node || error === undefined)
      return this.#refuse(place.node, "next(): make it a layer, or a plain `(ctx, next) => Response`")
    if (statement?.node.type !== "ExpressionStatement" && statement?.node.type !== "ReturnStatement")
      return this.#refuse(place.node, "next(error) inside of an expression")
    this.#edit(statement.node.start, statement.node.end, `throw ${this.#slice(error)}`)
  }

  /** Follows `res.status(201).json(x)` to its end. */
  #answer(place: Place): undefined {
    const calls: { readonly name: string; readonly args: readonly Node[] }[] = []
    let at: Place = place
    for (;;) {
      const access: Place | undefined = at.parent
      const call: Place | undefined = access?.parent
      const member = access?.node.object === at.node ? memberOf(access.node) : undefined
      if (member === undefined || call?.node.callee !== access?.node) break
      calls.push({ name: member.property, args: children(call?.node, "arguments") })
      at = call!
    }
    if (calls.length === 0) return this.#refuse(place.node, "the response as a whole")
    const sets = calls.filter(({ name }) => ["set", "header", "setHeader"].includes(name))
    if (sets.some(({ args }) => args.length !== 2)) return this.#refuse(place.node, "headers set by an object")
    if (sets.length === calls.length && at.parent?.node.type === "ExpressionStatement") {
      const lines = sets.map(({ args }) => `ctx.set(${args.map((one) => this.#slice(one)).join(", ")})`)
      return this.#edit(at.node.start, at.node.end, lines.join("; "))
    }
    const answer = this.#answerOf(calls.filter((one) => !sets.includes(one)))
    if (answer === undefined) return this.#refuse(place.node, `res.${calls.map(({ name }) => name).join("().")}()`)
    const headers = sets.map(({ args }) => `${this.#key(args[0]!)}: ${this.#slice(args[1]!)}`)
    const whole = headers.length === 0 ? answer : `${answer}.withHeaders({ ${headers.join(", ")} })`
    this.#place(at, whole)
  }

  #key(node: Node): string {
    const name = stringOf(node)
    if (name === undefined) return `[${this.#slice(node)}]`
    return /^\w+$/.test(name) ? name : JSON.stringify(name)
  }

  #place(at: Place, answer: string): undefined {
    const above = at.parent
    if (this.#functionOf(at).node !== this.#fn.node)
      return this.#refuse(at.node, "an answer inside of a callback: await what it waits for")
    if (above?.node.type === "ReturnStatement" || above?.node === this.#fn.node)
      return this.#edit(at.node.start, at.node.end, answer)
    if (above?.node.type !== "ExpressionStatement") return this.#refuse(at.node, "an answer inside of an expression")
    const after = this.#isLast(above)
    if (after === false) return this.#refuse(at.node, "an answer after which the handler goes on: return it")
    this.#edit(above.node.start, above.node.end, `return ${answer}`)
    if (after !== true) this.#edit(above.node.end, after.end, "")
  }

  /** Whether nothing runs after a statement; a bare `return` that follows it is given back. */
  #isLast({ node, parent }: Place): boolean | Node {
    const above = parent?.node
    if (above === undefined || parent === undefined) return false
    if (above.type === "BlockStatement") {
      const statements = children(above, "body")
      const following = statements[statements.indexOf(node) + 1]
      if (following?.type === "ReturnStatement" && child(following, "argument") === undefined) return following
      if (following !== undefined) return false
      return parent.parent?.node === this.#fn.node || this.#isLast(parent)
    }
    return ["IfStatement", "TryStatement", "CatchClause"].includes(above.type) && this.#isLast(parent) !== false
  }

  #answerOf(calls: readonly { readonly name: string; readonly args: readonly Node[] }[]): string | undefined {
    const last = calls.at(-1)
    const before = calls.slice(0, -1)
    if (last === undefined || before.some(({ name, args }) => name !== "status" || args.length !== 1)) return undefined
    const status = before.at(-1) === undefined ? undefined : this.#slice(before.at(-1)!.args[0]!)
    const [first, second] = last.args
    const and = status === undefined ? "" : `, ${status}`
    if (last.name === "json" && first !== undefined) return `ctx.json(${this.#slice(first)}${and})`
    if (last.name === "end" && first === undefined) return `ctx.empty(${status ?? "200"})`
    if (last.name === "sendStatus" && first !== undefined) return sentStatus(first, this.#slice(first))
    if (last.name === "redirect" && first !== undefined)
      return second === undefined
        ? `ctx.redirect(${this.#slice(first)}${and})`
        : `ctx.redirect(${this.#slice(second)}, ${this.#slice(first)})`
    if (last.name !== "send") return undefined
    if (first === undefined) return `ctx.empty(${status ?? "200"})`
    if (stringOf(first) !== undefined || first.type === "TemplateLiteral")
      return `ctx.html(${this.#slice(first)}${and})`
    return /^(?:Object|Array)Expression$/.test(first.type) ? `ctx.json(${this.#slice(first)}${and})` : undefined
  }

  /** A body is read once, where the handler begins. */
  #readBody(body: Node): undefined {
    const uses = this.#bodyUses
    if (uses.length === 0) return
    if (uses.some((use) => this.#functionOf(use).node !== this.#fn.node && body.type !== "BlockStatement"))
      return this.#refuse(body, "req.body inside of a callback")
    const { start } = this.#fn.node
    if (this.#fn.node.async !== true) this.#edit(start, start, "async ")
    if (body.type !== "BlockStatement") {
      if (uses.length > 1) this.#refuse(uses[0]!.node, "req.body more than once in an expression")
      return
    }
    const name = this.#bodyName
    const [first] = children(body, "body")
    const indent = first === undefined ? "  " : /[^\n]*$/.exec(this.#text.slice(0, first.start))![0].replace(/\S/g, " ")
    const isInline = first !== undefined && !this.#text.slice(body.start, first.start).includes("\n")
    this.#edit(
      body.start + 1,
      body.start + 1,
      isInline ? ` const ${name} = await ctx.read("json");` : `\n${indent}const ${name} = await ctx.read("json")`,
    )
  }

  #functionOf(place: Place): Place {
    let at = place.parent
    while (at !== undefined && !isFunction(at.node)) at = at.parent
    return at ?? this.#fn
  }

  #isShadowed(place: Place, name: string): boolean {
    for (let at = this.#functionOf(place); at.node !== this.#fn.node; at = this.#functionOf(at))
      if (children(at.node, "params").some((one) => nameOf(one) === name)) return true
    return false
  }

  /** The text of a node, with what was changed in it. */
  #slice({ start, end }: Node): string {
    return editedSlice(this.#text, start, end, this.#edits)
  }

  #edit(start: number, end: number, text: string): undefined {
    // What is inside of this edit is in its text already.
    const outside = this.#edits.filter((one) => one.start < start || one.end > end || one.start === one.end)
    this.#edits.splice(0, this.#edits.length, ...outside, { start, end, text })
  }
  #refuse({ start }: Node, what: string): undefined {
    this.#problems.push({ at: start, message: `cannot change ${what}` })
  }
}

const PHRASES: Readonly<Record<string, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  500: "Internal Server Error",
}

/** Express sends the words for a status as its body, but where none may be. */
function sentStatus(node: Node, text: string): string | undefined {
  const status = String(node.value)
  if (status === "204" || status === "304") return `ctx.empty(${text})`
  return Object.hasOwn(PHRASES, status) ? `ctx.text(${JSON.stringify(PHRASES[status])}, ${text})` : undefined
}
