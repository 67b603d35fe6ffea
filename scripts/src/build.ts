/** `npm run build`: the console, ready to be served. */
import { buildConsole } from "./console-build.ts"

await buildConsole()
