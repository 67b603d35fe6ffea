import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Runs one program on every runtime, as a process of its own that says `{"url": …}` in its first line. */

export interface ProgramRuntime {
  readonly name: "bun" | "node" | "deno" | "deno strict"
  /** Undefined where it is not installed: with `CI=true` a suite fails on that, elsewhere it says so. */
  readonly command: readonly string[] | undefined
  readonly env: Readonly<Record<string, string>>
}

export interface Program {
  readonly runtimes: readonly ProgramRuntime[]
  /** Removes what was built. */
  dispose(): void
}

/**
 * Builds a program for the runtimes that cannot run its source. `NODE_BIN` and `DENO_BIN` say where those are.
 * "deno strict" is Deno once more, with `STRICT=1`.
 */
export async function buildProgram(entry: string): Promise<Program> {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-program-"))
  const bundle = join(folder, "program.mjs")
  const built = await Bun.build({ entrypoints: [entry], target: "node", outdir: folder, naming: "program.mjs" })
  if (!built.success) throw new AggregateError(built.logs, `${entry} does not build`)
  const node = installed(process.env.NODE_BIN)
  const deno = installed(process.env.DENO_BIN) ?? Bun.which("deno") ?? undefined
  const onDeno = deno === undefined ? undefined : [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle]
  return {
    runtimes: [
      { name: "bun", command: [process.execPath, entry], env: {} },
      { name: "node", command: node === undefined ? undefined : [node, bundle], env: {} },
      { name: "deno", command: onDeno, env: {} },
      { name: "deno strict", command: onDeno, env: { STRICT: "1" } },
    ],
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function installed(path: string | undefined): string | undefined {
  return path && existsSync(path) ? path : undefined
}

/** A program that runs. */
export interface Running {
  readonly url: string
  readonly pid: number
  /** The lines after the first, as they come: JSON values. */
  line(): Promise<unknown>
  signal(name: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT"): void
  readonly exited: Promise<number>
}

/** Starts a program and waits for its first line. */
export async function startProgram(
  { command, env }: ProgramRuntime,
  more: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = Bun.spawn([...(command as readonly string[])], {
    env: { ...process.env, PORT: "0", ...env, ...more },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  const lines = linesOf(child.stdout)
  const line = async (): Promise<unknown> => {
    const { value } = await lines.next()
    return value === undefined ? undefined : JSON.parse(value)
  }
  const { url } = (await line()) as { url: string }
  return { url, pid: child.pid, line, signal: (name) => child.kill(name), exited: child.exited }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      yield text.slice(0, end)
      text = text.slice(end + 1)
    }
  }
}
