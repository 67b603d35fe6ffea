/**
 * `npm run pack -- FOLDER http client …`: packages as they are published. Sources become JavaScript and declarations, the exports
 * lead to these, and what the workspace has in common becomes a version. Needs the declarations that `npm run check` emits.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { Glob } from "bun"

const root = join(import.meta.dir, "..", "..")
const transpiler = new Bun.Transpiler({ loader: "ts", target: "node" })

interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, string>>
  /** For each name the file by condition: `{ "#own-adapter": { bun: …, default: … } }`. */
  readonly imports?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly dependencies?: Readonly<Record<string, string>>
}

const [target, ...names] = process.argv.slice(2)
if (target === undefined || names.length === 0) {
  console.error("Say where to, and which packages: npm run pack -- FOLDER core http client")
  process.exit(1)
}
mkdirSync(target, { recursive: true })
for (const name of names) console.log(pack(join(root, "packages", name), target))

/** Packs one package, and answers the name of its file. */
function pack(folder: string, to: string): string {
  const staging = mkdtempSync(join(tmpdir(), "ashlar-pack-"))
  try {
    const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest
    for (const file of new Glob("**/*").scanSync({ cwd: join(folder, "src") }))
      if (!/\.(?:test|test-d)\.tsx?$/.test(file)) publish(folder, file, staging)
    writeFileSync(join(staging, "package.json"), JSON.stringify(published(manifest), null, 2))
    for (const file of ["README.md", "vendor"])
      if (existsSync(join(folder, file))) cpSync(join(folder, file), join(staging, file), { recursive: true })
    const packed = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`
    const child = Bun.spawnSync([process.execPath, "pm", "pack", "--filename", join(to, packed)], { cwd: staging })
    if (child.exitCode === 0) return packed
    throw new Error(`${manifest.name} could not be packed:\n${child.stderr}`)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function publish(folder: string, file: string, staging: string): void {
  const from = join(folder, "src", file)
  const out = join(staging, "dist", file)
  mkdirSync(dirname(out), { recursive: true })
  if (!file.endsWith(".ts")) {
    cpSync(from, out)
    return
  }
  const declarations = file.replace(/\.ts$/, ".d.ts")
  const built = join(folder, "dist", "src", declarations)
  if (!existsSync(built)) throw new Error(`There is no ${built}. Run: npm run check`)
  writeFileSync(join(staging, "dist", declarations), toJs(readFileSync(built, "utf8")))
  writeFileSync(out.replace(/\.ts$/, ".js"), toJs(transpiler.transformSync(readFileSync(from, "utf8"))))
}

/** Neighbours are JavaScript by then: those that are imported, and those that become workers. */
function toJs(text: string): string {
  return text.replace(/(["'])(\.{1,2}\/[^"'\n]*)\.ts\1/g, "$1$2.js$1")
}

function published(manifest: Manifest): object {
  const exports = Object.entries(manifest.exports).map(([path, source]) => {
    const built = builtFrom(source)
    return [path, { types: `${built}.d.ts`, default: `${built}.js` }]
  })
  const imports = Object.entries(manifest.imports ?? {}).map(([name, sources]) => [
    name,
    Object.fromEntries(Object.entries(sources).map(([condition, source]) => [condition, `${builtFrom(source)}.js`])),
  ])
  const dependencies = Object.entries(manifest.dependencies ?? {}).map(([name, version]) => [
    name,
    version === "workspace:*" ? manifest.version : version,
  ])
  return {
    ...manifest,
    files: ["dist", "vendor"],
    exports: Object.fromEntries(exports),
    imports: imports.length === 0 ? undefined : Object.fromEntries(imports),
    dependencies: Object.fromEntries(dependencies),
    devDependencies: undefined,
  }
}

/** A source's place among what is published, without its ending. */
function builtFrom(source: string): string {
  return source.replace("./src/", "./dist/").replace(/\.ts$/, "")
}
