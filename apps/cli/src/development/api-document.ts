import { existsSync, readFileSync } from "node:fs"
import { dirname, extname, join, relative, resolve } from "node:path"
import { InputInvalid, PackageMissing } from "../errors.ts"
import type { Io } from "../io.ts"
import { findEntry, findModule } from "./app-entry.ts"
import { type AppRuntime, describeApp } from "./app-process.ts"

/** A document as JSON. */
export type ApiDocument = Readonly<Record<string, unknown>>

export interface DocumentRequest {
  readonly kind: "openapi" | "asyncapi"
  /** The version of the API that it is of; undefined: of all. */
  readonly apiVersion?: string | undefined
  /** Refuse to write it when a schema has no form in JSON Schema. */
  readonly strict?: boolean | undefined
  readonly runtime: AppRuntime
  /** How long the app may take to load. */
  readonly timeoutMs: number
}

/**
 * The document of an app, written by the app's own `@ashlar/openapi`, with the options that the app serves it with.
 *
 * @throws {CLI_APP_MISSING} {CLI_APP_FAILED}
 * @throws {CLI_PACKAGE_MISSING} When the app has no `@ashlar/openapi`.
 */
export async function documentOfApp(io: Io, named: string | undefined, request: DocumentRequest): Promise<ApiDocument> {
  const entry = findEntry(io.cwd, named)
  const module = findModule("@ashlar/openapi/reader", entry)
  if (module === undefined)
    throw new PackageMissing(`There is no @ashlar/openapi for ${entry}. Install it with: bun add @ashlar/openapi`)
  const { kind, apiVersion, strict, runtime, timeoutMs } = request
  const options = { kind, apiVersion, ...(strict && { undescribed: "refuse" }), ...packageOf(entry) }
  const { read } = await describeApp(io, entry, { runtime, timeoutMs, reader: { module, options } })
  return read as ApiDocument
}

const FILES: ReadonlySet<string> = new Set([".json", ".yaml", ".yml"])

/**
 * A document from a file of JSON or YAML, or of an app by its entry. Throws like {@link documentOfApp}.
 *
 * @throws {CLI_INPUT_INVALID} When the file is not there, or is neither.
 */
export async function documentFrom(io: Io, name: string, request: DocumentRequest): Promise<unknown> {
  if (!FILES.has(extname(name))) return documentOfApp(io, name, request)
  const path = resolve(io.cwd, name)
  const shown = relative(io.cwd, path)
  if (!existsSync(path)) throw new InputInvalid(`There is no ${shown}. Write it with: ashlar openapi --out ${shown}`)
  const text = readFileSync(path, "utf8")
  try {
    return extname(name) === ".json" ? JSON.parse(text) : Bun.YAML.parse(text)
  } catch (cause) {
    throw new InputInvalid(`${shown} is not ${extname(name) === ".json" ? "JSON" : "YAML"}.`, { cause })
  }
}

/** What the nearest `package.json` calls the app, for one that does not say it itself. */
function packageOf(entry: string): { title: string; version: string } {
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const path = join(folder, "package.json")
    if (existsSync(path)) {
      const { name, version } = JSON.parse(readFileSync(path, "utf8")) as { name?: unknown; version?: unknown }
      return {
        title: typeof name === "string" ? name : "API",
        version: typeof version === "string" ? version : "0.0.0",
      }
    }
    if (folder === dirname(folder)) return { title: "API", version: "0.0.0" }
  }
}
