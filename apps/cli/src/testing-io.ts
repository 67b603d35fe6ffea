import type { Io, Prompts } from "./io.ts"
import { main } from "./main.ts"

/** A terminal that remembers what was printed. */
export interface RunResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Standard output as JSON: fails when it is not exactly one value. */
  readonly json: () => unknown
}

export interface RunOptions {
  readonly env?: Record<string, string>
  readonly cwd?: string
  readonly stdin?: string
  /** Answers by the start of the question; there is no terminal when this is left out. */
  readonly answers?: Record<string, string | boolean>
  readonly signal?: AbortSignal
  readonly onStdout?: (text: string) => void
  readonly onStderr?: (text: string) => void
  readonly live?: boolean
  /** Somebody who presses keys. */
  readonly keys?: Io["keys"]
  /** Somebody who types lines. */
  readonly lines?: Io["lines"]
}

/** Runs the command line as a person or a script would. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  let stdout = ""
  let stderr = ""
  const io: Io = {
    stdout: (text) => {
      stdout += text
      options.onStdout?.(text)
    },
    stderr: (text) => {
      stderr += text
      options.onStderr?.(text)
    },
    stdin: async () => options.stdin ?? "",
    env: options.env ?? {},
    cwd: options.cwd ?? "/nonexistent",
    prompts: options.answers && answering(options.answers),
    keys: options.keys,
    lines: options.lines,
    live: options.live ?? false,
    colors: false,
    columns: 120,
    signal: options.signal ?? new AbortController().signal,
  }
  const exitCode = await main(argv, io)
  return { exitCode, stdout, stderr, json: () => JSON.parse(stdout) }
}

function answering(answers: Record<string, string | boolean>): Prompts {
  const find = (message: string) => {
    const found = Object.entries(answers).find(([start]) => message.startsWith(start))
    if (!found) throw new TypeError(`no answer for: ${message}`)
    return found[1]
  }
  return {
    text: async (message) => String(find(message)),
    password: async (message) => String(find(message)),
    confirm: async (message) => find(message) === true,
  }
}
