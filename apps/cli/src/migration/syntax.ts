import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { ParserMissing, SourceUnreadable } from "../errors.ts"

/** A node of a syntax tree, as ESTree has it. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [member: string]: unknown
}

/** Where a node is in the tree. */
export interface Place {
  readonly node: Node
  readonly parent: Place | undefined
}

interface Parser {
  parseSync(
    name: string,
    text: string,
  ): { readonly program: Node; readonly errors: readonly { readonly message: string }[] }
}

/** Large, and of use only here: whoever migrates installs it. */
const PACKAGE = "oxc-parser"

/**
 * Loads the parser: the project's own, or that which was installed beside the command.
 * @throws {CLI_PARSER_MISSING} with the command that installs it.
 */
export async function loadParser(
  cwd: string,
  command: string = import.meta.dirname,
): Promise<(name: string, text: string) => Node> {
  const { parseSync } = await importFrom([cwd, command])
  return (name, text) => {
    const { program, errors } = parseSync(name, text)
    if (errors.length > 0) throw new SourceUnreadable(`${name} is no JavaScript or TypeScript: ${errors[0]!.message}`)
    return program
  }
}

async function importFrom(folders: readonly string[]): Promise<Parser> {
  for (const folder of folders) {
    try {
      const path = createRequire(join(folder, "package.json")).resolve(PACKAGE)
      return (await import(pathToFileURL(path).href)) as Parser
    } catch {
      // It is not there; it may be in the next place.
    }
  }
  throw new ParserMissing(`This reads source with ${PACKAGE}. Install it: npm install --save-dev ${PACKAGE}`)
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string"
}

/** Every node below a place, with it. */
export function* walk(place: Place): Generator<Place> {
  yield place
  for (const [member, value] of Object.entries(place.node)) {
    if (member === "parent") continue
    for (const one of Array.isArray(value) ? value : [value]) if (isNode(one)) yield* walk({ node: one, parent: place })
  }
}

/** A member, where it is a node of this type. */
export function child(node: Node | undefined, member: string, type?: string): Node | undefined {
  const value = node?.[member]
  return isNode(value) && (type === undefined || value.type === type) ? value : undefined
}

export function children(node: Node | undefined, member: string): readonly Node[] {
  const value = node?.[member]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** The name of an identifier. */
export function nameOf(node: Node | undefined): string | undefined {
  return node?.type === "Identifier" ? (node.name as string) : undefined
}

/** The text of a string literal. */
export function stringOf(node: Node | undefined): string | undefined {
  return node?.type === "Literal" && typeof node.value === "string" ? node.value : undefined
}

/** `a.b` with the name of its property; computed ones only where that is a literal. */
export function memberOf(node: Node | undefined): { readonly object: Node; readonly property: string } | undefined {
  const object = child(node, "object")
  if (node?.type !== "MemberExpression" || object === undefined) return undefined
  const inner = child(node, "property")
  const property = node.computed === true ? stringOf(inner) : nameOf(inner)
  return property === undefined ? undefined : { object, property }
}

export function isFunction(node: Node | undefined): node is Node {
  return node !== undefined && /^(?:ArrowFunctionExpression|FunctionExpression|FunctionDeclaration)$/.test(node.type)
}

/** Whether an identifier names a value, and no member or key. */
export function isReference({ node, parent }: Place): boolean {
  const above = parent?.node
  if (above === undefined) return true
  if (above.type === "MemberExpression" && above.property === node && above.computed !== true) return false
  return !(above.type === "Property" && above.key === node && above.computed !== true && above.shorthand !== true)
}

/** What `require("…")` asks for. */
export function requiredBy(node: Node | undefined): string | undefined {
  if (node?.type !== "CallExpression" || nameOf(child(node, "callee")) !== "require") return undefined
  return stringOf(children(node, "arguments")[0])
}
