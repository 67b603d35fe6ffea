import { readFileSync } from "node:fs"
import type { Subprocess } from "bun"
import type { Runtime } from "./runtimes.ts"

/** One server of the suite's app, in a process of its own. */
export interface Server {
  readonly runtime: Runtime
  readonly port: number
  readonly url: string
  /** The resident memory of the process, in MB. */
  memoryMb(): number
  /** The exit code, when the process has ended. */
  readonly ended: number | undefined
  /** What the process wrote to standard error. */
  problems(): string
  stop(): Promise<void>
}

const READY_MS = 30_000

/** Starts the app on a runtime, and waits until it listens: it says so in its first line, as `{"url": …}`. */
export async function startServer(runtime: Runtime): Promise<Server> {
  const child = Bun.spawn([...runtime.command], {
    env: { ...process.env, ...runtime.env, NODE_ENV: "production", PORT: "0" },
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
  const url = await Promise.race([
    readUrl(child),
    Bun.sleep(READY_MS).then(() => undefined),
    child.exited.then(() => undefined),
  ])
  if (url === undefined) {
    child.kill("SIGKILL")
    throw new Error(`The app does not start on ${runtime.name}:\n${problems}`)
  }
  return {
    runtime,
    url,
    port: Number(new URL(url).port),
    memoryMb: () => residentMb(child.pid),
    get ended() {
      return child.exitCode ?? (child.signalCode === null ? undefined : -1)
    },
    problems: () => problems,
    async stop() {
      child.kill("SIGKILL")
      await child.exited
    },
  }
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

function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
  return Number(kilobytes) / 1024
}
