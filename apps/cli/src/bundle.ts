import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { isBuiltin } from "node:module"
import { relative, resolve } from "node:path"
import type { Runtime } from "@ashlar/sdk"
import type { BunPlugin } from "bun"
import { BundleFailed, EntryMissing } from "./errors.ts"

/** One function as it is uploaded: a single ES module with everything it imports. */
export interface Bundle {
  readonly code: string
  /** Of the code's bytes, in lower-case hex: what the server names a version's content by. */
  readonly sha256: string
  readonly sizeBytes: number
}

export interface BundleOptions {
  /** The project's folder. */
  readonly folder: string
  /** Relative to the folder. */
  readonly entry: string
  readonly runtime: Runtime
}

/**
 * Bundles a function. The same sources give the same bytes.
 *
 * @throws {CLI_ENTRY_MISSING} When the entry does not exist.
 * @throws {CLI_BUNDLE_FAILED} With file and line of each error; also for what the runtime cannot have, as a file beside the code.
 */
export async function bundle({ folder, entry, runtime }: BundleOptions): Promise<Bundle> {
  const path = resolve(folder, entry)
  if (!existsSync(path))
    throw new EntryMissing(`There is no ${entry} in ${folder}. Correct \`entry\` in ashlar.toml, or create the file.`)
  const { outputs, logs, success } = await Bun.build({
    entrypoints: [path],
    root: folder,
    target: runtime === "bun" ? "bun" : "browser",
    format: "esm",
    minify: true,
    throw: false,
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: runtime === "quickjs" ? [withoutHost(folder)] : [],
  })
  const errors = logs.filter((log) => log.level === "error")
  if (!success || errors.length > 0)
    throw new BundleFailed(`Cannot bundle ${entry}:\n${errors.map((log) => describe(log, folder)).join("\n")}`)
  const [module, ...others] = outputs
  if (!module || others.length > 0)
    throw new BundleFailed(
      `Cannot bundle ${entry}: it imports files that cannot become one module (${others.map((file) => file.path).join(", ")}).`,
    )
  const code = await module.text()
  return {
    code,
    sha256: createHash("sha256").update(code).digest("hex"),
    sizeBytes: Buffer.byteLength(code),
  }
}

/** quickjs has no modules of a host; left alone, the bundler would put empty ones in their place. */
function withoutHost(folder: string): BunPlugin {
  const importers = new Map<string, string>()
  return {
    name: "without-host-modules",
    setup(build) {
      build.onResolve({ filter: /^[a-z]/ }, ({ path, importer }) => {
        if (!isBuiltin(path) && !path.startsWith("bun:")) return undefined
        importers.set(path, importer)
        return { path, namespace: "host" }
      })
      build.onLoad({ filter: /.*/, namespace: "host" }, ({ path }) => {
        const importer = importers.get(path) ?? ""
        const place = `${relative(folder, importer)}${lineOf(importer, path)}`
        throw new BundleFailed(`${place}: "${path}" does not exist in quickjs. Use the bun runtime, or leave it out.`)
      })
    },
  }
}

/** `:<line>` of an import, as well as a search for its name can tell. */
function lineOf(file: string, path: string): string {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : []
  const at = lines.findIndex((line) => line.includes(`"${path}"`) || line.includes(`'${path}'`))
  return at < 0 ? "" : `:${at + 1}`
}

function describe(log: BuildMessage | ResolveMessage, folder: string): string {
  const { position } = log
  const text = log.message.replace(/^\w*Error: /, "")
  if (!position || position.line < 1) return `  ${text}`
  const source = position.lineText.trim()
  const place = `${relative(folder, position.file)}:${position.line}:${position.column}`
  return `  ${place}: ${text}${source === "" ? "" : `\n    ${source}`}`
}
