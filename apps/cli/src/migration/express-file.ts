import { convertHandler } from "./answer-handler.ts"
import { EXPRESS_WORDS } from "./express-words.ts"
import { FileEditor, type Migration } from "./file-editor.ts"
import { child, children, isFunction, isReference, memberOf, type Node, nameOf, stringOf, walk } from "./syntax.ts"

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
  readonly #file: FileEditor
  /** The names by which Express itself, apps and routers go. */
  readonly #express: Set<string>
  readonly #apps: Set<string>
  readonly #routers: Map<string, Node>
  /** The statements that are of routers, in order. */
  readonly #routed: Map<string, Node[]>
  readonly #handled: Set<Node>
  #importsRouter: string | undefined

  constructor(program: Node, text: string, isTyped: boolean) {
    this.#program = program
    this.#file = new FileEditor({ text, isTyped })
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
    for (const [name, declaration] of this.#routers)
      this.#file.wrap({ name, declaration, calls: this.#routed.get(name) ?? [], program: this.#program })
    return this.#file.result()
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
      this.#file.problem(statement, `${owner}.${member.property}(): a setting of Express`)
    else this.#file.problem(call, `${owner}.${member.property}()`)
  }

  #route(call: Node, args: readonly Node[]): undefined {
    const path = stringOf(args[0])
    if (path === undefined) return this.#file.problem(args[0]!, "a path that is no text")
    if (path === "*" || path === "/*" || path === "/*splat" || path === "/{*splat}")
      this.#file.edit(args[0]!, '"/*path"')
    else if (!/^(?:\/(?::\w+|[\w.~-]+)?)+$/.test(path))
      return this.#file.problem(args[0]!, `the path ${JSON.stringify(path)}: see the guide to routing`)
    if (args.length > 2) this.#file.problem(call, "middleware of one route: make it a layer, { layers: [it] }")
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
      return this.#file.remove(statement)
    }
    const path = stringOf(first)
    if (path !== undefined && second?.type === "Identifier" && args.length === 2)
      return this.#file.edit(child(call, "callee")!, this.#named(call, "scope"))
    const what = made === undefined ? "middleware" : `${nameOf(made.object) ?? ""}.${made.property}()`
    this.#file.problem(
      call,
      `app.use(${first === undefined ? "" : (nameOf(first) ?? nameOf(child(first, "callee")) ?? what)}): make it a layer`,
    )
  }

  #listen(call: Node, args: readonly Node[]): undefined {
    const [port, ...rest] = args
    const started = rest.find((one) => isFunction(one) || nameOf(one) !== undefined)
    const host = rest.find((one) => stringOf(one) !== undefined)
    if (port === undefined || rest.some((one) => one !== started && one !== host))
      return this.#file.problem(call, "app.listen()")
    const isNumber = port.type === "Literal" || nameOf(child(port, "callee")) === "Number"
    const number = isNumber ? this.#file.slice(port) : `Number(${this.#file.slice(port)})`
    const options = [`port: ${number}`, `host: ${host === undefined ? '"0.0.0.0"' : this.#file.slice(host)}`]
    const then = started === undefined ? "" : `.then(${this.#file.slice(started)})`
    this.#file.edit(
      call,
      `${this.#file.slice(child(child(call, "callee"), "object")!)}.listen({ ${options.join(", ")} })${then}`,
    )
  }

  /** Every function whose parameters are named as those of handlers are. */
  #handlers(): undefined {
    for (const place of walk({ node: this.#program, parent: undefined })) {
      if (!isFunction(place.node)) continue
      const names = children(place.node, "params").map(nameOf)
      const isHandler =
        names.length >= 2 && /^_?req(?:uest)?$/.test(names[0] ?? "") && /^_?res(?:ponse)?$/.test(names[1] ?? "")
      const isErrorHandler = names.length === 4 && /^_?req/.test(names[1] ?? "")
      if (isErrorHandler) this.#file.problem(place.node, "an error handler: use onError of @ashlar/http")
      if (!isHandler) continue
      this.#file.add(convertHandler(place, this.#file.source, EXPRESS_WORDS))
    }
  }

  #importsAndLeftovers(statements: readonly Node[]): undefined {
    for (const statement of statements) {
      const isImport = statement.type === "ImportDeclaration" && stringOf(child(statement, "source")) === "express"
      if (isImport) this.#file.edit(statement, this.#apps.size > 0 ? 'import { createApp } from "@ashlar/http"' : "")
      for (const declared of children(statement, "declarations")) {
        const call = child(declared, "init", "CallExpression")
        const name = nameOf(child(declared, "id")) ?? ""
        if (this.#express.has(name) && nameOf(child(call, "callee")) === "require")
          this.#file.edit(statement, this.#apps.size > 0 ? 'const { createApp } = require("@ashlar/http")' : "")
        else if (this.#apps.has(name)) {
          this.#file.edit(call!, "createApp()")
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
      if (/^Import|^VariableDeclarator$/.test(above) || this.#file.isToldNear(place.node)) continue
      this.#file.problem(place.node, `this use of ${name}`)
    }
  }

  #named(call: Node, method: string): string {
    return `${this.#file.slice(child(child(call, "callee"), "object")!)}.${method}`
  }
}
