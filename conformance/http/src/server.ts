import { existsSync, readFileSync } from "node:fs"
import type { Subprocess } from "bun"
import type { Runtime } from "./runtimes.ts"

/** A process that listens. */
export interface Listening {
  readonly url: string
  readonly pid: number
  /** What it wrote to standard error. */
  problems(): string
  stop(): Promise<void>
}

/** One server of the suite's app, in a process of its own. */
export interface Server extends Listening {
  readonly runtime: Runtime
  readonly port: number
  /** The resident memory of the process, in MB. */
  memoryMb(): number
  /** Whether the process has ended. */
  readonly ended: boolean
}

/** Starts the app on a runtime, and waits until it listens. */
export async function startServer(runtime: Runtime): Promise<Server> {
  const listening = await runtime.start()
  const status = (): string => {
    const path = `/proc/${listening.pid}/status`
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }
  return {
    ...listening,
    runtime,
    port: Number(new URL(listening.url).port),
    memoryMb: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status())?.[1]) / 1024,
    get ended() {
      return !/^VmRSS:/m.test(status())
    },
  }
}

const READY_MS = 30_000

/** Starts a program that says where it listens in its first line, as `{"url": …}`. */
export async function startProgram(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Listening> {
  const child = Bun.spawn([...command], {
    env: { ...process.env, ...env, NODE_ENV: "production", PORT: "0" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  })
  let problems = ""
  const listen = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of child.stderr)
      problems = (problems + decoder.decode(chunk, { stream: true })).slice(-20_000)
  }
  listen().catch(() => undefined) // the pipe ends with the process
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL")
    await child.exited
  }
  const late = Bun.sleep(READY_MS).then(() => undefined)
  const url = await Promise.race([readUrl(child), late, child.exited.then(() => undefined)])
  if (url === undefined) {
    await stop()
    throw new Error(`${command.join(" ")} does not start:\n${problems}`)
  }
  return { url, pid: child.pid, problems: () => problems, stop }
}

/** The address that the first line says. Reads on to the end, for a process whose pipe is closed fails when it writes. */
function readUrl(child: Subprocess<"ignore", "pipe", "pipe">): Promise<string | undefined> {
  return new Promise((resolve) => {
    const read = async (): Promise<void> => {
      let text = ""
      const decoder = new TextDecoder()
      for await (const chunk of child.stdout) {
        if (text.includes("\n")) continue
        text += decoder.decode(chunk, { stream: true })
        const line = /^(\{.*\})\n/.exec(text)?.[1]
        if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url)
      }
      resolve(undefined)
    }
    read().catch(() => resolve(undefined))
  })
}
