import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A backend in a process of its own, as `npm start` starts it. */
export interface RunningConduit {
  readonly url: string
  readonly databaseUrl: string
  stop(): Promise<void>
}

const START = join(import.meta.dir, "..", "src", "start.ts")
const START_LIMIT_MS = 20_000

/** @param env What the process finds in its environment besides a free port and a folder for its data that goes with it. */
export async function startConduit(env: Readonly<Record<string, string>> = {}): Promise<RunningConduit> {
  const folder = mkdtempSync(join(tmpdir(), "conduit-"))
  const child = Bun.spawn([process.execPath, START], {
    env: { PATH: process.env.PATH ?? "", NODE_ENV: "production", PORT: "0", DATA_FOLDER: folder, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM")
    await child.exited
    rmSync(folder, { recursive: true, force: true })
  }
  const timer = setTimeout(() => child.kill("SIGKILL"), START_LIMIT_MS)
  let output = ""
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    output += chunk
    const [, url] = /Conduit at (\S+)\/api/.exec(output) ?? []
    if (url === undefined) continue
    clearTimeout(timer)
    return { url, databaseUrl: env.DATABASE_URL ?? `sqlite:${join(folder, "conduit.db")}`, stop }
  }
  await stop()
  throw new Error(`The backend did not start. It printed: ${output}`)
}
