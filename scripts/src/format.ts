/** `npm run format`: writes every file as the formatter would. */
import { join } from "node:path"

const root = join(import.meta.dir, "..", "..")
const biome = join(root, "node_modules", ".bin", "biome")
const child = Bun.spawn([biome, "check", "--write", "."], { cwd: root, stdio: ["ignore", "inherit", "inherit"] })
process.exitCode = await child.exited
