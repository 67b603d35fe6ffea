/**
 * The files that a function's process sees: Bun, its libraries, the runner. They are put where the unprivileged user of a
 * sandbox can read them, under a name made from their contents, so that a second start finds them ready.
 */

import { createHash } from "node:crypto"
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { StartFailed } from "./errors.ts"
import type { Runtime } from "./profile.ts"
import { assembleFilter } from "./seccomp.ts"
import { type Architecture, syscallTables } from "./syscalls.ts"

export interface Stage {
  /** Where Bun is, readable for every user. */
  readonly bun: string
  /** The shared libraries of Bun, and the loader. */
  readonly libraries: readonly string[]
  readonly runners: Readonly<Record<Runtime, string>>
  readonly wasm: string
  readonly prelude: string
  /** The seccomp filter of each profile. Open anew for every process: the offset is shared. */
  readonly filters: { readonly namespaces: string; readonly dropping: string }
  /** Absolute paths; empty when the machine has no such tool. */
  readonly tools: { readonly bwrap: string; readonly prlimit: string }
  readonly setpriv: { readonly path: string; readonly libraries: readonly string[] } | undefined
}

const source = dirname(fileURLToPath(import.meta.url))
const PUBLIC_FOLDER = 0o755
const PUBLIC_FILE = 0o644

/**
 * Makes the files ready.
 *
 * @param bunPath The Bun that functions run on.
 * @param folder Where to put them; every user must be able to enter it. Default: the machine's temporary folder.
 * @throws {FUNCTIONS_START_FAILED} when they cannot be built or written.
 */
export async function openStage(bunPath: string, folder: string = tmpdir()): Promise<Stage> {
  const wasm = fileURLToPath(import.meta.resolve("@jitl/quickjs-wasmfile-release-sync/wasm"))
  const bun = realpathSync(bunPath)
  const copiesBun = process.getuid?.() === 0 && !isPublic(bun)
  const name = `ashlar-functions-${process.getuid?.() ?? 0}-${fingerprint([bun, wasm, String(copiesBun)])}`
  let path = join(folder, name)
  if (!isOwn(path)) {
    const built = mkdtempSync(join(folder, "ashlar-functions-"))
    await build(built, { wasm, bun: copiesBun ? bun : undefined })
    path = publish(built, path)
  }
  const setpriv = Bun.which("setpriv") ?? undefined
  return {
    bun: copiesBun ? join(path, "bun") : bun,
    libraries: await librariesOf(bun),
    runners: { bun: join(path, "bun.mjs"), quickjs: join(path, "quickjs.mjs") },
    wasm: join(path, "quickjs.wasm"),
    prelude: join(path, "prelude.mjs"),
    filters: { namespaces: join(path, "namespaces.bpf"), dropping: join(path, "dropping.bpf") },
    tools: { bwrap: Bun.which("bwrap") ?? "", prlimit: Bun.which("prlimit") ?? "" },
    setpriv: setpriv ? { path: setpriv, libraries: await librariesOf(setpriv) } : undefined,
  }
}

/** The name of a stage changes with everything that is in it. */
function fingerprint(outside: readonly string[]): string {
  const hash = createHash("sha256").update(Bun.version).update(process.arch)
  for (const path of outside)
    hash.update(path).update(existsSync(path) ? `${statSync(path).size} ${statSync(path).mtimeMs}` : "")
  for (const entry of readdirSync(source, { recursive: true, encoding: "utf8" }).sort())
    if (entry.endsWith(".ts") && !entry.endsWith(".test.ts"))
      hash.update(entry).update(readFileSync(join(source, entry)))
  return hash.digest("hex").slice(0, 16)
}

async function build(folder: string, files: { wasm: string; bun: string | undefined }): Promise<void> {
  const entries = {
    bun: "runtimes/bun/main.ts",
    quickjs: "runtimes/quickjs/main.ts",
    prelude: "runtimes/quickjs/prelude/boot.ts",
  }
  // In a process of its own: a bundler leaves more memory behind than an idle platform should hold.
  const builds = Object.entries(entries).map(async ([name, entry]) => {
    const target = name === "prelude" ? "--target=browser" : "--target=bun"
    const command = [process.execPath, "build", target, "--format=esm", "--minify", join(source, entry)]
    const bundler = Bun.spawn([...command, `--outfile=${join(folder, `${name}.mjs`)}`], {
      stdout: "ignore",
      stderr: "pipe",
    })
    const [code, stderr] = await Promise.all([bundler.exited, new Response(bundler.stderr).text()])
    if (code !== 0) throw new StartFailed(`The runner ${name} could not be built: ${stderr.slice(0, 500)}`)
  })
  await Promise.all(builds)
  copyFileSync(files.wasm, join(folder, "quickjs.wasm"))
  const architecture = process.arch as Architecture
  if (architecture in syscallTables) {
    writeFileSync(join(folder, "namespaces.bpf"), assembleFilter({ architecture }))
    writeFileSync(join(folder, "dropping.bpf"), assembleFilter({ architecture, dropsPrivileges: true }))
  }
  for (const file of readdirSync(folder)) chmodSync(join(folder, file), PUBLIC_FILE)
  if (files.bun !== undefined) copyFileSync(files.bun, join(folder, "bun"), constants.COPYFILE_FICLONE)
  if (files.bun !== undefined) chmodSync(join(folder, "bun"), PUBLIC_FOLDER)
  chmodSync(folder, PUBLIC_FOLDER)
}

/** Moves a built stage to its name; keeps it where it was built when another user holds the name. */
function publish(built: string, path: string): string {
  try {
    renameSync(built, path)
    return path
  } catch {
    if (!isOwn(path)) return built
    // Another process of ours was first.
    rmSync(built, { recursive: true, force: true })
    return path
  }
}

/** Is it a folder that only this user can have made and can change? */
function isOwn(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === (process.getuid?.() ?? stat.uid) && (stat.mode & 0o022) === 0
}

/** Can every user of the machine execute the file? */
function isPublic(path: string): boolean {
  if ((statSync(path).mode & 0o005) !== 0o005) return false
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
    if ((statSync(folder).mode & 0o001) === 0) return false
  return true
}

/** What the dynamic loader would load, and the loader itself. None for a static program. */
async function librariesOf(path: string): Promise<readonly string[]> {
  const ldd = Bun.which("ldd")
  if (!ldd) return []
  const run = Bun.spawn([ldd, path], { stdout: "pipe", stderr: "ignore", env: {} })
  const output = await new Response(run.stdout).text()
  const paths = [...output.matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g)].map((match) => match[1]!)
  for (const library of paths) accessSync(library, constants.R_OK)
  return [...new Set(paths)]
}
