import { mkdirSync } from "node:fs"
import { join, parse } from "node:path"
import type { Subject } from "./subject.ts"

/**
 * Every server is measured as a bundle, as it would be deployed: the same for all, so that no start is longer for the
 * number of its files. What a server loads by `import()` stays apart until it does. Gives the path of the bundle's entry.
 */
export async function bundleServer({ entry, runtime }: Subject, folder: string): Promise<string> {
  const outdir = join(folder, runtime, parse(entry).name)
  mkdirSync(outdir, { recursive: true })
  const result = await Bun.build({
    entrypoints: [join(import.meta.dir, "servers", entry)],
    target: runtime === "bun" ? "bun" : "node",
    format: "esm",
    outdir,
    splitting: true,
    naming: { entry: "[name].mjs", chunk: "[name]-[hash].mjs" },
  })
  return result.outputs.find(({ kind }) => kind === "entry-point")!.path
}
