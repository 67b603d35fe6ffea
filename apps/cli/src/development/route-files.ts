import { relative } from "node:path"
import { AppFailed, PackageMissing } from "../errors.ts"
import { findModule } from "./app-entry.ts"

/** Whether the manifest of a folder of route files says what the files say. */
export interface ManifestState {
  /** Its path, from where the command runs. */
  readonly manifest: string
  readonly upToDate: boolean
  readonly reason?: "missing" | "different"
}

/** The parts of `@ashlar/file-router/generator` that are used here. The app brings it, in whatever version it has. */
interface Generator {
  checkManifest(options: { folder: string }): Promise<ManifestState>
  writeManifest(options: { folder: string }): Promise<boolean>
}

/**
 * Writes the manifest of a folder of route files.
 *
 * @throws {CLI_PACKAGE_MISSING} When the app has no file router.
 * @throws {CLI_APP_FAILED} When the files cannot be routes.
 */
export async function writeRouteFiles(cwd: string, folder: string): Promise<{ manifest: string; written: boolean }> {
  const generator = await loadGenerator(folder)
  const written = await told(generator.writeManifest({ folder }))
  const { manifest } = await told(generator.checkManifest({ folder }))
  return { manifest: relative(cwd, manifest), written }
}

/** Looks at the manifest without writing. Throws like {@link writeRouteFiles}. */
export async function checkRouteFiles(cwd: string, folder: string): Promise<ManifestState> {
  const state = await told((await loadGenerator(folder)).checkManifest({ folder }))
  return { ...state, manifest: relative(cwd, state.manifest) }
}

async function loadGenerator(folder: string): Promise<Generator> {
  const path = findModule("@ashlar/file-router/generator", folder)
  if (path === undefined)
    throw new PackageMissing(
      `There is no @ashlar/file-router for ${folder}. Install it with: bun add @ashlar/file-router`,
    )
  return (await import(path)) as Generator
}

/** What the app's own packages throw has codes of another copy of the framework: it is told with its code in the text. */
async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const { code, message } = cause as { code?: unknown; message?: unknown }
    if (typeof code !== "string" || typeof message !== "string") throw cause
    throw new AppFailed(`${code}: ${message}`, { cause, details: { code } })
  }
}
