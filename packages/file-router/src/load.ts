import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { type FileRoute, fileRoute, type LayerExport, mountRoutes, type RouteTarget } from "./file-route.ts"
import { type ScanOptions, scanRoutes } from "./scan.ts"

/** What a manifest exports, made at run time. */
export interface LoadedRoutes {
  readonly files: readonly FileRoute[]
  /** Adds the routes of all files, each inside the layers of its folders. */
  addRoutes(scope: RouteTarget): void
}

/**
 * Finds and imports the routes of a folder: for development and tests. It looks at the file system and knows no types;
 * what is deployed imports the manifest.
 * @throws what {@link scanRoutes} and {@link fileRoute} throw, and what a module throws when it is imported
 * @example
 * const { addRoutes } = await loadRoutes({ folder: "src/routes" })
 * addRoutes(app)
 */
export async function loadRoutes(options: ScanOptions): Promise<LoadedRoutes> {
  const found = await scanRoutes(options)
  const load = async (file: string): Promise<Readonly<Record<string, unknown>>> =>
    import(pathToFileURL(resolve(options.folder, file)).href)
  const files: FileRoute[] = []
  for (const { file, path, keys, layers } of found) {
    const above = await Promise.all(layers.map(async (one) => (await load(one)).default as LayerExport))
    files.push(fileRoute({ file, path, keys, layers: above }, await load(file)))
  }
  return { files, addRoutes: (scope) => mountRoutes(scope, files) }
}
