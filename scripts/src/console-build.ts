import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"
import { runStep } from "./step.ts"

const root = join(import.meta.dir, "..", "..")
const folder = join(root, "apps", "console")
const stamp = join(root, ".cache", "console-built")

/** Builds the console unless its sources and clients are those of the last build. */
export async function buildConsole(): Promise<void> {
  const hash = await sourceHash()
  const built = existsSync(join(folder, "dist", "index.html"))
  if (built && existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return
  await runStep("Building the console", [process.execPath, "run", "build"], { cwd: folder })
  writeFileSync(stamp, hash)
}

async function sourceHash(): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256")
  const sources = ["apps/console/{src,public}/**/*", "apps/console/*.{ts,html,json}", "sdk/*/src/**/*.ts", "bun.lock"]
  for (const pattern of sources) {
    const files = [...new Glob(pattern).scanSync({ cwd: root })].sort()
    for (const file of files) hash.update(file).update(readFileSync(join(root, file)))
  }
  return hash.digest("hex")
}
