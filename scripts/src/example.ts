/** `npm start` in an example's folder comes here: the clone's own Bun runs the example's `src/start.ts`. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { buildConsole } from "./console-build.ts"

const name = process.argv[2] ?? ""
const folder = join(import.meta.dir, "..", "..", "examples", name)
if (!/^[a-z-]+$/.test(name) || !existsSync(join(folder, "src", "start.ts"))) {
  console.error(`No example is named "${name}".`)
  process.exit(2)
}
await buildConsole()
process.chdir(folder)
await import(join(folder, "src", "start.ts"))
