import type { JsonSchema } from "./json-schema.ts"
import { type Type, TypeReader, unionOf } from "./type-model.ts"
import { key, typescriptType } from "./typescript-type.ts"

/** A route, as `describeTable` of `@ashlar/http/routes` gives it. */
export interface DescribedRoute {
  readonly method: string
  readonly path: string
  readonly name?: string
  readonly input: Readonly<Record<string, JsonSchema | undefined>>
  readonly output: Readonly<Record<string, JsonSchema | null>>
  readonly errors: readonly { readonly code: string; readonly status: number }[]
  readonly meta?: Readonly<Record<string, unknown>>
  /** The constraints of the path's parameters, by parameter: `number`, `uuid`, `in a|b`, an expression. */
  readonly where?: Readonly<Record<string, string>>
}

/**
 * Writes the file that a client of another repository is made from: an `interface Routes` with what each named route takes,
 * gives and declares, and the `manifest` with which the client asks no server for its routes. An output without a schema is
 * `unknown`: what a handler returns, only its source says.
 * @param root What references in the schemas point into, where these bring no definitions of their own.
 */
export function writeRoutesFile(routes: readonly DescribedRoute[], root: unknown = {}): string {
  const reader = new TypeReader(root)
  const named = routes.filter((route) => route.name !== undefined)
  const tree = new Map<string, Tree>()
  for (const route of named) place(tree, route.name!.split("."), routeType(route, reader))
  const imports = named.some(({ meta }) => meta?.websocket !== undefined)
    ? "Manifest, RouteTypes, SocketTypes"
    : "Manifest, RouteTypes"
  return [
    "// Written by `ashlar types`. Do not edit it: write it again when the routes have changed.",
    `import type { ${imports} } from "@ashlar/client"`,
    "",
    ...[...reader.named].map(([name, type]) => `export type ${name} = ${typescriptType(type)}\n`),
    "export interface Routes {",
    ...treeLines(tree, "  "),
    "}",
    "",
    "export const manifest: Manifest = {",
    ...named.map((route) => `  ${JSON.stringify(route.name)}: ${JSON.stringify(manifestLine(route))},`),
    "}",
    "",
  ].join("\n")
}

type Tree = string | Map<string, Tree>

function place(tree: Map<string, Tree>, [first = "", ...rest]: readonly string[], type: string): void {
  if (rest.length === 0) {
    // Where one route's name begins another's, the longer one stays reachable.
    if (!tree.has(first)) tree.set(first, type)
    return
  }
  const inner = tree.get(first)
  const branch = inner instanceof Map ? inner : new Map<string, Tree>()
  tree.set(first, branch)
  place(branch, rest, type)
}

function treeLines(tree: ReadonlyMap<string, Tree>, indent: string): readonly string[] {
  return [...tree].flatMap(([name, value]) =>
    typeof value === "string"
      ? [`${indent}readonly ${key(name)}: ${value}`]
      : [`${indent}readonly ${key(name)}: {`, ...treeLines(value, `${indent}  `), `${indent}}`],
  )
}

function routeType(route: DescribedRoute, reader: TypeReader): string {
  return `RouteTypes<${[inputType(route, reader), outputType(route, reader), errorsType(route)].join(", ")}>`
}

const PARTS = ["params", "query", "headers", "body"] as const

function inputType({ path, input }: DescribedRoute, reader: TypeReader): string {
  const parts = PARTS.flatMap((part) => {
    const schema = input[part]
    if (schema !== undefined) return [`readonly ${part}: ${typescriptType(reader.read(schema))}`]
    return part === "params" && /[:*]/.test(path) ? [`readonly params: ${paramsType(path)}`] : []
  })
  return parts.length === 0 ? "unknown" : `{ ${parts.join("; ")} }`
}

function paramsType(path: string): string {
  const params = [...path.matchAll(/:([^/?]+)(\??)|\*([^/]*)/g)].map(([, name, optional, rest]) =>
    name === undefined ? `readonly ${key(rest || "*")}: string` : `readonly ${key(name)}${optional}: string`,
  )
  return `{ ${params.join("; ")} }`
}

function outputType({ output, meta }: DescribedRoute, reader: TypeReader): string {
  if (meta?.websocket !== undefined)
    return isJsonSocket(meta)
      ? "SocketTypes<unknown, unknown>"
      : "SocketTypes<string | Uint8Array, string | Uint8Array>"
  const good = Object.entries(output).filter(([status]) => status.startsWith("2"))
  const types = good.map(([, schema]): Type => (schema === null ? { kind: "null" } : reader.read(schema)))
  return types.length === 0 ? "unknown" : typescriptType(unionOf(types))
}

function errorsType(route: DescribedRoute): string {
  const declared = route.errors.map(
    ({ code, status }) => `{ readonly code: ${JSON.stringify(code)}; readonly status: ${status} }`,
  )
  const invalid = isValidated(route) ? ['{ readonly code: "HTTP_INVALID"; readonly status: 422 }'] : []
  return [...new Set([...declared, ...invalid])].join(" | ") || "never"
}

function manifestLine(route: DescribedRoute): string {
  const codes = new Set(route.errors.map(({ code }) => code))
  if (isValidated(route)) codes.add("HTTP_INVALID")
  const { method, path, meta } = route
  const told = meta?.websocket === undefined ? method : isJsonSocket(meta) ? "WS+JSON" : "WS"
  return [told, path, ...codes].join(" ")
}

function isValidated({ input }: DescribedRoute): boolean {
  return PARTS.some((part) => input[part] !== undefined)
}

function isJsonSocket({ websocket }: Readonly<Record<string, unknown>>): boolean {
  return (websocket as { messages?: unknown } | null)?.messages !== undefined
}
