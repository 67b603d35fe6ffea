import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Subject } from "./subject.ts"

/**
 * Every server is measured as one bundle, as it would be deployed: the same for all, so that no start is longer for the
 * number of its files. Gives the bundle's path.
 */
export async function bundleServer({ entry, runtime }: Subject, folder: string): Promise<string> {
  const outdir = join(folder, runtime)
  mkdirSync(outdir, { recursive: true })
  const result = await Bun.build({
    entrypoints: [join(import.meta.dir, "servers", entry)],
    target: runtime === "bun" ? "bun" : "node",
    format: "esm",
    outdir,
    naming: "[name].mjs",
  })
  return result.outputs[0]!.path
}
