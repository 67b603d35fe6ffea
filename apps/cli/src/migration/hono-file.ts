import { FRAMEWORK } from "./answer-handler.ts"
import { FileEditor, type Migration } from "./file-editor.ts"
import { convertHonoHandler } from "./hono-handler.ts"
import { child, children, isFunction, memberOf, type Node, nameOf, type Place, stringOf, walk } from "./syntax.ts"

const METHODS: ReadonlySet<string> = new Set(["get", "post", "put", "patch", "delete", "options", "all"])

/** What is known of a file beside its text. */
export interface HonoFile {
  readonly text: string
  readonly isTyped?: boolean
  /** Whether another file mounts its apps by `route()`: then they are scopes. */
  readonly isMounted?: boolean
}

/** Turns a file of a Hono app into one of an Ashlar app, as far as that is sure. What is not stays as it is, and is told. */
export function migrateHonoFile(program: Node, file: HonoFile): Migration {
  return new HonoMigration(program, file).run()
}

/** The files that a file mounts: what it imports and gives to `route()`, as it names them. */
export function mountedFiles(program: Node): readonly string[] {
  const mounted = new Set<string>()
  for (const { node } of walk({ node: program, parent: undefined }))
    if (memberOf(child(node, "callee"))?.property === "route") {
      const name = nameOf(children(node, "arguments")[1])
      if (name !== undefined) mounted.add(name)
    }
  return children(program, "body").flatMap((statement) => {
    const from = stringOf(child(statement, "source"))
    const isMounted = children(statement, "specifiers").some((one) => mounted.has(nameOf(child(one, "local")) ?? ""))
    return from?.startsWith(".") && isMounted ? [from] : []
  })
}

class HonoMigration {
  readonly #program: Node
  readonly #file: FileEditor
  readonly #isMounted: boolean
  #hono: string | undefined
  #serve: string | undefined
  readonly #apps = new Set<string>()
  readonly #routers = new Map<string, Node>()
  readonly #routed = new Map<string, Node[]>()
  readonly #handled = new Set<Node>()
  readonly #imports: Node[] = []

  constructor(program: Node, { text, isTyped = false, isMounted = false }: HonoFile) {
    this.#program = program
    this.#file = new FileEditor({ text, isTyped })
    this.#isMounted = isMounted
  }

  run(): Migration {
    const statements = children(this.#program, "body")
    for (const statement of statements) this.#import(statement)
    const mounted = this.#mountedHere()
    for (const statement of statements) this.#declaration(statement, mounted)
    for (const statement of statements) this.#statement(statement)
    const places = [...walk({ node: this.#program, parent: undefined })]
    for (const place of places) this.#handler(place)
    for (const place of places) this.#leftover(place)
    this.#writeImports()
    for (const [name, declaration] of this.#routers)
      this.#file.wrap({ name, declaration, calls: this.#routed.get(name) ?? [], program: this.#program })
    return this.#file.result()
  }

  #import(statement: Node): undefined {
    const from = stringOf(child(statement, "source"))
    if (statement.type !== "ImportDeclaration" || from === undefined) return
    const specifiers = children(statement, "specifiers")
    const localOf = (name: string): string | undefined =>
      nameOf(
        child(
          specifiers.find((one) => nameOf(child(one, "imported")) === name),
          "local",
        ),
      )
    if (from === "hono") {
      this.#hono ??= localOf("Hono")
      this.#imports.push(statement)
    } else if (from === "@hono/node-server" && specifiers.length === 1 && localOf("serve") !== undefined) {
      this.#serve = localOf("serve")
      this.#file.remove(statement)
    } else if (/^hono\/|^@hono\//.test(from))
      this.#file.problem(statement, `what is imported from ${from}${ADVICE[from] ?? ""}`)
  }

  /** The names that this file mounts itself. */
  #mountedHere(): ReadonlySet<string> {
    const names = [...walk({ node: this.#program, parent: undefined })].flatMap(({ node }) =>
      memberOf(child(node, "callee"))?.property === "route" ? (nameOf(children(node, "arguments")[1]) ?? []) : [],
    )
    return new Set(names)
  }

  /** `const app = new Hono()` */
  #declaration(statement: Node, mounted: ReadonlySet<string>): undefined {
    const declaration = statement.type === "ExportNamedDeclaration" ? child(statement, "declaration") : statement
    for (const declared of children(declaration, "declarations")) {
      const name = nameOf(child(declared, "id"))
      const made = child(declared, "init")
      if (name === undefined || made === undefined || this.#hono === undefined) continue
      if (made.type === "CallExpression" && this.#isChain(made)) {
        this.#file.problem(declared, "routes in a chain: write app.get(…) for each")
        this.#apps.add(name)
      }
      if (made.type !== "NewExpression" || nameOf(child(made, "callee")) !== this.#hono) continue
      if (children(made, "arguments").length > 0) this.#file.problem(made, "the options of Hono")
      if (!this.#isMounted && !mounted.has(name)) {
        this.#apps.add(name)
        this.#file.edit(made, "createApp()")
      } else if (declaration !== statement) this.#file.problem(statement, `${name}: export it after its routes`)
      else this.#routers.set(name, statement)
    }
  }

  #isChain(call: Node): boolean {
    let at: Node | undefined = call
    while (at?.type === "CallExpression") at = memberOf(child(at, "callee"))?.object
    return at?.type === "NewExpression" && nameOf(child(at, "callee")) === this.#hono
  }

  #statement(statement: Node): undefined {
    const call = child(statement, "expression", "CallExpression")
    if (call === undefined) return
    if (this.#serve !== undefined && nameOf(child(call, "callee")) === this.#serve) return this.#listen(call)
    const callee = child(call, "callee")
    const member = memberOf(callee)
    const owner = nameOf(member?.object)
    if (member === undefined || owner === undefined || !(this.#apps.has(owner) || this.#routers.has(owner))) return
    this.#handled.add(member.object)
    if (this.#routers.has(owner)) this.#routed.set(owner, [...(this.#routed.get(owner) ?? []), statement])
    const args = children(call, "arguments")
    if (METHODS.has(member.property)) this.#route(call, args)
    else if (member.property === "route" && stringOf(args[0]) !== undefined && nameOf(args[1]) !== undefined)
      this.#file.edit(child(callee, "property")!, "scope")
    else this.#file.problem(call, `${owner}.${member.property}()${ADVICE[member.property] ?? ""}`)
  }

  #route(call: Node, args: readonly Node[]): undefined {
    const path = stringOf(args[0])
    if (path === undefined) return this.#file.problem(args[0] ?? call, "a path that is no text")
    if (path === "*" || path === "/*") this.#file.edit(args[0]!, '"/*path"')
    else if (!/^(?:\/(?::\w+\??|[\w.~-]+)?)+$/.test(path))
      return this.#file.problem(args[0]!, `the path ${JSON.stringify(path)}: see the guide to routing`)
    if (args.length > 2) this.#file.problem(args[1]!, "middleware of one route: a schema, or a layer: { layers: [it] }")
  }

  /** `serve({ fetch: app.fetch, port: 3000 })` */
  #listen(call: Node): undefined {
    const [given, started] = children(call, "arguments")
    const properties = new Map(
      children(given, "properties").map((one) => [nameOf(child(one, "key")), child(one, "value")]),
    )
    const fetched = memberOf(properties.get("fetch"))
    const owner = nameOf(given) ?? nameOf(fetched?.object)
    const isKnown = [...properties.keys()].every((key) => key === "fetch" || key === "port" || key === "hostname")
    const isQuiet = started === undefined || (isFunction(started) && children(started, "params").length === 0)
    if (owner === undefined || !this.#apps.has(owner) || !isKnown || !isQuiet)
      return this.#file.problem(call, "serve()")
    if (fetched !== undefined) this.#handled.add(fetched.object)
    const [port, host] = [properties.get("port"), properties.get("hostname")]
    const isNumber = port?.type === "Literal" || nameOf(child(port, "callee")) === "Number"
    const number = port === undefined ? "3000" : isNumber ? this.#file.slice(port) : `Number(${this.#file.slice(port)})`
    const then = started === undefined ? "" : `.then(${this.#file.slice(started)})`
    const at = host === undefined ? '"0.0.0.0"' : this.#file.slice(host)
    this.#file.edit(call, `${owner}.listen({ port: ${number}, host: ${at} })${then}`)
  }

  /** The functions that routes are given, and those whose context has its type. */
  #handler(place: Place): undefined {
    const { node, parent } = place
    const [param] = children(node, "params")
    if (!isFunction(node) || param === undefined) return
    const called = memberOf(child(parent?.node, "callee"))
    const owner = nameOf(called?.object) ?? ""
    const isInRoute = METHODS.has(called?.property ?? "") && (this.#apps.has(owner) || this.#routers.has(owner))
    const isNamedSo = parent?.node.type !== "CallExpression" && isOfHono(this.#file.slice(node), nameOf(param) ?? "")
    if (isInRoute || isNamedSo) this.#file.add(convertHonoHandler(place, this.#file.source))
  }

  /** `app.request()`, and whatever else an app of Hono has. */
  #leftover({ node }: Place): undefined {
    const member = memberOf(node)
    const owner = nameOf(member?.object)
    if (member === undefined || owner === undefined || this.#handled.has(member.object)) return
    if (!(this.#apps.has(owner) || this.#routers.has(owner)) || member.property === "fetch") return
    if (!this.#file.isToldNear(node)) this.#file.problem(node, `${owner}.${member.property}`)
  }

  #writeImports(): undefined {
    for (const [at, statement] of this.#imports.entries())
      if (at === 0 && this.#apps.size > 0) this.#file.edit(statement, `import { createApp } from "${FRAMEWORK}"`)
      else this.#file.remove(statement)
  }
}

/** Whether a function answers as handlers of Hono do, and not yet as those of Ashlar. */
function isOfHono(source: string, name: string): boolean {
  if (!/^(?:c|ctx|context)$/.test(name)) return false
  const uses = (members: string): boolean => new RegExp(`\\b${name}\\.(?:${members})\\b`).test(source)
  return uses("req") || (uses("json|text|html|body|notFound") && !uses("params|headers|url|read|empty|request"))
}

const ADVICE: Readonly<Record<string, string>> = {
  use: ": make it a layer",
  onError: ": use onError of @ashlar/http",
  notFound: ': make it the route of "/*path"',
  "hono/http-exception": ": throw an error of @ashlar/http",
  "hono/validator": ": a schema for body, query or params",
  "@hono/zod-validator": ": a schema for body, query or params",
}
