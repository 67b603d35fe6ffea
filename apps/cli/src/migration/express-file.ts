import { applyEdits, type Edit, editedSlice } from "./edits.ts"
import { convertHandler, FRAMEWORK, type Problem } from "./express-handler.ts"
import { child, children, isFunction, isReference, memberOf, type Node, nameOf, stringOf, walk } from "./syntax.ts"

/** What becomes of one file. */
export interface Migration {
  readonly text: string
  readonly problems: readonly Problem[]
}

const METHODS: ReadonlySet<string> = new Set(["get", "post", "put", "patch", "delete", "head", "options", "all"])
/** Middleware that reads bodies: handlers read theirs themselves now. */
const BODY_READERS: ReadonlySet<string> = new Set(["json"])

/**
 * Turns a file of an Express app into one of an Ashlar app, as far as that is sure. What is not stays as it is, and is told.
 * @param isTyped Whether it is TypeScript. Default: false.
 */
export function migrateExpressFile(program: Node, text: string, isTyped = false): Migration {
  return new FileMigration(program, text, isTyped).run()
}

class FileMigration {
  readonly #program: Node
  readonly #text: string
  readonly #isTyped: boolean
  readonly #edits: Edit[]
  readonly #problems: Problem[]
  /** The names by which Express itself, apps and routers go. */
  readonly #express: Set<string>
  readonly #apps: Set<string>
  readonly #routers: Map<string, Node>
  /** The statements that are of routers, in order. */
  readonly #routed: Map<string, Node[]>
  readonly #handled: Set<Node>
  #importsRouter: string | undefined

  constructor(program: Node, text: string, isTyped: boolean) {
    this.#isTyped = isTyped
    this.#program = program
    this.#text = text
    this.#edits = []
    this.#problems = []
    this.#express = new Set()
    this.#apps = new Set()
    this.#routers = new Map()
    this.#routed = new Map()
    this.#handled = new Set()
    this.#importsRouter = undefined
  }

  run(): Migration {
    const statements = children(this.#program, "body")
    for (const statement of statements) this.#declaration(statement)
    for (const statement of statements) this.#statement(statement)
    this.#handlers()
    this.#importsAndLeftovers(statements)
    for (const name of this.#routers.keys()) this.#wrap(name)
    return {
      text: tidied(this.#text, applyEdits(this.#text, this.#edits)),
      problems: this.#problems.toSorted((a, b) => a.at - b.at),
    }
  }

  /** Finds `express`, `express()` and `express.Router()`. */
  #declaration(statement: Node): undefined {
    if (statement.type === "ImportDeclaration" && stringOf(child(statement, "source")) === "express") {
      for (const one of children(statement, "specifiers")) {
        const local = nameOf(child(one, "local"))
        if (local === undefined) continue
        if (nameOf(child(one, "imported")) === "Router") this.#importsRouter = local
        else if (one.type !== "ImportSpecifier") this.#express.add(local)
      }
    }
    for (const declared of children(statement, "declarations")) {
      const name = nameOf(child(declared, "id"))
      const call = child(declared, "init", "CallExpression")
      const callee = child(call, "callee")
      if (name === undefined || call === undefined) continue
      if (nameOf(callee) === "require" && stringOf(children(call, "arguments")[0]) === "express")
        this.#express.add(name)
      const called = nameOf(callee)
      const member = memberOf(callee)
      if (called !== undefined && this.#express.has(called)) this.#apps.add(name)
      const isRouter = member?.property === "Router" && this.#express.has(nameOf(member.object) ?? "")
      if (isRouter || (called !== undefined && called === this.#importsRouter)) this.#routers.set(name, statement)
    }
  }

  /** Reads `app.get(…)`, `app.use(…)` and `app.listen(…)`. */
  #statement(statement: Node): undefined {
    const call = child(statement, "expression", "CallExpression")
    const member = memberOf(child(call, "callee"))
    const owner = nameOf(member?.object)
    if (call === undefined || member === undefined || owner === undefined) return
    const isApp = this.#apps.has(owner)
    if (!isApp && !this.#routers.has(owner)) return
    this.#handled.add(member.object)
    if (!isApp) this.#routed.set(owner, [...(this.#routed.get(owner) ?? []), statement])
    const args = children(call, "arguments")
    if (METHODS.has(member.property) && args.length > 1) this.#route(call, args)
    else if (member.property === "use") this.#use(statement, call, args)
    else if (member.property === "listen" && isApp) this.#listen(call, args)
    else if (member.property === "disable" || member.property === "set")
      this.#remove(statement, `${owner}.${member.property}(): a setting of Express`)
    else this.#problem(call, `${owner}.${member.property}()`)
  }

  #route(call: Node, args: readonly Node[]): undefined {
    const path = stringOf(args[0])
    if (path === undefined) return this.#problem(args[0]!, "a path that is no text")
    if (path === "*" || path === "/*" || path === "/*splat" || path === "/{*splat}") this.#edit(args[0]!, '"/*path"')
    else if (!/^(?:\/(?::\w+|[\w.~-]+)?)+$/.test(path))
      return this.#problem(args[0]!, `the path ${JSON.stringify(path)}: see the guide to routing`)
    if (args.length > 2) this.#problem(call, "middleware of one route: make it a layer, { layers: [it] }")
  }

  #use(statement: Node, call: Node, args: readonly Node[]): undefined {
    const [first, second] = args
    const made = memberOf(child(first, "callee"))
    if (
      args.length === 1 &&
      made !== undefined &&
      this.#express.has(nameOf(made.object) ?? "") &&
      BODY_READERS.has(made.property)
    ) {
      this.#handled.add(made.object)
      this.#edits.push({ start: this.#lineStart(statement.start), end: this.#lineEnd(statement.end), text: "" })
      return
    }
    const path = stringOf(first)
    if (path !== undefined && second?.type === "Identifier" && args.length === 2)
      return this.#edit(child(call, "callee")!, this.#named(call, "scope"))
    const what = made === undefined ? "middleware" : `${nameOf(made.object) ?? ""}.${made.property}()`
    this.#problem(
      call,
      `app.use(${first === undefined ? "" : (nameOf(first) ?? nameOf(child(first, "callee")) ?? what)}): make it a layer`,
    )
  }

  #listen(call: Node, args: readonly Node[]): undefined {
    const [port, ...rest] = args
    const started = rest.find((one) => isFunction(one) || nameOf(one) !== undefined)
    const host = rest.find((one) => stringOf(one) !== undefined)
    if (port === undefined || rest.some((one) => one !== started && one !== host))
      return this.#problem(call, "app.listen()")
    const isNumber = port.type === "Literal" || nameOf(child(port, "callee")) === "Number"
    const number = isNumber ? this.#slice(port) : `Number(${this.#slice(port)})`
    const options = [`port: ${number}`, `host: ${host === undefined ? '"0.0.0.0"' : this.#slice(host)}`]
    const then = started === undefined ? "" : `.then(${this.#slice(started)})`
    this.#edit(call, `${this.#slice(child(child(call, "callee"), "object")!)}.listen({ ${options.join(", ")} })${then}`)
  }

  /** Every function whose parameters are named as those of handlers are. */
  #handlers(): undefined {
    for (const place of walk({ node: this.#program, parent: undefined })) {
      if (!isFunction(place.node)) continue
      const names = children(place.node, "params").map(nameOf)
      const isHandler =
        names.length >= 2 && /^_?req(?:uest)?$/.test(names[0] ?? "") && /^_?res(?:ponse)?$/.test(names[1] ?? "")
      const isErrorHandler = names.length === 4 && /^_?req/.test(names[1] ?? "")
      if (isErrorHandler) this.#problem(place.node, "an error handler: use onError of @ashlar/http")
      if (!isHandler) continue
      const { edits, problems } = convertHandler(place, this.#text, this.#isTyped)
      this.#edits.push(...edits)
      this.#problems.push(...problems)
    }
  }

  #importsAndLeftovers(statements: readonly Node[]): undefined {
    for (const statement of statements) {
      const isImport = statement.type === "ImportDeclaration" && stringOf(child(statement, "source")) === "express"
      if (isImport) this.#edit(statement, this.#apps.size > 0 ? 'import { createApp } from "@ashlar/http"' : "")
      for (const declared of children(statement, "declarations")) {
        const call = child(declared, "init", "CallExpression")
        const name = nameOf(child(declared, "id")) ?? ""
        if (this.#express.has(name) && nameOf(child(call, "callee")) === "require")
          this.#edit(statement, this.#apps.size > 0 ? 'const { createApp } = require("@ashlar/http")' : "")
        else if (this.#apps.has(name)) {
          this.#edit(call!, "createApp()")
          this.#handled.add(child(call, "callee")!)
        } else if (this.#routers.get(name) === statement) {
          const callee = child(call, "callee")
          this.#handled.add(memberOf(callee)?.object ?? callee!)
        }
      }
    }
    for (const place of walk({ node: this.#program, parent: undefined })) {
      const name = nameOf(place.node)
      if (name === undefined || !this.#express.has(name) || !isReference(place) || this.#handled.has(place.node))
        continue
      const above = place.parent?.node.type ?? ""
      if (
        /^Import|^VariableDeclarator$/.test(above) ||
        this.#problems.some(({ at }) => this.#isSameLine(at, place.node.start))
      )
        continue
      this.#problem(place.node, `this use of ${name}`)
    }
  }

  /** A router becomes the function that adds its routes to a scope. */
  #wrap(name: string): undefined {
    const declaration = this.#routers.get(name)!
    const calls = this.#routed.get(name) ?? []
    const [first, last] = [calls[0], calls.at(-1)]
    if (first === undefined || last === undefined)
      return this.#problem(declaration, `the router ${name}, which has no routes here`)
    const between = children(this.#program, "body").filter(({ start, end }) => start > first.start && end < last.end)
    const exported = between.find(({ type }) => /^(?:Import|Export)/.test(type))
    if (exported !== undefined)
      return this.#problem(exported, `the router ${name}: something is imported or exported among its routes`)
    for (const { object } of calls.flatMap((one) => memberOf(child(child(one, "expression"), "callee")) ?? []))
      this.#edit(object, "scope")
    const body = editedSlice(this.#text, first.start, last.end, this.#edits)
    const outside = this.#edits.filter(({ start, end }) => start < first.start || end > last.end)
    // Text over several lines would change with its indentation.
    const indented = body.includes("`") ? body : body.replace(/^(?=.)/gm, "  ")
    const param = this.#isTyped ? `scope: import("${FRAMEWORK}").Scope<unknown, unknown>` : "scope"
    const edit = { start: first.start, end: last.end, text: `const ${name} = (${param}) => {\n${indented}\n}` }
    this.#edits.splice(0, this.#edits.length, ...outside, edit)
    this.#edits.push({ start: declaration.start, end: this.#lineEnd(declaration.end), text: "" })
  }

  #named(call: Node, method: string): string {
    return `${this.#slice(child(child(call, "callee"), "object")!)}.${method}`
  }
  #remove(statement: Node, what: string): undefined {
    this.#problem(statement, what)
  }
  #slice({ start, end }: Node): string {
    return this.#text.slice(start, end)
  }
  #edit({ start, end }: Node, text: string): undefined {
    this.#edits.push({ start, end, text })
  }
  #problem({ start }: Node, what: string): undefined {
    this.#problems.push({ at: start, message: `cannot change ${what.replace(/^cannot change /, "")}` })
  }
  #lineStart(at: number): number {
    return this.#text.lastIndexOf("\n", at - 1) + 1
  }
  #lineEnd(at: number): number {
    const end = this.#text.indexOf("\n", at)
    return end === -1 ? this.#text.length : end + 1
  }
  #isSameLine(a: number, b: number): boolean {
    return this.#lineStart(a) === this.#lineStart(b)
  }
}

/** What was taken away leaves no holes. */
function tidied(before: string, after: string): string {
  if (before === after || /\n\n\n/.test(before)) return after
  return after.replace(/^\n+/, "").replace(/\n{3,}/g, "\n\n")
}
