import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test"
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

setDefaultTimeout(180_000)

const root = join(import.meta.dir, "..", "..", "..")
const PACKAGES = ["core", "http", "validation", "websocket", "client", "openapi", "testing"] as const
/** `npm test` says where the Node is that apps run on. */
const node = process.env.NODE_BIN ?? "node"
/** Outside the workspace, where nothing is found that was not installed. */
const folder = mkdtempSync(join(tmpdir(), "ashlar-consumer-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function run(command: readonly string[], cwd = folder): Promise<string> {
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const [out, problems, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  expect([command.join(" "), code, code === 0 ? "" : out + problems]).toEqual([command.join(" "), 0, ""])
  return out
}

beforeAll(async () => {
  const projects = PACKAGES.map((name) => join("packages", name))
  await run([node, join("node_modules", "typescript", "bin", "tsc"), "-b", ...projects], root)
  await run([process.execPath, "scripts/src/pack.ts", folder, ...PACKAGES], root)
  const files = readdirSync(folder).filter((file) => file.endsWith(".tgz"))
  expect(files).toHaveLength(PACKAGES.length)
  const packed = Object.fromEntries(PACKAGES.map((name) => [`@ashlar/${name}`, `file:./ashlar-${name}-0.1.0.tgz`]))
  const manifest = {
    type: "module",
    dependencies: packed,
    overrides: packed,
    devDependencies: { "@types/node": "26.6.6", typescript: "6.0.3" },
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest))
  cpSync(join(import.meta.dir, "..", "app"), join(folder, "src"), { recursive: true })
  const compilerOptions = {
    target: "ES2024",
    module: "NodeNext",
    lib: ["ES2024", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    declaration: true,
    rootDir: "src",
    outDir: "out",
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["src"] }))
  await run([process.execPath, "install", "--no-summary"])
})

const compilers: [version: string, tsc: string][] = [
  ["6", join(folder, "node_modules", "typescript", "bin", "tsc")],
  ["7", join(root, "node_modules", "typescript", "bin", "tsc")],
]
test.each(compilers)(
  "an app that installs the packages compiles with TypeScript %s, its libraries checked too",
  async (version, tsc) => {
    expect(await run([node, tsc, "--version"])).toStartWith(`Version ${version}.`)
    await run([node, tsc, "-p", folder])
  },
)

const deno = process.env.DENO_BIN ?? Bun.which("deno")
const runtimes: [name: string, command: readonly string[] | undefined][] = [
  ["Node", [node]],
  ["Bun", [process.execPath]],
  [
    "Deno",
    deno === null ? undefined : [deno, "run", "--quiet", "--allow-all", "--node-modules-dir=manual", "--no-lock"],
  ],
]
for (const [name, command] of runtimes)
  test.skipIf(command === undefined)(`the app runs on ${name}: its client calls its server`, async () => {
    const out = await run([...command!, "out/main.js"])
    const [called, contract] = out.trim().split("\n")
    expect(JSON.parse(contract!)).toEqual([[{ author: { name: "Jane" } }], [{ session: ["books"] }], 0])
    expect(JSON.parse(called!)).toEqual([
      { id: "7", name: "Ada" },
      "HTTP_NOT_FOUND",
      { id: "1", name: "Grace" },
      3,
      { hello: true },
    ])
  })
