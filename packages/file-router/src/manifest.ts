import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import * as platform from "node:path"
import { type FoundFile, type ScanOptions, scanRoutes } from "./scan.ts"

export interface ManifestOptions extends ScanOptions {
  /** The module to write. Default: `routes.generated.ts` beside the folder of the routes. */
  readonly manifest?: string
  /** How the manifest imports TypeScript: by the file as it is (default), or by what a compiler makes of it. */
  readonly importExtension?: ".ts" | ".js"
}

/** Whether a manifest says what the files say. */
export interface ManifestState {
  readonly manifest: string
  readonly upToDate: boolean
  /** `missing`: there is no such file. `different`: files came, went or moved, or it was edited. */
  readonly reason?: "missing" | "different"
}

/**
 * The text of a manifest: static imports of every route file and layer, their paths, and `addRoutes(scope)`. Nothing is
 * loaded for it; the compiler holds each route to its place when it compiles the manifest, and so does its start.
 * @throws what {@link scanRoutes} throws
 * @see {@link writeManifest}
 */
export async function generateManifest(options: ManifestOptions): Promise<string> {
  const found = await scanRoutes(options)
  const from = specifierOf(manifestOf(options), options.folder, platform)
  const isCompiled = options.importExtension === ".js"
  const specifier = (file: string): string => {
    const extension = isCompiled ? file.replace(/\.(m?)tsx?$/, ".$1js") : file
    return JSON.stringify(`${from}/${extension}`)
  }
  const layers = [...new Set(found.flatMap((one) => one.layers))].sort()
  const layerName = (file: string): string => `layer${layers.indexOf(file)}`
  return `${[
    `// Written from the files of ${JSON.stringify(from)}${isCompiled ? AS_JS : ""} by @ashlar/file-router: do not edit.`,
    ...(found.length === 0 ? [] : ['import { fileRoute, mountRoutes, type RouteTarget } from "@ashlar/file-router"']),
    ...layers.map((file) => `import ${layerName(file)} from ${specifier(file)}`),
    ...found.map(({ file }, index) => `import * as module${index} from ${specifier(file)}`),
    "",
    ...found.map((one, index) => `const file${index} = ${placed(one, `module${index}`, layerName)}`),
    ...(found.length === 0 ? EMPTY : whole(found)),
  ].join("\n")}\n`
}

/**
 * Writes the manifest when it says something else than the files do. Whoever reads it meanwhile sees the old or the new
 * one, whole.
 * @returns whether it had to be written
 * @throws what {@link scanRoutes} throws
 * @example await writeManifest({ folder: "src/routes" }) // writes src/routes.generated.ts
 */
export async function writeManifest(options: ManifestOptions): Promise<boolean> {
  const path = manifestOf(options)
  const text = await generateManifest(options)
  if ((await readIfThere(path)) === text) return false
  await mkdir(platform.dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.tmp`
  try {
    await writeFile(draft, text)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  return true
}

/**
 * Writes a manifest anew when its files came, went or moved; what it is made from, it says itself. For tools that are
 * given a module and do not know what wrote it.
 * @returns undefined when the module is no manifest, or there is none; otherwise whether it had to be written.
 * @throws what {@link scanRoutes} throws
 */
export async function renewManifest(manifest: string): Promise<boolean | undefined> {
  const [, from, asJs] = WRITTEN.exec((await readIfThere(manifest)) ?? "") ?? []
  if (from === undefined) return undefined
  const folder = platform.resolve(platform.dirname(manifest), JSON.parse(from) as string)
  return writeManifest({ folder, manifest, ...(asJs && { importExtension: ".js" }) })
}

/**
 * Says whether the manifest is what {@link writeManifest} would write: for builds, which must not use an old one.
 * @throws what {@link scanRoutes} throws
 */
export async function checkManifest(options: ManifestOptions): Promise<ManifestState> {
  const manifest = manifestOf(options)
  const text = await readIfThere(manifest)
  if (text === undefined) return { manifest, upToDate: false, reason: "missing" }
  // Git may have given it the line ends of another system.
  const upToDate = text.replaceAll("\r\n", "\n") === (await generateManifest(options))
  return upToDate ? { manifest, upToDate } : { manifest, upToDate, reason: "different" }
}

const AS_JS = ", compiled,"
const WRITTEN = /^\/\/ Written from the files of ("(?:[^"\\]|\\.)*")(, compiled,)? by @ashlar\/file-router:/

function manifestOf({ folder, manifest }: ManifestOptions): string {
  return manifest ?? platform.join(platform.resolve(folder), "..", "routes.generated.ts")
}

/** How a module names a folder in its imports, whatever its system's separator. */
export function specifierOf(
  module: string,
  folder: string,
  { dirname, relative, resolve, sep }: Pick<typeof platform, "dirname" | "relative" | "resolve" | "sep">,
): string {
  const way = relative(dirname(resolve(module)), resolve(folder))
    .split(sep)
    .join("/")
  if (way === "") return "."
  return way.startsWith("../") || way === ".." ? way : `./${way}`
}

function placed({ file, path, keys, layers }: FoundFile, module: string, layerName: (file: string) => string): string {
  const above = layers.length === 0 ? "" : `, layers: [${layers.map(layerName).join(", ")}]`
  const place = `{ file: ${JSON.stringify(file)}, path: ${JSON.stringify(path)}, keys: ${JSON.stringify(keys)}${above} }`
  return `fileRoute(${place}, ${module})`
}

const ADD = "/** Adds the routes of all files, each inside the layers of its folders. */"
const RECORD = "/** The routes by place and method: what typed clients read. */"
const EMPTY = [RECORD, "export const routes = {}", "", ADD, "export function addRoutes(_scope: unknown): void {}"]

function whole(found: readonly FoundFile[]): string[] {
  return [
    "",
    RECORD,
    `export const routes = ${nested(found)}`,
    "",
    ADD,
    "export function addRoutes(scope: RouteTarget): void {",
    `  mountRoutes(scope, [${found.map((_, index) => `file${index}`).join(", ")}])`,
    "}",
  ]
}

interface Branch {
  own: string | undefined
  readonly children: Map<string, Branch>
}

/** `{ ...file0.routes, users: { $id: file1.routes } }` */
function nested(found: readonly FoundFile[]): string {
  const root: Branch = { own: undefined, children: new Map() }
  found.forEach(({ keys }, index) => {
    let here = root
    for (const key of keys) {
      const next = here.children.get(key) ?? { own: undefined, children: new Map() }
      here.children.set(key, next)
      here = next
    }
    here.own = `file${index}.routes`
  })
  return written(root)
}

function written({ own, children }: Branch): string {
  if (children.size === 0) return own ?? "{}"
  const members = [...children].map(([key, branch]) => `${JSON.stringify(key)}: ${written(branch)}`)
  return `{ ${[...(own === undefined ? [] : [`...${own}`]), ...members].join(", ")} }`
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8")
  } catch (cause) {
    if ((cause as { code?: string }).code === "ENOENT") return undefined
    throw cause
  }
}
