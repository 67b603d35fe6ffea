import { mkdirSync } from "node:fs"
import { join } from "node:path"
import type { Costs } from "./measure.ts"

/** Who validates: one file each in `subjects/`. */
export const SUBJECTS = ["raw", "ashlar", "typebox", "ajv", "arktype", "valibot", "zod"] as const
export type SubjectName = (typeof SUBJECTS)[number]

/** One bundle for each subject and runtime, as it would be deployed. Gives its path. */
export async function bundleSubject(name: SubjectName, runtime: "bun" | "node", folder: string): Promise<string> {
  const outdir = join(folder, runtime)
  mkdirSync(outdir, { recursive: true })
  const result = await Bun.build({
    entrypoints: [join(import.meta.dir, "subjects", `${name}.ts`)],
    target: runtime,
    format: "esm",
    outdir,
    naming: "[name].mjs",
  })
  return result.outputs[0]!.path
}

/** Runs a subject in a process of its own. @throws with its words when it is wrong or fails. */
export async function runSubject(binary: string, bundle: string): Promise<Costs> {
  const child = Bun.spawn([binary, bundle], { stdin: "ignore", stdout: "pipe", stderr: "pipe" })
  const [code, output, problems] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if (code !== 0) throw new Error(`${bundle} ended with ${code}: ${problems.slice(0, 2000)}`)
  return JSON.parse(output) as Costs
}
