export type { ExitCode } from "./failure.ts"
export type { Io, Prompts } from "./io.ts"
export { main } from "./main.ts"
export { openTerminal } from "./terminal.ts"
