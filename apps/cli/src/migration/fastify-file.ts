import { convertHandler, FRAMEWORK } from "./answer-handler.ts"
import { FASTIFY_WORDS } from "./fastify-words.ts"
import { FileEditor, type Migration } from "./file-editor.ts"
import {
  child,
  children,
  isFunction,
  memberOf,
  type Node,
  nameOf,
  type Place,
  requiredBy,
  stringOf,
  walk,
} from "./syntax.ts"

const METHODS: ReadonlySet<string> = new Set(["get", "post", "put", "patch", "delete", "head", "options", "all"])
const PLUGIN_PARAM = /^(?:fastify|app|instance|server|router|api)$/
const REQUEST = /^_?req(?:uest)?$/
const REPLY = /^_?(?:rep(?:ly)?|res(?:ponse)?)$/

/** Turns a file of a Fastify app into one of an Ashlar app, as far as that is sure. What is not stays as it is, and is told. */
export function migrateFastifyFile(program: Node, text: string, isTyped = false): Migration {
  return new FastifyMigration(program, text, isTyped).run()
}

class FastifyMigration {
  readonly #root: Place
  readonly #file: FileEditor
  /** The names by which Fastify goes, and those of apps and of what plugins are given. */
  readonly #fastify = new Set<string>()
  readonly #owners = new Set<string>()
  /** Names that other packages brought. */
  readonly #foreign = new Set<string>()
  readonly #handled = new Set<Node>()
  readonly #imports: Node[] = []
  #makesApps = false

  constructor(program: Node, text: string, isTyped: boolean) {
    this.#root = { node: program, parent: undefined }
    this.#file = new FileEditor({ text, isTyped })
  }

  run(): Migration {
    for (const statement of children(this.#root.node, "body")) this.#import(statement)
    const places = [...walk(this.#root)]
    for (const place of places) if (place.node.type === "VariableDeclarator") this.#app(place)
    const plugins = places.filter((place) => this.#isPlugin(place))
    for (const { node } of plugins) this.#owners.add(nameOf(children(node, "params")[0])!)
    for (const plugin of plugins) this.#plugin(plugin)
    for (const place of places) if (place.node.type === "CallExpression") this.#call(place)
    for (const place of places) this.#handler(place)
    for (const place of places) this.#leftover(place)
    for (const [at, statement] of this.#imports.entries())
      if (this.#makesApps && at === 0) this.#file.edit(statement, `import { createApp } from "${FRAMEWORK}"`)
      else this.#file.remove(statement)
    return this.#file.result()
  }

  /** `import Fastify from "fastify"`, and what other packages bring. */
  #import(statement: Node): undefined {
    const from = stringOf(child(statement, "source"))
    if (statement.type !== "ImportDeclaration" || from === undefined) return
    const isFastify = from === "fastify"
    for (const one of children(statement, "specifiers")) {
      const local = nameOf(child(one, "local"))
      if (local !== undefined && !from.startsWith(".")) (isFastify ? this.#fastify : this.#foreign).add(local)
    }
    if (isFastify) this.#imports.push(statement)
  }

  /** `const app = Fastify()`, and `require`. */
  #app({ node, parent }: Place): undefined {
    const name = nameOf(child(node, "id"))
    const call = child(node, "init", "CallExpression")
    if (name === undefined || call === undefined || parent === undefined) return
    const module = requiredBy(call)
    if (module !== undefined && !module.startsWith(".")) {
      if (module !== "fastify") return void this.#foreign.add(name)
      this.#fastify.add(name)
      return this.#file.edit(parent.node, 'const { createApp } = require("@ashlar/http")')
    }
    const callee = child(call, "callee")
    const isDirect = requiredBy(callee) === "fastify"
    if (!isDirect && !this.#fastify.has(nameOf(callee) ?? "")) return
    this.#owners.add(name)
    this.#makesApps = true
    const [options] = children(call, "arguments")
    if (options !== undefined) this.#file.problem(options, "the options of Fastify: see createApp")
    if (isDirect)
      this.#file.edit(parent.node, `const { createApp } = require("@ashlar/http")\nconst ${name} = createApp()`)
    else this.#file.edit(call, "createApp()")
  }

  /** `async function routes(fastify, options) { fastify.get(…) }` */
  #isPlugin({ node }: Place): boolean {
    const params = children(node, "params")
    const name = nameOf(params[0])
    if (!isFunction(node) || name === undefined || !PLUGIN_PARAM.test(name) || params.length > 3) return false
    return children(child(node, "body"), "body").some((statement) => {
      const called = memberOf(child(callOf(child(statement, "expression")), "callee"))
      return nameOf(called?.object) === name && (METHODS.has(called!.property) || called!.property === "register")
    })
  }

  #plugin(plugin: Place): undefined {
    const { node } = plugin
    const [scope, options, done] = children(node, "params")
    const inside = [...walk({ node: child(node, "body")!, parent: plugin })]
    const own = inside.filter((place) => functionAround(place) === node)
    if (
      own.some(
        ({ node: one }) =>
          one.type === "AwaitExpression" && memberOf(child(callOf(one), "callee"))?.property !== "register",
      )
    )
      return this.#file.problem(
        node,
        "a plugin that awaits: routes are declared at once; open what it waits for as a service",
      )
    const uses = (param: Node | undefined): readonly Place[] =>
      param === undefined ? [] : inside.filter((place) => nameOf(place.node) === nameOf(param))
    if (uses(options).length > 0) this.#file.problem(uses(options)[0]!.node, "the options of a plugin")
    for (const { node: use, parent } of uses(done)) {
      const statement = parent?.parent?.node
      if (parent?.node.callee !== use || statement?.type !== "ExpressionStatement") this.#file.problem(use, "done()")
      else this.#file.remove(statement)
    }
    const type = this.#file.source.isTyped ? `: import("${FRAMEWORK}").Scope<unknown, unknown>` : ""
    const [first, last] = [scope!, done ?? options ?? scope!]
    this.#file.edit({ type: "", start: first.start, end: last.end }, nameOf(scope)! + type)
    if (node.async === true) {
      const word = this.#file.source.text.indexOf("async", node.start)
      this.#file.edit({ type: "", start: word, end: word + "async ".length }, "")
    }
  }

  #call({ node: call }: Place): undefined {
    const member = memberOf(child(call, "callee"))
    if (member === undefined || !this.#owners.has(nameOf(member.object) ?? "")) return
    const args = children(call, "arguments")
    this.#handled.add(member.object)
    if (member.property === "scope") return // migrated before
    if (METHODS.has(member.property)) this.#route(call, args)
    else if (member.property === "register") this.#register(call, args)
    else if (member.property === "listen") this.#listen(call, args)
    else this.#file.problem(call, `${nameOf(member.object)}.${member.property}()${ADVICE[member.property] ?? ""}`)
  }

  #route(call: Node, args: readonly Node[]): undefined {
    const path = stringOf(args[0])
    if (path === undefined) return this.#file.problem(args[0] ?? call, "a path that is no text")
    if (path === "*") this.#file.edit(args[0]!, '"/*"')
    else if (!/^(?:\/(?::\w+|\*$|[\w.~-]+)?)+$/.test(path))
      return this.#file.problem(args[0]!, `the path ${JSON.stringify(path)}: see the guide to routing`)
    if (args.length > 2)
      this.#file.problem(args[1]!, "the options of a route: body, query and response take schemas, hooks become layers")
  }

  #register(call: Node, [plugin, options]: readonly Node[]): undefined {
    const properties = children(options, "properties")
    const [prefix, ...others] = properties
    const isPrefix = prefix === undefined || nameOf(child(prefix, "key")) === "prefix"
    if (plugin === undefined || !isPrefix || others.length > 0 || (options !== undefined && prefix === undefined))
      return this.#file.problem(call, "the options of a plugin")
    const name = nameOf(plugin)
    const required = requiredBy(plugin)
    const isOwn = name === undefined ? required?.startsWith(".") || isFunction(plugin) : !this.#foreign.has(name)
    if (!isOwn) return this.#file.problem(call, `${name ?? required ?? "this"}, a plugin of Fastify: make it a layer`)
    const at = prefix === undefined ? '"/"' : this.#file.slice(child(prefix, "value")!)
    const callee = child(call, "callee")!
    this.#file.edit(
      { type: "", start: callee.start, end: plugin.start },
      `${this.#file.slice(child(callee, "object")!)}.scope(${at}, `,
    )
    this.#file.edit({ type: "", start: plugin.end, end: call.end }, ")")
  }

  #listen(call: Node, [options, started, ...more]: readonly Node[]): undefined {
    const given = new Map(
      children(options, "properties").map((one) => [nameOf(child(one, "key")), child(one, "value")]),
    )
    const isKnown = [...given.keys()].every((key) => key === "port" || key === "host")
    const port = given.get("port")
    if (port === undefined || !isKnown || more.length > 0) return this.#file.problem(call, "listen()")
    if (started !== undefined && (!isFunction(started) || children(started, "params").length > 0))
      return this.#file.problem(started, "what is called when it listens: listen() gives a promise")
    const isNumber = port.type === "Literal" || nameOf(child(port, "callee")) === "Number"
    const number = isNumber ? this.#file.slice(port) : `Number(${this.#file.slice(port)})`
    const host = given.get("host")
    const then = started === undefined ? "" : `.then(${this.#file.slice(started)})`
    const owner = this.#file.slice(child(child(call, "callee"), "object")!)
    this.#file.edit(
      call,
      `${owner}.listen({ port: ${number}, host: ${host ? this.#file.slice(host) : '"127.0.0.1"'} })${then}`,
    )
  }

  #handler(place: Place): undefined {
    const { node, parent } = place
    const names = children(node, "params").map(nameOf)
    // What is called `ctx` was migrated before.
    if (!isFunction(node) || names.length === 0 || names.length > 2 || names[0] === "ctx") return
    const called = memberOf(child(parent?.node, "callee"))
    const isInRoute = METHODS.has(called?.property ?? "") && this.#owners.has(nameOf(called?.object) ?? "")
    const isNamedSo = names.length === 2 && REQUEST.test(names[0] ?? "") && REPLY.test(names[1] ?? "")
    if (!isInRoute && !(isNamedSo && parent?.node.type !== "CallExpression")) return
    const nothing = [...walk(place)].find((one) => functionAround(one) === node && givesNull(one))
    if (nothing !== undefined)
      return this.#file.problem(nothing.node, "null as an answer: here it is an answer without a body")
    this.#file.add(convertHandler(place, this.#file.source, FASTIFY_WORDS))
  }

  /** `app.log`, and whatever else an app of Fastify has. */
  #leftover({ node }: Place): undefined {
    const member = memberOf(node)
    const owner = nameOf(member?.object)
    if (member === undefined || owner === undefined || !this.#owners.has(owner) || this.#handled.has(member.object))
      return
    if (!this.#file.isToldNear(node)) this.#file.problem(node, `${owner}.${member.property}`)
  }
}

const ADVICE: Readonly<Record<string, string>> = {
  addHook: ": make it a layer",
  decorate: ": make it a service",
  decorateRequest: ": a layer provides it",
  setErrorHandler: ": use onError of @ashlar/http",
}

/** The call that an expression is, also where it is awaited. */
function callOf(node: Node | undefined): Node | undefined {
  return node?.type === "AwaitExpression" ? child(node, "argument", "CallExpression") : node
}

function functionAround({ parent }: Place): Node | undefined {
  let at = parent
  while (at !== undefined && !isFunction(at.node)) at = at.parent
  return at?.node
}

function givesNull({ node, parent }: Place): boolean {
  if (node.type !== "Literal" || node.value !== null || node.raw !== "null") return false
  return parent?.node.type === "ReturnStatement" || (isFunction(parent?.node) && parent.node.body === node)
}
