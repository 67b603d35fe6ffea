// The bootstrap: the one file that runs before anything is installed, so it uses Node's own modules only.
// It brings the pinned Bun, installs from the lockfile, and hands over to scripts/src/<task>.ts.
// A second run finds the stamps in .cache/ and skips what is already done.
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const BUN_VERSION = "1.4.5"
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, ".cache")
const [task, ...rest] = process.argv.slice(2)

/** A line of progress on standard error, so that a `--json` command's standard output stays clean. */
function say(text) {
  process.stderr.write(`${text}\n`)
}

function fail(text) {
  say(`\n${text}`)
  process.exit(1)
}

/** Runs one set-up step with a spinner on a terminal and plain lines elsewhere; its output is shown only if it fails. */
async function step(label, command, args, options = {}) {
  const started = Date.now()
  const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
  let frame = 0
  let output = ""
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options })
  child.stdout.on("data", (chunk) => (output += chunk))
  child.stderr.on("data", (chunk) => (output += chunk))
  const spinner = process.stderr.isTTY
    ? setInterval(() => {
        frame = (frame + 1) % frames.length
        process.stderr.write(`\r${frames[frame]} ${label} ${((Date.now() - started) / 1000).toFixed(0)} s`)
      }, 100)
    : void say(`… ${label}`)
  const code = await new Promise((resolve) => {
    child.on("error", (error) => {
      output += error.message
      resolve(1)
    })
    child.on("close", resolve)
  })
  clearInterval(spinner)
  const took = `${((Date.now() - started) / 1000).toFixed(1)} s`
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K")
  if (code !== 0)
    fail(
      `✗ ${label} failed after ${took}.\n\n${output.trim().slice(-4000)}\n\nFix what it says and run the same command again.`,
    )
  say(`✓ ${label} (${took})`)
}

/**
 * The pinned Bun, as a link at .cache/bin/bun. The npm package's install script moves the platform's binary into
 * `bun/bin/bun.exe`; where install scripts are blocked it stays in `@oven/bun-*`, and works from there all the same.
 */
function installedBun() {
  const link = join(cache, "bin", process.platform === "win32" ? "bun.exe" : "bun")
  const stamp = join(cache, "bin", "version")
  if (existsSync(link) && existsSync(stamp) && readFileSync(stamp, "utf8") === BUN_VERSION) return link
  const modules = join(cache, "bun", "node_modules")
  const folders = existsSync(join(modules, "@oven")) ? readdirSync(join(modules, "@oven")).sort() : []
  for (const folder of ["bun", ...folders.map((name) => join("@oven", name))]) {
    for (const file of ["bun", "bun.exe"]) {
      const path = join(modules, folder, "bin", file)
      if (!existsSync(path) || spawnSync(path, ["--version"], { encoding: "utf8" }).stdout?.trim() !== BUN_VERSION)
        continue
      mkdirSync(dirname(link), { recursive: true })
      rmSync(link, { force: true })
      if (process.platform === "win32") copyFileSync(path, link)
      else symlinkSync(path, link)
      writeFileSync(stamp, BUN_VERSION)
      return link
    }
  }
  return undefined
}

function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"))
}

async function ensureBun() {
  const found = installedBun()
  if (found) return found
  const folder = join(cache, "bun")
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: { bun: BUN_VERSION } }))
  const npm = process.platform === "win32" ? "npm.cmd" : "npm"
  await step(`Bringing Bun ${BUN_VERSION} from npm`, npm, ["install", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: folder,
    shell: process.platform === "win32",
  })
  return (
    installedBun() ??
    fail(
      `npm installed Bun ${BUN_VERSION}, but no binary for ${process.platform}-${process.arch} runs. See https://bun.sh/docs/installation.`,
    )
  )
}

/** What decides whether dependencies must be installed again: the lockfile and every workspace's manifest. */
function manifestHash() {
  const hash = createHash("sha256")
  const { workspaces } = readJson(join(root, "package.json"))
  const folders = workspaces.flatMap((pattern) =>
    pattern.endsWith("/*")
      ? listFolders(pattern.slice(0, -2)).map((name) => join(pattern.slice(0, -2), name))
      : [pattern],
  )
  for (const file of ["bun.lock", "package.json", ...folders.sort().map((folder) => join(folder, "package.json"))]) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(file).update(readFileSync(path))
  }
  return hash.digest("hex")
}

function listFolders(path) {
  const folder = join(root, path)
  return existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, "package.json"))) : []
}

async function ensureDependencies(bun) {
  const stamp = join(cache, "installed")
  const hash = manifestHash()
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash && existsSync(join(root, "node_modules"))) return
  const frozen = process.env.ASHLAR_UPDATE_LOCKFILE ? [] : ["--frozen-lockfile"]
  await step("Installing dependencies from the lockfile", bun, ["install", ...frozen])
  writeFileSync(stamp, manifestHash())
}

const [major] = process.versions.node.split(".").map(Number)
if (major < 20) fail(`Ashlar needs Node 20 or later to start, this is ${process.version}.`)
const script = join(root, "scripts", "src", `${task}.ts`)
if (!task || !existsSync(script)) {
  const tasks = readdirSync(join(root, "scripts", "src")).filter((name) => /^[a-z-]+\.ts$/.test(name))
  fail(`Unknown task "${task ?? ""}". Known: ${tasks.map((name) => name.slice(0, -3)).join(", ")}.`)
}
mkdirSync(cache, { recursive: true })
const bun = await ensureBun()
await ensureDependencies(bun)

// The caller's folder is kept, so that `npm run ashlar -- deploy` works from a project's own folder.
const child = spawn(bun, ["--no-install", script, ...rest], {
  cwd: task === "ashlar" ? (process.env.INIT_CWD ?? process.cwd()) : root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(bun)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH}` },
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
// npm runs scripts in a shell that passes no signal on: when that is gone, whoever started it wants this to end too.
if (process.env.npm_lifecycle_event !== undefined) {
  const shell = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === shell) return
    clearInterval(watch)
    child.kill("SIGTERM")
  }, 500)
}
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)))
