import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A worker in Cloudflare's own runtime, on this machine. */
export interface Workerd {
  readonly url: string
  readonly pid: number
  /** The bundle that it runs. */
  readonly source: string
  /** What it has written to standard error by now. */
  problems(): string
  stop(): Promise<void>
}

export interface WorkerdOptions {
  /** The module whose default export is the worker. */
  readonly entry: string
  /** Text bindings: `env.NAME`. */
  readonly bindings?: Readonly<Record<string, string>>
  /** How long it may take until it listens, in milliseconds. Default 20,000. */
  readonly readyTimeoutMs?: number
}

interface Installed {
  /** The path of the program. */
  readonly default: string
  /** The latest that it knows. */
  readonly compatibilityDate: string
}

/**
 * Bundles a worker as wrangler does, without the compatibility of Node, and starts it in `workerd` on a free port. Needs
 * the package `workerd`, and Bun.
 * @example const worker = await startWorkerd({ entry: "src/worker.ts", bindings: { GREETING: "hello" } })
 */
export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const { entry, bindings = {}, readyTimeoutMs = 20_000 } = options
  // @ts-expect-error the package has no types
  const { default: binary, compatibilityDate } = (await import("workerd")) as Installed
  const folder = mkdtempSync(join(tmpdir(), "ashlar-workerd-"))
  const source = await bundleWorker(entry)
  writeFileSync(join(folder, "worker.js"), source)
  writeFileSync(join(folder, "config.capnp"), configOf(compatibilityDate, bindings))
  const child = Bun.spawn([binary, "serve", "--control-fd=1", join(folder, "config.capnp")], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  })
  const problems = collect(child.stderr)
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL")
    await child.exited
    rmSync(folder, { recursive: true, force: true })
  }
  const port = await Promise.race([portOf(child.stdout), Bun.sleep(readyTimeoutMs), child.exited.then(() => undefined)])
  if (typeof port !== "number") {
    await stop()
    throw new AggregateError([], `workerd did not start:\n${problems()}`)
  }
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, source, problems, stop }
}

/** One module, as it would be deployed: what it imports of Node stays an import, and can be seen. */
export async function bundleWorker(entry: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [entry],
    target: "browser",
    format: "esm",
    conditions: ["workerd", "worker"],
    external: ["node:*", "cloudflare:*"],
    define: { "process.env.NODE_ENV": '"production"' },
  })
  if (!built.success) throw new AggregateError(built.logs, "The worker does not build")
  return built.outputs[0]!.text()
}

function configOf(compatibilityDate: string, bindings: Readonly<Record<string, string>>): string {
  const texts = Object.entries(bindings).map(([name, text]) => `(name = ${quoted(name)}, text = ${quoted(text)})`)
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker", esModule = embed "worker.js")],
    compatibilityDate = ${quoted(compatibilityDate)},
    bindings = [${texts.join(", ")}],
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`
}

/** Text as Cap'n Proto writes it, which is as C does. */
function quoted(text: string): string {
  return JSON.stringify(text)
}

function collect(stream: ReadableStream<Uint8Array>): () => string {
  let text = ""
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) text = (text + decoder.decode(chunk, { stream: true })).slice(-20_000)
  }
  read().catch(() => undefined) // the pipe ends with the process
  return () => text
}

/** workerd says on its control channel where it listens, a line of JSON for each socket. */
function portOf(stream: ReadableStream<Uint8Array>): Promise<number | undefined> {
  return new Promise((resolve) => {
    const read = async (): Promise<void> => {
      let text = ""
      const decoder = new TextDecoder()
      for await (const chunk of stream) {
        text = (text + decoder.decode(chunk, { stream: true })).slice(-20_000)
        const port = /"event":"listen".*?"port":(\d+)/.exec(text)?.[1]
        if (port !== undefined) resolve(Number(port))
      }
      resolve(undefined)
    }
    read().catch(() => resolve(undefined))
  })
}
