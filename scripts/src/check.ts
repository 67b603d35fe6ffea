/** `npm run check`: everything that is true of the source without running the product. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { Glob } from "bun"

const root = join(import.meta.dir, "..", "..")
const bin = (name: string): string => join(root, "node_modules", ".bin", name)
const projects = [
  ...new Glob("{packages,platform,sdk,apps,examples,conformance}/*/tsconfig.json").scanSync({ cwd: root }),
]
const alone = ["bench/tsconfig.json", "scripts/tsconfig.json"].filter((path) => existsSync(join(root, path)))

const checks: readonly (readonly [name: string, command: string[]])[] = [
  ["format and lint", [bin("biome"), "check", "--error-on-warnings", "."]],
  ["types", [bin("tsc"), "-b", ...projects.sort(), ...alone]],
  ["cost of types", [process.execPath, "bench/src/types/gate.ts"]],
  ["dead code", [bin("knip"), "--no-config-hints"]],
  ["rules of the house", [process.execPath, "test", "scripts/src/tidy.test.ts"]],
]

let failed = 0
for (const [name, command] of checks) {
  const started = performance.now()
  const child = Bun.spawn(command, {
    cwd: root,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, NO_COLOR: "1" },
  })
  const [out, problems, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  console.log(`${code === 0 ? "✓" : "✗"} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  if (code === 0) continue
  failed++
  console.log(`${out}${problems}`)
}
process.exitCode = failed === 0 ? 0 : 1
