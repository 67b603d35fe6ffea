import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dir, "..", "..", "..")

/** What the compiler says of one program. */
export interface TypeCheck {
  readonly instantiations: number
  /** Milliseconds in the checker, without parsing and binding. */
  readonly checkMs: number
}

/** Runs the repository's compiler over files. @throws with the compiler's words when they have an error. */
export async function checkTypes(files: ReadonlyMap<string, string>): Promise<TypeCheck> {
  const cache = join(root, ".cache")
  mkdirSync(cache, { recursive: true })
  // Inside the clone, so that packages and the runtime's types are found as for any workspace.
  const folder = mkdtempSync(join(cache, "types-"))
  try {
    for (const [name, text] of files) await Bun.write(join(folder, name), text)
    await Bun.write(join(folder, "tsconfig.json"), JSON.stringify(configuration([...files.keys()])))
    // One checker: several in parallel count what they share more than once.
    const command = [
      join(root, "node_modules", ".bin", "tsc"),
      "-p",
      folder,
      "--singleThreaded",
      "--extendedDiagnostics",
    ]
    const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit", stdin: "ignore" })
    const output = await new Response(child.stdout).text()
    if ((await child.exited) !== 0)
      throw new Error(`The generated application does not compile:\n${output.slice(0, 4000)}`)
    return parseDiagnostics(output)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function configuration(files: readonly string[]): object {
  const source = (name: string): string => join(root, "packages", name, "src", "index.ts")
  return {
    extends: join(root, "tsconfig.base.json"),
    compilerOptions: {
      rootDir: root,
      paths: {
        "@ashlar/http": [source("http")],
        "@ashlar/validation": [source("validation")],
        "@ashlar/core": [source("core")],
      },
      composite: false,
      emitDeclarationOnly: false,
      declaration: false,
      isolatedDeclarations: false,
      noEmit: true,
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
