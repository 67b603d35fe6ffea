import { join } from "node:path"
import type { DevEvent } from "./development/dev-event.ts"
import type { TestingApp } from "./testing-app.ts"

/** `ashlar dev --json`, running. */
export interface RunningDev extends AsyncDisposable {
  /** How the first load went; undefined when the command ended before it. */
  readonly first: DevEvent | undefined
  readonly url: string
  /** The next event of this type; those before it are left out. */
  next<T extends DevEvent["type"]>(type: T): Promise<Extract<DevEvent, { type: T }>>
  /** All that the command and the app have printed on standard error. */
  readonly stderr: () => string
  readonly pid: number
  /** Asks it to end, as Ctrl-C does. @returns its exit code. */
  stop(): Promise<number>
  readonly exited: Promise<number>
}

const command = join(import.meta.dir, "main.ts")
const PATIENCE_MS = 20_000

export async function startDev(
  app: TestingApp,
  argv: readonly string[] = ["--port", "0"],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningDev> {
  const child = Bun.spawn([process.execPath, command, "dev", "--json", ...argv], {
    cwd: app.folder,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, FORCE_COLOR: undefined, ...env },
  })
  let stderr = ""
  const collect = async (): Promise<void> => {
    for await (const chunk of child.stderr) stderr += new TextDecoder().decode(chunk)
  }
  void collect()
  const events = eventsOf(child.stdout)
  const next = async <T extends DevEvent["type"]>(type: T): Promise<Extract<DevEvent, { type: T }>> => {
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new TypeError(`no ${type} in time; printed: ${stderr}`)), PATIENCE_MS).unref(),
    )
    for (;;) {
      const { value, done } = await Promise.race([events.next(), late])
      if (done) throw new TypeError(`it ended before ${type}; printed: ${stderr}`)
      if (value.type === type) return value as Extract<DevEvent, { type: T }>
    }
  }
  const stop = (): Promise<number> => {
    child.kill("SIGINT")
    return child.exited
  }
  const { value: first } = await events.next()
  return {
    first,
    url: first !== undefined && first.type !== "stale" ? (first.urls[0] ?? "") : "",
    next,
    stderr: () => stderr,
    pid: child.pid,
    stop,
    exited: child.exited,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<DevEvent, undefined> {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n")) {
      yield JSON.parse(text.slice(0, end)) as DevEvent
      text = text.slice(end + 1)
    }
  }
  return undefined
}
