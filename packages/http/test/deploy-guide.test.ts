import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { startWorkerd } from "@ashlar/http/testing/workerd"
import { albEvent, httpEvent, restEvent, urlEvent } from "./lambda-events.ts"
import { type Invoke, installAwsLambda } from "./lambda-runtime.ts"

/** Every program of the guide to deployment is compiled, and run as its platform would. */

const root = join(import.meta.dir, "..", "..", "..")
const guide = readFileSync(join(root, "docs", "guides", "deploy.md"), "utf8")
const programs = new Map(
  [...guide.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map((match) => [match[1]!, match[2]!] as const),
)
const cache = join(import.meta.dir, "..", "node_modules", ".cache")
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, "deploy-"))
const path = (name: string): string => join(folder, name)

beforeAll(() => {
  for (const [name, text] of programs) {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const HELLO = { hello: "world" }
const module = async <T>(name: string): Promise<T> => (await import(path(name))) as T
const ask = async (url: string): Promise<unknown> => (await fetch(url)).json()

/** Starts a server that says where it listens, asks it, and stops it as an orchestrator does. */
async function serve(command: readonly string[]): Promise<void> {
  const child = Bun.spawn([...command], {
    env: { ...process.env, PORT: "0", FUNCTION_TARGET: "api" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  })
  try {
    const { value } = await child.stdout.getReader().read()
    const url = /http:\/\/\S+/.exec(new TextDecoder().decode(value))?.[0]
    expect(await ask(url!)).toEqual(HELLO)
    child.kill("SIGTERM")
    expect(await child.exited).toBe(0)
  } finally {
    child.kill("SIGKILL")
  }
}

const runs: Readonly<Record<string, () => Promise<void>>> = {
  "server.ts": async () => {
    await serve([process.execPath, path("server.ts")])
    const built = await Bun.build({
      entrypoints: [path("server.ts")],
      target: "node",
      outdir: folder,
      naming: "server.mjs",
    })
    expect(built.success).toBe(true)
    const { NODE_BIN: node = Bun.which("node"), DENO_BIN: deno = Bun.which("deno") } = process.env
    if (node) await serve([node, path("server.mjs")])
    if (deno) await serve([deno, "run", "--quiet", "--no-lock", "--allow-net", "--allow-env", path("server.mjs")])
  },
  "ready.ts": () => serve([process.execPath, path("ready.ts")]),
  "worker.ts": async () => {
    const worker = await startWorkerd({ entry: path("worker.ts"), bindings: { GREETING: "world" } })
    try {
      expect(await ask(worker.url)).toEqual(HELLO)
    } finally {
      await worker.stop()
    }
  },
  "lambda.ts": async () => {
    const { handler } = await module<{ handler: (event: object, context: object) => Promise<{ body: string }> }>(
      "lambda.ts",
    )
    for (const event of [
      restEvent({ path: "/" }),
      httpEvent({ rawPath: "/" }),
      urlEvent({ rawPath: "/" }),
      albEvent({ path: "/" }),
    ])
      expect(JSON.parse((await handler(event, {})).body)).toEqual(HELLO)
  },
  "lambda-stream.ts": async () => {
    const runtime = installAwsLambda()
    const { handler } = await module<{ handler: Invoke }>("lambda-stream.ts")
    const { body } = await handler(urlEvent({ rawPath: "/" }), {})
    runtime.uninstall()
    expect(JSON.parse(body.toString())).toEqual(HELLO)
  },
  "api/index.ts": async () => {
    const { default: vercel } = await module<{ default: { fetch(request: Request): Promise<Response> } }>(
      "api/index.ts",
    )
    expect(await (await vercel.fetch(new Request("https://x.example/"))).json()).toEqual(HELLO)
  },
  "netlify/functions/api.ts": async () => {
    type Api = { default: (request: Request, context: { ip: string }) => Promise<Response>; config: { path: string } }
    const { default: handler, config } = await module<Api>("netlify/functions/api.ts")
    const response = await handler(new Request("https://x.example/"), { ip: "192.0.2.1" })
    expect([config.path, await response.json()]).toEqual(["/*", { ...HELLO, from: "192.0.2.1" }])
  },
  "index.ts": async () => {
    await module("index.ts")
    const { getTestServer } = await import("@google-cloud/functions-framework/testing")
    const server = getTestServer("api")
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    try {
      expect(await ask(`http://127.0.0.1:${(server.address() as { port: number }).port}/`)).toEqual(HELLO)
    } finally {
      server.close()
    }
  },
  // Outside of Azure's worker a function is only registered; what it answers is in azure.test.ts.
  "src/functions/api.ts": async () => {
    await module("src/functions/api.ts")
  },
}

describe("the guide to deployment", () => {
  test("has programs, and each has a platform here", () => {
    expect([...programs.keys()].toSorted()).toEqual(Object.keys(runs).toSorted())
    expect(guide.match(/```ts\n/g)?.length).toBe(programs.size)
  })

  test("has programs that compile", async () => {
    writeFileSync(
      path("tsconfig.json"),
      JSON.stringify({
        extends: join(root, "tsconfig.base.json"),
        compilerOptions: { composite: false, isolatedDeclarations: false, noEmit: true, rootDir: "/" },
        files: [...programs.keys()],
      }),
    )
    const child = Bun.spawn([join(root, "node_modules", ".bin", "tsc"), "-p", folder], { stdout: "pipe" })
    expect(await new Response(child.stdout).text()).toBe("")
  }, 30_000)

  for (const [name, run] of Object.entries(runs)) test(`runs ${name}`, run, 30_000)
})
