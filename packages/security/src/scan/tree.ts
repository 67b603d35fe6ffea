import { execFile } from "node:child_process"
import { lstat, readdir, readFile } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { promisify } from "node:util"
import { isLockfile } from "./lockfiles.ts"

export interface TreeFile {
  /** With `/`, relative to the folder. */
  readonly path: string
  readonly text: string
  /** Whether git keeps it; undefined where there is no git. */
  readonly isTracked: boolean | undefined
}

const MAX_FILES = 100_000
/** Of a text that people write. */
export const MAX_TEXT_BYTES = 1_000_000
/** Lockfiles of large projects have several megabytes: one that were left out would hide all that it names. */
const MAX_LOCKFILE_BYTES = 50_000_000
const SKIPPED = new Set(["node_modules", ".git", "dist", "build", "coverage", ".next", ".cache", "vendor", "target"])
const BINARY =
  /\.(?:png|jpe?g|gif|webp|avif|ico|svg|woff2?|ttf|otf|eot|pdf|zip|gz|tgz|br|zst|wasm|mp[34]|mov|sqlite|db|min\.js|map)$/i

/** The texts in a folder, one by one: those that git does not ignore, or without git all but what is built or brought in. */
export async function* treeFiles(folder: string): AsyncGenerator<TreeFile, void> {
  const listed = await gitFiles(folder)
  let count = 0
  for await (const path of listed?.all ?? walk(folder)) {
    if (BINARY.test(path) || path.split("/").some((part) => part === "node_modules")) continue
    if (++count > MAX_FILES) return
    const text = await readText(join(folder, path))
    if (text !== undefined) yield { path, text, isTracked: listed?.tracked.has(path) }
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const stat = await lstat(path) // a link may lead out of the folder
    if (!stat.isFile() || stat.size > (isLockfile(path) ? MAX_LOCKFILE_BYTES : MAX_TEXT_BYTES)) return undefined
    const bytes = await readFile(path)
    return bytes.subarray(0, 8_000).includes(0) ? undefined : bytes.toString("utf8")
  } catch {
    return undefined // gone meanwhile, or not ours to read
  }
}

async function gitFiles(folder: string): Promise<{ all: readonly string[]; tracked: ReadonlySet<string> } | undefined> {
  const list = async (...args: string[]) => {
    const options = { cwd: folder, maxBuffer: 100_000_000 }
    const { stdout } = await promisify(execFile)("git", ["ls-files", "-z", ...args], options)
    return stdout.split("\0").filter((path) => path !== "")
  }
  try {
    const [tracked, others] = await Promise.all([list("--cached"), list("--others", "--exclude-standard")])
    return { all: [...new Set([...tracked, ...others])].sort(), tracked: new Set(tracked) }
  } catch {
    return undefined // no git here, or no repository
  }
}

async function* walk(folder: string, at = folder): AsyncGenerator<string, void> {
  const entries = await readdir(at, { withFileTypes: true }).catch(() => [])
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(at, entry.name)
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* walk(folder, path)
    } else if (entry.isFile()) yield relative(folder, path).split(sep).join("/")
  }
}
