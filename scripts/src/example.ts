/** `npm start` in an example's folder comes here: the clone's own Bun runs the example's `src/start.ts`. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { buildConsole } from "./console-build.ts"

const name = process.argv[2] ?? ""
const folder = join(import.meta.dir, "..", "..", "examples", name)
if (!/^[a-z-]+$/.test(name) || !existsSync(join(folder, "src", "start.ts"))) {
  console.error(`No example is named "${name}".`)
  process.exit(2)
}
const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies?: object }
if (dependencies !== undefined && "@ashlar/server" in dependencies) await buildConsole() // the platform serves it
process.chdir(folder)
await import(join(folder, "src", "start.ts"))
