import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root, type Workspace } from "./workspaces.ts"

/** One row of the table under "## Layers" in docs/architecture.md. */
export interface Layer {
  readonly name: string
  /** The workspaces' names, without `@ashlar/`. */
  readonly packages: readonly string[]
  readonly mayImport: readonly string[]
}

export const ARCHITECTURE = "docs/architecture.md"

/** Imports against the table, each with why it is right. */
const EXCEPTIONS: readonly { readonly from: string; readonly to: string; readonly because: string }[] = [
  { from: "cli", to: "server", because: "`ashlar up` starts the platform; it loads it when it is run" },
  {
    from: "cli",
    to: "openapi",
    because: "`ashlar openapi diff` compares documents of any origin; it is loaded when run",
  },
]

export function readArchitecture(): string {
  return readFileSync(join(root, ARCHITECTURE), "utf8")
}

/** The first table after the heading; empty when there is none. */
export function parseLayers(markdown: string): readonly Layer[] {
  const section = /^## Layers$([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(markdown)?.[1] ?? ""
  const rows = section.split("\n").filter((line) => line.startsWith("|"))
  return rows.slice(2).map((row) => {
    const [, name = "", packages = "", mayImport = ""] = row.split("|").map((cell) => cell.replaceAll("`", "").trim())
    return { name, packages: names(packages), mayImport: names(mayImport) }
  })
}

function names(cell: string): string[] {
  return cell
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
}

/** Every workspace has its place in the table, and the table names nothing else. */
export function checkTable(layers: readonly Layer[], workspaces: readonly Workspace[]): string[] {
  const listed = layers.flatMap(({ packages }) => packages)
  const existing = new Set(workspaces.map(shortName))
  const known = new Set(layers.map(({ name }) => name))
  return [
    ...[...existing]
      .filter((name) => listed.filter((other) => other === name).length !== 1)
      .map((name) => `${name}: must be in exactly one layer. Correct the table under "## Layers" in ${ARCHITECTURE}.`),
    ...listed
      .filter((name) => !existing.has(name))
      .map((name) => `${name}: is in a layer and is no workspace. Take it out of the table in ${ARCHITECTURE}.`),
    ...layers.flatMap(({ name, mayImport }) =>
      mayImport
        .filter((other) => !known.has(other))
        .map((other) => `${name}: may import "${other}", which is no layer. Correct the table in ${ARCHITECTURE}.`),
    ),
  ]
}

/** No manifest lists a workspace of a layer that its own layer may not import. */
export function checkManifests(layers: readonly Layer[], workspaces: readonly Workspace[]): string[] {
  const layerOf = (name: string) => layers.find(({ packages }) => packages.includes(name))
  return workspaces.flatMap((workspace) => {
    const from = shortName(workspace)
    const own = layerOf(from)
    return dependenciesOf(workspace).flatMap((to) => {
      const other = layerOf(to)
      const isAllowed = own === undefined || other === undefined || own.mayImport.includes(other.name)
      if (isAllowed || EXCEPTIONS.some((exception) => exception.from === from && exception.to === to)) return []
      const may = own.mayImport.length > 0 ? own.mayImport.join(", ") : "nothing"
      return `${workspace.folder}/package.json: lists @ashlar/${to} of the layer "${other.name}", but "${own.name}" may import ${may}. Turn the dependency round, or let them meet through a port that the upper one wires.`
    })
  })
}

export function shortName({ manifest }: Workspace): string {
  return manifest.name.replace(/^@ashlar\//, "")
}

function dependenciesOf({ manifest }: Workspace): string[] {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies } = manifest
  return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies, ...peerDependencies })
    .filter((name) => name.startsWith("@ashlar/"))
    .map((name) => name.slice("@ashlar/".length))
}
