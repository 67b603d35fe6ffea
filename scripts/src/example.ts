/**
 * `npm start` in an example's folder comes here: the clone's own Bun runs the example's `src/start.ts`. With `RUNTIME=node`
 * or `RUNTIME=deno` it is built for that runtime, which is brought at its first use, and runs there.
 */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { buildConsole } from "./console-build.ts"
import { ensureDeno, ensureNode } from "./requirements.ts"

const name = process.argv[2] ?? ""
const folder = join(import.meta.dir, "..", "..", "examples", name)
if (!/^[a-z-]+$/.test(name) || !existsSync(join(folder, "src", "start.ts"))) {
  console.error(`No example is named "${name}".`)
  process.exit(2)
}
const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { dependencies?: object }
if (dependencies !== undefined && "@ashlar/server" in dependencies) await buildConsole() // the platform serves it
process.chdir(folder)
const { RUNTIME: runtime = "bun" } = process.env
if (runtime === "bun") await import(join(folder, "src", "start.ts"))
else if (runtime === "node" || runtime === "deno") await runOn(runtime)
else {
  console.error(`Expected RUNTIME to be bun, node or deno, got "${runtime}".`)
  process.exit(2)
}

async function runOn(name: "node" | "deno"): Promise<void> {
  // Beside `src`, so that what the program finds by its own place stays where it was.
  const built = await Bun.build({
    entrypoints: [join(folder, "src", "start.ts")],
    target: "node",
    outdir: join(folder, "dist"),
    naming: "start.mjs",
  })
  if (!built.success) throw new AggregateError(built.logs, "The example does not build")
  const program = join(folder, "dist", "start.mjs")
  // What is kept is kept in the example's own folder.
  const grants = ["--allow-net", "--allow-env", "--allow-read", "--allow-sys", `--allow-write=${folder}`]
  const command =
    name === "node"
      ? [await ensureNode(), program]
      : [await ensureDeno(), "run", "--quiet", "--no-lock", ...grants, program]
  const child = Bun.spawn(command, { stdin: "inherit", stdout: "inherit", stderr: "inherit" })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal))
  process.exitCode = await child.exited
}
