import { Interrupted } from "./errors.ts"
import type { Io, Prompts } from "./io.ts"

/** A second Ctrl-C, or one that is not done with within this time, ends the process: longer than a server drains. */
const PATIENCE_MS = 20_000

/** The terminal of this process. */
export function openTerminal(): Io {
  const { stdin, stdout, stderr, env } = process
  const interrupt = new AbortController()
  let asked = false
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (asked) process.exit(130)
      asked = true
      interrupt.abort(new Interrupted())
      setTimeout(() => process.exit(130), PATIENCE_MS).unref()
    })
  }
  // A reader that has seen enough (`ashlar logs | head`) is no failure.
  stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1))
  const interactive = stdin.isTTY === true && stderr.isTTY === true && !env.CI
  return {
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    stdin: () => new Response(Bun.stdin.stream()).text(),
    env,
    cwd: process.cwd(),
    prompts: interactive ? terminalPrompts() : undefined,
    keys: interactive && stdout.isTTY === true ? terminalKeys : undefined,
    lines: interactive ? terminalLines : undefined,
    live: stderr.isTTY === true && env.TERM !== "dumb",
    colors: env.NO_COLOR === undefined && (env.FORCE_COLOR !== undefined || stdout.isTTY === true),
    columns: stderr.columns || 80,
    signal: interrupt.signal,
  }
}

async function* terminalLines(prompt: () => string): AsyncGenerator<string> {
  const { createInterface } = await import("node:readline")
  const lines = createInterface({ input: process.stdin, output: process.stderr, prompt: prompt() })
  lines.on("SIGINT", () => lines.close())
  try {
    lines.prompt()
    for await (const line of lines) {
      yield line
      lines.setPrompt(prompt())
      lines.prompt()
    }
  } finally {
    lines.close()
  }
}

const CTRL_C = "\u0003"

function terminalKeys(onKey: (key: string) => void): () => void {
  const { stdin } = process
  // In this mode the terminal sends no signal for Ctrl-C.
  const read = (data: Buffer): void => {
    for (const key of data.toString()) key === CTRL_C ? process.kill(process.pid, "SIGINT") : onKey(key)
  }
  stdin.setRawMode(true)
  stdin.on("data", read)
  stdin.resume()
  return () => {
    stdin.off("data", read)
    stdin.setRawMode(false)
    stdin.pause()
  }
}

/** Questions are drawn on standard error, so that standard output stays the command's result. */
function terminalPrompts(): Prompts {
  const output = process.stderr
  async function ask<T>(question: (clack: typeof import("@clack/prompts")) => Promise<T>): Promise<Exclude<T, symbol>> {
    const clack = await import("@clack/prompts")
    const answer = await question(clack)
    if (clack.isCancel(answer)) throw new Interrupted("Cancelled. Nothing was changed.")
    return answer as Exclude<T, symbol>
  }
  const needed = (value: string | undefined) => (value ? undefined : "A value is needed.")
  return {
    text: (message, initial) =>
      ask((clack) =>
        clack.text({ message, output, validate: needed, ...(initial === undefined ? {} : { initialValue: initial }) }),
      ),
    password: (message) => ask((clack) => clack.password({ message, output, validate: needed })),
    confirm: (message) => ask((clack) => clack.confirm({ message, output, initialValue: false })),
  }
}
