import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..", "..", "..")

/** What the compiler says of one program. */
export interface TypeCheck {
  readonly instantiations: number
  /** Milliseconds in the checker, without parsing and binding. */
  readonly checkMs: number
}

/** Source files, by name. */
export type Files = ReadonlyMap<string, string>

/** Runs the repository's compiler over files. @throws with the compiler's words when they have an error. */
export async function checkTypes(files: Files): Promise<TypeCheck> {
  return inFolder(files, { noEmit: true }, (report) => parseDiagnostics(report))
}

/** What the compiler emits for those who import these files: the declarations, under the names of the files. */
export async function emitDeclarations(files: Files): Promise<Files> {
  return inFolder(files, { declaration: true, emitDeclarationOnly: true }, async (_report, folder) => {
    const emitted = new Map<string, string>()
    for (const name of files.keys()) {
      const declarations = name.replace(/\.ts$/, ".d.ts")
      emitted.set(declarations, await Bun.file(join(folder, declarations)).text())
    }
    return emitted
  })
}

async function inFolder<T>(
  files: Files,
  options: Readonly<Record<string, boolean>>,
  read: (report: string, folder: string) => T | Promise<T>,
): Promise<T> {
  // Inside the workspace, so that packages and the runtime's types are found as for any other program in it.
  const cache = join(root, "bench", "node_modules", ".cache")
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, "types-"))
  try {
    for (const [name, text] of files) await Bun.write(join(folder, name), text)
    const config = configuration([...files.keys()], { ...options, outDir: join(folder, "out") })
    await Bun.write(join(folder, "tsconfig.json"), JSON.stringify(config))
    const out = join(folder, "out", folder.slice(root.length + 1))
    return await read(await runCompiler(folder), out)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runCompiler(folder: string): Promise<string> {
  const tsc = join(root, "node_modules", ".bin", "tsc")
  // One checker: several in parallel count what they share more than once.
  const command = [tsc, "-p", folder, "--singleThreaded", "--extendedDiagnostics"]
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit", stdin: "ignore" })
  const report = await new Response(child.stdout).text()
  if ((await child.exited) === 0) return report
  throw new Error(`The generated application does not compile:\n${report.slice(0, 4000)}`)
}

function configuration(files: readonly string[], options: Readonly<Record<string, boolean | string>>): object {
  const source = (name: string): [string, string[]] => [
    `@ashlar/${name}`,
    [join(root, "packages", name, "src", "index.ts")],
  ]
  return {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      rootDir: root,
      paths: Object.fromEntries(["client", "core", "http", "validation"].map(source)),
      composite: false,
      emitDeclarationOnly: false,
      declaration: false,
      isolatedDeclarations: false,
      ...options,
    },
    files,
  }
}

/** Reads `Instantiations: 1234` and `Check time: 0.123s` from the compiler's report. */
export function parseDiagnostics(report: string): TypeCheck {
  const read = (label: string): number => {
    const text = new RegExp(`^${label}:\\s+([\\d.]+)s?$`, "m").exec(report)?.[1]
    if (text === undefined) throw new Error(`The compiler's report has no line "${label}":\n${report.slice(0, 2000)}`)
    return Number(text)
  }
  return { instantiations: read("Instantiations"), checkMs: read("Check time") * 1000 }
}
