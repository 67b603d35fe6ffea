import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import type { Subprocess } from "bun"

/** A server that a suite drives from outside. */
export interface Running {
  readonly runtime: string
  /** `http://127.0.0.1:port`, once it has started. */
  url: string
  port: number
  child: Subprocess<"ignore", "pipe", "inherit">
  /** Everything the server printed after its first line. */
  output(): string
}

const present = (path: string | undefined | null): string | undefined => (path && existsSync(path) ? path : undefined)

/**
 * Describes a suite once for each runtime, over a server of its own: `entry` prints a line of JSON with its `url` when it
 * listens. Bun runs the source, the others a bundle of it, in which the modules that follow the first keep files of
 * their own.
 */
export function onEachRuntime(
  entries: string | readonly [string, ...string[]],
  describeOn: (server: Running) => void,
  env: Readonly<Record<string, string>> = {},
): void {
  const entrypoints = typeof entries === "string" ? [entries] : [...entries]
  const entry = entrypoints[0]!
  const folder = mkdtempSync(join(tmpdir(), "ashlar-runtimes-"))
  const bundle = join(folder, `${basename(entry, ".ts")}.mjs`)
  const node = present(process.env.NODE_BIN) ?? Bun.which("node")
  const deno = present(process.env.DENO_BIN) ?? Bun.which("deno")
  const commands: [runtime: string, command: string[] | undefined][] = [
    ["bun", [process.execPath, entry]],
    ["node", node === null ? undefined : [node, bundle]],
    ["deno", deno === null ? undefined : [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle]],
  ]
  beforeAll(async () => {
    const splitting = entrypoints.length > 1
    const built = await Bun.build({ entrypoints, target: "node", outdir: folder, naming: "[name].mjs", splitting })
    expect(built.success).toBe(true)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  for (const [runtime, command] of commands) {
    if (command === undefined) {
      if (process.env.CI === "true") test(`${runtime} is installed`, () => expect(command).toBeDefined())
      else console.warn(`skipped: ${basename(entry)} on ${runtime}, which is not installed`)
      continue
    }
    describe(`on ${runtime}`, () => {
      const server = { runtime } as Running
      beforeAll(() => start(server, command, env))
      afterAll(() => server.child.kill("SIGKILL"))
      describeOn(server)
    })
  }
}

async function start(server: Running, command: string[], env: Readonly<Record<string, string>>): Promise<void> {
  server.child = Bun.spawn(command, {
    env: { ...process.env, PORT: "0", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  const started = Promise.withResolvers<string>()
  let output = ""
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder()
    for await (const chunk of server.child.stdout) {
      output += decoder.decode(chunk, { stream: true })
      const end = output.indexOf("\n")
      if (end !== -1) started.resolve(output.slice(0, end))
    }
    started.reject(new TypeError(`The server on ${server.runtime} ended: ${output}`))
  }
  void read()
  const { url } = JSON.parse(await started.promise) as { url: string }
  server.url = url
  server.port = Number(new URL(url).port)
  server.output = () => output.slice(output.indexOf("\n") + 1)
}
