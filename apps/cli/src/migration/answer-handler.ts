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

/** One call of a chain: `status(201)`. */
export interface Called {
  readonly name: string
  readonly args: readonly Node[]
}

/** What is known of a handler's source. */
export interface Reading {
  /** Its text, with what was changed in it. */
  readonly slice: (node: Node) => string
  /** Whether an expression is an object or a list, for sure. */
  readonly isObject: (node: Node) => boolean
}

/** How a framework's handlers ask and answer. */
export interface HandlerWords {
  /** Members of the request, as the context has them. */
  readonly request: Readonly<Record<string, string>>
  /** Methods of the request that give a header. */
  readonly headerGetters: readonly string[]
  /** Methods of the response that set a header, and others that set the status. */
  readonly headerSetters: readonly string[]
  readonly statusSetters: readonly string[]
  /** What is to be returned for a chain of calls that ends in an answer. Undefined: it is not known. */
  readonly answerOf: (calls: readonly Called[], reading: Reading) => string | undefined
  /** Whether a handler's value is its answer, as it is here. */
  readonly returnsAnswers: boolean
}

/** A source file: its text, and whether that is TypeScript. */
export interface Source {
  readonly text: string
  readonly isTyped: boolean
}

/** Turns a handler that is given its response, `(req, res, next) => …`, into one that takes a context and returns its answer. */
export function convertHandler(fn: Place, { text, isTyped }: Source, words: HandlerWords): Converted {
  // Inside of a call its type is known.
  const needsType = isTyped && fn.parent?.node.type !== "CallExpression"
  return new HandlerConversion(fn, text, words).run(needsType ? `ctx: import("${FRAMEWORK}").BaseContext` : "ctx")
}

class HandlerConversion {
  readonly #fn: Place
  readonly #text: string
  readonly #names: Names
  readonly #words: HandlerWords
  readonly #edits: Edit[]
  readonly #problems: Problem[]
  readonly #bodyName: string
  readonly #bodyUses: Place[]

  constructor(fn: Place, text: string, words: HandlerWords) {
    this.#fn = fn
    this.#words = words
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
    } else if (this.#words.headerGetters.includes(property) && call !== undefined)
      this.#edit(start, end, "ctx.headers.get")
    else if (property === "headers") this.#header(access)
    else if (Object.hasOwn(this.#words.request, property)) this.#edit(start, end, this.#words.request[property]!)
    else this.#refuse(access.node, `${nameOf(place.node)}.${property}`)
  }

  #header(access: Place): undefined {
    const outer = access.parent?.node
    const name = outer?.object === access.node ? memberOf(outer)?.property : undefined
    if (outer === undefined || name === undefined) return this.#refuse(access.node, "the request's headers as a whole")
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
    const calls: Called[] = []
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
    const sets = calls.filter(({ name }) => this.#words.headerSetters.includes(name))
    if (sets.some(({ args }) => args.length !== 2)) return this.#refuse(place.node, "headers set by an object")
    if (sets.length === calls.length && at.parent?.node.type === "ExpressionStatement") {
      const lines = sets.map(({ args }) => `ctx.set(${args.map((one) => this.#slice(one)).join(", ")})`)
      return this.#edit(at.node.start, at.node.end, lines.join("; "))
    }
    if (this.#statusBeforeReturn(at, calls)) return
    const answers = calls.filter((one) => !sets.includes(one))
    const answer = this.#words.answerOf(answers, this.#reading)
    if (answer === undefined)
      return this.#refuse(place.node, `${nameOf(place.node)}.${calls.map(({ name }) => name).join("().")}()`)
    // A plain value has no headers.
    if (sets.length > 0 && !answer.startsWith("ctx."))
      return this.#refuse(place.node, "headers of a value of an unknown kind")
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

  /** `reply.code(404)`, and in the next statement a value is returned. */
  #statusBeforeReturn(at: Place, calls: readonly Called[]): boolean {
    const { returnsAnswers, statusSetters, answerOf } = this.#words
    const [status, ...others] = calls
    const statement = at.parent?.node
    if (!returnsAnswers || others.length > 0 || !statusSetters.includes(status!.name)) return false
    if (statement?.type !== "ExpressionStatement") return false
    const statements = children(at.parent?.parent?.node, "body")
    const next = statements[statements.indexOf(statement) + 1]
    const value = next?.type === "ReturnStatement" ? child(next, "argument") : undefined
    if (next === undefined || value === undefined) return false
    const answer = answerOf([status!, { name: "send", args: [value] }], this.#reading)
    if (answer === undefined) return false
    this.#edit(statement.start, next.end, `return ${answer}`)
    return true
  }

  /** A body is read once, where the handler begins. */
  #readBody(body: Node): undefined {
    const uses = this.#bodyUses
    if (uses.length === 0) return
    if (uses.some((use) => this.#functionOf(use).node !== this.#fn.node && body.type !== "BlockStatement"))
      return this.#refuse(body, "the request's body inside of a callback")
    const { start } = this.#fn.node
    if (this.#fn.node.async !== true) this.#edit(start, start, "async ")
    if (body.type !== "BlockStatement") {
      if (uses.length > 1) this.#refuse(uses[0]!.node, "the request's body more than once in an expression")
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

  get #reading(): Reading {
    return { slice: (node) => this.#slice(node), isObject: (node) => this.#isObject(node) }
  }

  /** An object or a list as it is written, or the name of a constant that is one. */
  #isObject(node: Node): boolean {
    if (/^(?:Object|Array)Expression$/.test(node.type)) return true
    const name = nameOf(node)
    if (name === undefined) return false
    const declared = [...walk(this.#fn)].filter(
      (place) => place.node.type === "VariableDeclarator" && nameOf(child(place.node, "id")) === name,
    )
    const [only, ...others] = declared
    if (only === undefined || others.length > 0 || only.parent?.node.kind !== "const") return false
    return /^(?:Object|Array)Expression$/.test(child(only.node, "init")?.type ?? "")
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
