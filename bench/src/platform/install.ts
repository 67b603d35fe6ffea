import { join } from "node:path"
import { freePort } from "@ashlar/core/testing/ports"
import type { Subprocess } from "bun"

const root = join(import.meta.dir, "..", "..", "..")

/** One platform in a folder of its own, with an administrator, a project and a secret key. */
export interface Install {
  readonly url: string
  readonly key: string
  /** Starts by `npm start`'s own way, and gives the milliseconds until it was ready. */
  start(): Promise<number>
  stop(): Promise<void>
  /** The processes of the running platform. */
  pids(): number[]
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
}

export async function prepareInstall(data: string): Promise<Install> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: Subprocess<"ignore", "pipe", "pipe"> | undefined
  let output = ""
  let token = ""
  let key = ""

  const collect = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const chunk of stream) output += new TextDecoder().decode(chunk)
  }
  const start = async (): Promise<number> => {
    const started = performance.now()
    child = Bun.spawn(["node", join(root, "scripts", "run.mjs"), "start", "--port", String(port), "--data", data], {
      cwd: root,
      env: { ...process.env, NO_COLOR: "1" },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    })
    void collect(child.stdout)
    void collect(child.stderr)
    for (;;) {
      const answer = await fetch(`${url}/health/ready`).catch(() => undefined)
      if (answer?.status === 200) return performance.now() - started
      if (child.exitCode !== null) throw new Error(`The platform ended at start:\n${output}`)
      await Bun.sleep(5)
    }
  }
  const stop = async (): Promise<void> => {
    child?.kill("SIGTERM")
    await child?.exited
    child = undefined
  }
  const call = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(url + path, {
      method,
      headers: { "content-type": "application/json", ...(token !== "" && { authorization: `Bearer ${token}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as Record<string, unknown>
  }
  const install: Install = {
    url,
    get key() {
      return key
    },
    start,
    stop,
    call,
    pids: () => family(child?.pid),
  }

  await start()
  for (let wait = 0; wait < 100 && !output.includes("setup?token="); wait++) await Bun.sleep(20)
  const link = /setup\?token=([\w.~-]+)/.exec(output)?.[1]
  const person = { name: "Bench", email: "bench@example.com", password: "a phrase for benchmarks" }
  token = (await call("POST", "/v1/setup", { token: link, ...person })).accessToken as string
  await call("POST", "/v1/projects", { name: "Bench" })
  key = (await call("POST", "/v1/projects/bench/keys", { kind: "secret", name: "bench" })).secret as string
  const rules = { read: "secret", create: "secret", update: "secret", delete: "secret" }
  await call("POST", "/v1/projects/bench/collections", { name: "documents", rules })
  for (const runtime of ["bun", "quickjs"]) await call("POST", "/v1/projects/bench/functions", hello(runtime))
  await stop()
  return install
}

function hello(runtime: string): object {
  const code = "export default { fetch: () => Response.json({ hello: true }) }"
  return { name: `hello-${runtime}`, runtime, code, access: "public" }
}

/** A process with all its descendants. */
function family(pid: number | undefined): number[] {
  if (pid === undefined) return []
  const children = Bun.spawnSync(["pgrep", "-P", String(pid)])
    .stdout.toString()
    .split("\n")
    .filter(Boolean)
    .map(Number)
  return [pid, ...children.flatMap(family)]
}
