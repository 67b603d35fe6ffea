import { type AppRoute, addressOf } from "./app-table.ts"

export type GraphFormat = "mermaid" | "dot"

/** What a graph is drawn from. */
export interface GraphInput {
  readonly routes: readonly AppRoute[]
  readonly services: readonly { readonly name: string; readonly definedAt: string }[]
}

type Kind = "host" | "layer" | "route" | "service"

interface Node {
  readonly id: string
  readonly label: string
  readonly kind: Kind
}

interface Graph {
  readonly nodes: readonly Node[]
  readonly edges: readonly (readonly [from: string, to: string])[]
}

/**
 * Draws the routes as a graph: a request comes in at its host, passes the layers in onion order, and ends at a route.
 * Routes behind the same layers hang on one branch, so that a scope is seen as one. Services stand beside.
 */
export function drawGraph(input: GraphInput, format: GraphFormat): string {
  const graph = toGraph(input)
  return format === "mermaid" ? toMermaid(graph) : toDot(graph)
}

function toGraph({ routes, services }: GraphInput): Graph {
  const nodes: Node[] = []
  const edges: [string, string][] = []
  const known = new Map<string, string>()
  const add = (kind: Kind, label: string): string => {
    const id = `${kind[0]}${nodes.filter((node) => node.kind === kind).length}`
    nodes.push({ id, label, kind })
    return id
  }
  /** The node at a place in the tree, made when it is first needed. */
  const at = (kind: Kind, label: string, place: string, parent: string | undefined): string => {
    const found = known.get(place)
    if (found !== undefined) return found
    const id = add(kind, label)
    known.set(place, id)
    if (parent !== undefined) edges.push([parent, id])
    return id
  }
  for (const route of routes) {
    const host = route.host ?? "any host"
    let place = JSON.stringify([host])
    let here = at("host", host, place, undefined)
    for (const layer of route.layers) {
      // The host is where the branch begins; the layer that reads it would say it twice.
      if (layer === `host ${route.host}`) continue
      place += JSON.stringify([layer])
      here = at("layer", layer, place, here)
    }
    const version = route.version === undefined ? "" : ` (version ${route.version})`
    edges.push([here, add("route", `${route.method} ${addressOf({ ...route, host: "" })}${version}`)])
  }
  for (const { name, definedAt } of services) add("service", `${name}\n${definedAt}`)
  return { nodes, edges }
}

/** @see https://mermaid.js.org/syntax/flowchart.html */
function toMermaid({ nodes, edges }: Graph): string {
  const shapes: Readonly<Record<Kind, readonly [string, string]>> = {
    host: ["([", "])"],
    layer: ["{{", "}}"],
    route: ["[", "]"],
    service: ["[(", ")]"],
  }
  const draw = ({ id, label, kind }: Node): string => {
    const [open, close] = shapes[kind]
    return `${id}${open}"${mermaidText(label)}"${close}:::${kind}`
  }
  const services = nodes.filter(({ kind }) => kind === "service")
  return [
    "flowchart LR",
    ...nodes.filter(({ kind }) => kind !== "service").map((node) => `  ${draw(node)}`),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`),
    ...(services.length === 0
      ? []
      : ['  subgraph services["Services"]', ...services.map((node) => `    ${draw(node)}`), "  end"]),
    "  classDef host stroke-width:2px",
    "  classDef layer stroke-dasharray:4 2",
    "  classDef route font-family:monospace",
    "  classDef service font-family:monospace",
  ].join("\n")
}

/** Quotes end a label, and `#…;` and tags mean something in it. */
function mermaidText(text: string): string {
  return text
    .replace(/[#&<>"`\\;]/g, (character) => `#${character.charCodeAt(0)};`)
    .replaceAll("\n", "<br>")
    .replace(/\p{Cc}/gu, " ")
}

/** @see https://graphviz.org/doc/info/lang.html */
function toDot({ nodes, edges }: Graph): string {
  const shapes: Readonly<Record<Kind, string>> = {
    host: "oval",
    layer: "hexagon",
    route: "box",
    service: "cylinder",
  }
  const draw = ({ id, label, kind }: Node): string => `${id} [label=${dotText(label)} shape=${shapes[kind]}]`
  const services = nodes.filter(({ kind }) => kind === "service")
  return [
    "digraph routes {",
    "  rankdir=LR",
    '  node [fontname="sans-serif" fontsize=11]',
    ...nodes.filter(({ kind }) => kind !== "service").map((node) => `  ${draw(node)}`),
    ...edges.map(([from, to]) => `  ${from} -> ${to}`),
    ...(services.length === 0
      ? []
      : [
          "  subgraph cluster_services {",
          '    label="Services"',
          ...services.map((node) => `    ${draw(node)}`),
          "  }",
        ]),
    "}",
  ].join("\n")
}

function dotText(text: string): string {
  const escaped = text
    .replace(/["\\]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replace(/\p{Cc}/gu, " ")
  return `"${escaped}"`
}
