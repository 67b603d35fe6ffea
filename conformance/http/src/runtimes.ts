import { existsSync } from "node:fs"
import { join } from "node:path"
import { startWorkerd } from "@ashlar/http/testing/workerd"
import type { Group } from "./case.ts"
import { type Listening, startProgram } from "./server.ts"

const app = join(import.meta.dir, "..", "app")

/** Where the app runs, and how it is started there. One more runtime is one more entry. */
export interface Runtime {
  readonly name: string
  /**
   * Which groups run here. Only those about the app, where a platform talks HTTP with the client and gives the app
   * events, and on a second variant of the same server.
   */
  readonly groups: readonly Group["about"][]
  /** The app has no WebSocket routes there. */
  readonly isSocketless?: boolean
  readonly start: () => Promise<Listening>
}

/** A runtime that may not be installed: with `CI=true` its absence is a failure, elsewhere it is said. */
export interface Candidate {
  readonly name: string
  readonly runtime: Runtime | undefined
}

const ALL: Runtime["groups"] = ["app", "connection", "frames"]

const found = (path: string | undefined | null): string | undefined => (path && existsSync(path) ? path : undefined)

/** @param folder holds the app as files of plain JavaScript, for runtimes that cannot run its source. */
export function listRuntimes(folder: string): readonly Candidate[] {
  const node = found(process.env.NODE_BIN)
  const deno = found(process.env.DENO_BIN) ?? Bun.which("deno") ?? undefined
  const bun = [process.execPath, join(app, "serve.ts")]
  const bundle = join(folder, "serve.js")
  const runDeno = [deno ?? "", "run", "--quiet", "--allow-all", "--no-lock"]
  const run = (command: readonly string[], env?: Readonly<Record<string, string>>) => () => startProgram(command, env)
  const all: readonly Candidate[] = [
    candidate("bun", ALL, run(bun)),
    // More siblings than Bun's own router takes: all requests go through ours.
    candidate("bun, own router", ["app"], run(bun, { WIDE: "1" })),
    candidate("node", ALL, node && run([node, bundle])),
    candidate("deno", ALL, deno && run([...runDeno, bundle])),
    // Connections are served one by one, which cannot be where there are WebSocket routes.
    candidate("deno without WebSocket", ["app", "connection"], deno && run([...runDeno, bundle], { SOCKETS: "0" })),
    candidate("workerd", ["app", "connection"], () => startWorkerd({ entry: join(app, "worker.ts") })),
    ...["url", "http", "rest", "alb"].map((kind) =>
      candidate(`lambda ${kind}`, ["app"], node && run([node, join(folder, "lambda.js")], { LAMBDA_FRONT: kind })),
    ),
  ]
  const wanted = process.env.RUNTIMES?.split(",")
  return all.filter(({ name }) => wanted === undefined || wanted.includes(name))
}

function candidate(name: string, groups: Runtime["groups"], start: Runtime["start"] | "" | undefined): Candidate {
  return {
    name,
    runtime: start ? { name, groups, isSocketless: name.endsWith("without WebSocket"), start } : undefined,
  }
}

/** Bundles the app for the runtimes that need it so. */
export async function bundleApp(folder: string): Promise<void> {
  const built = await Bun.build({
    entrypoints: [join(app, "serve.ts"), join(app, "lambda.ts")],
    target: "node",
    format: "esm",
    outdir: folder,
  })
  if (!built.success) throw new AggregateError(built.logs, "The app does not build")
  await Bun.write(join(folder, "package.json"), '{"type":"module"}')
}
