import { existsSync } from "node:fs"
import { join } from "node:path"

const app = join(import.meta.dir, "..", "app")

/** Where the app runs, and how it is started there. One more runtime is one more entry. */
export interface Runtime {
  readonly name: string
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /**
   * Whether the groups about the connection run here. They do not where a platform talks HTTP with the client and gives
   * the app events, nor on a second variant of the same server.
   */
  readonly connections: boolean
}

/** A runtime that may not be installed: with `CI=true` its absence is a failure, elsewhere it is said. */
export interface Candidate {
  readonly name: string
  readonly runtime: Runtime | undefined
}

const found = (path: string | undefined | null): string | undefined => (path && existsSync(path) ? path : undefined)

/** @param bundle the app as one file of plain JavaScript, for runtimes that cannot run its source. */
export function listRuntimes(bundle: string): readonly Candidate[] {
  const node = found(process.env.NODE_BIN)
  const deno = found(process.env.DENO_BIN) ?? Bun.which("deno") ?? undefined
  const start = [process.execPath, join(app, "serve.ts")]
  const all: readonly Candidate[] = [
    candidate("bun", start),
    // More siblings than Bun's own router takes: all requests go through ours.
    candidate("bun, own router", start, { env: { WIDE: "1" }, connections: false }),
    candidate("node", node && [node, bundle]),
    candidate("deno", deno && [deno, "run", "--quiet", "--allow-all", "--no-lock", bundle]),
  ]
  const wanted = process.env.RUNTIMES?.split(",")
  return all.filter(({ name }) => wanted === undefined || wanted.includes(name))
}

function candidate(
  name: string,
  command: readonly string[] | "" | undefined,
  more: Omit<Partial<Runtime>, "name" | "command"> = {},
): Candidate {
  return { name, runtime: command ? { name, command, connections: true, ...more } : undefined }
}

/** Bundles the app for the runtimes that need it so. */
export async function bundleApp(folder: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(app, "serve.ts")],
    target: "node",
    outdir: folder,
    naming: "serve.mjs",
  })
  if (!built.success) throw new AggregateError(built.logs, "The app does not build")
  return join(folder, "serve.mjs")
}
