/** `npm start`: builds the console if it changed, then starts the platform. Flags go to `ashlar up`. */
import { main } from "@ashlar/cli"
import { buildConsole } from "./console-build.ts"

await buildConsole()
process.exitCode = await main(["up", ...process.argv.slice(2)])
