import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..")
let building: Promise<void> | undefined

function newestMs(path: string): number {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(0, ...readdirSync(path).map((name) => newestMs(join(path, name))))
}

function isFresh(): boolean {
  const manifest = join(root, "dist", "manifest.json")
  if (!existsSync(manifest)) return false
  const sources = [
    "src",
    "public",
    "index.html",
    "vite.config.ts",
    "package.json",
    "../../sdk/js/src",
    "../../sdk/admin/src",
  ]
  return Math.max(...sources.map((name) => newestMs(join(root, name)))) <= statSync(manifest).mtimeMs
}

/** Builds the console unless what is built is newer than all it is made from. */
export function ensureBuilt(): Promise<void> {
  building ??= (async () => {
    if (isFresh()) return
    const build = Bun.spawn([process.execPath, "run", "build"], { cwd: root, stdout: "ignore", stderr: "inherit" })
    if ((await build.exited) !== 0)
      throw new Error("The console did not build; `bun run build` in apps/console says why.")
  })()
  return building
}
