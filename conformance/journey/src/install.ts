import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Subprocess } from "bun"

const root = join(import.meta.dir, "..", "..", "..")

/** One install of the product, started as a user starts it: by the CLI, as a process of its own. */
export interface Install {
  readonly url: string
  readonly data: string
  /** The token of the set-up link that the start printed; undefined once there is an administrator. */
  readonly setupToken: string | undefined
  readonly pid: number
  /** All that the process printed so far. */
  output(): string
  /** Ends the process without a word, as a crash does. */
  kill(): Promise<void>
  stop(): Promise<number>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a black-box test looks at whatever came back
  readonly body: any
}

export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), "ashlar-journey-"))
}

export function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true })
}

/** Starts the platform and waits until it is ready. */
export async function startInstall(data: string, options: { port?: number; flags?: string[] } = {}): Promise<Install> {
  const port = options.port ?? (await freePort())
  const child = spawnCli(["up", "--port", String(port), "--data", data, ...(options.flags ?? [])])
  const output = collect(child)
  const url = `http://127.0.0.1:${port}`
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The platform ended at start:\n${output()}`)
    const ready = await fetch(`${url}/health/ready`).catch(() => undefined)
    if (ready?.status === 200) break
    await Bun.sleep(25)
  }
  for (let wait = 0; wait < 40 && !/Ctrl|setup\?token|Ready|ready/i.test(output()); wait++) await Bun.sleep(25)
  return {
    url,
    data,
    setupToken: /setup\?token=([\w.~-]+)/.exec(output())?.[1],
    pid: child.pid,
    output,
    kill: async () => {
      child.kill("SIGKILL")
      await child.exited
    },
    stop: async () => {
      child.kill("SIGTERM")
      return child.exited
    },
  }
}

/** Runs one CLI command to its end. */
export async function cli(
  args: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawnCli(args, options)
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, stdout, stderr }
}

function spawnCli(
  args: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([process.execPath, "--no-install", join(root, "scripts", "src", "ashlar.ts"), ...args], {
    cwd: options.cwd ?? root,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  })
}

function collect(child: Subprocess<"ignore", "pipe", "pipe">): () => string {
  let text = ""
  const drain = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
  }
  void drain(child.stdout)
  void drain(child.stderr)
  return () => text
}

export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A caller of an install: everything it sends carries the same credentials. */
export function caller(url: string, credential?: string) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get("content-type") ?? "")
    return { status: response.status, headers: response.headers, body: isJson && text !== "" ? JSON.parse(text) : text }
  }
}
