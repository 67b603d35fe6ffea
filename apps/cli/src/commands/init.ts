import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { basename, dirname, join, resolve } from "node:path"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { FolderNotEmpty } from "../errors.ts"
import type { Run } from "../program.ts"
import { projectFiles } from "../template.ts"

/** `init`. */
export function registerInit(program: Command, run: Run): void {
  program
    .command("init")
    .description("start a project: ashlar.toml, one function, one collection")
    .argument("[folder]", "where; made when it does not exist", ".")
    .addHelpText("after", "\nExample:\n  ashlar init todo && cd todo && ashlar deploy")
    .action(run(init))
}

async function init(cli: Cli, target: string): Promise<Outcome> {
  const folder = resolve(cli.io.cwd, target)
  const name = basename(folder)
  const files = projectFiles({ slug: toSlug(name), name })
  const taken = Object.keys(files).filter((path) => existsSync(join(folder, path)))
  if (taken.length > 0)
    throw new FolderNotEmpty(`${folder} has ${taken.join(", ")} already. Choose another folder, or move it away.`)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text, { flag: "wx" })
  }
  const paths = Object.keys(files)
  const next = [...(target === "." ? [] : [`cd ${target}`]), "ashlar deploy"].join(" && ")
  return {
    value: { folder, slug: toSlug(name), files: paths },
    text: `Started a project in ${folder}: ${paths.join(", ")}\nNext: ${next}`,
  }
}

/** A folder's name as a slug: 2 to 40 of a-z, 0-9 and -, beginning with a letter. */
export function toSlug(name: string): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{Mn}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40)
    .replace(/-+$/, "")
  return slug.length < 2 || slug === "self" || slug === "new" ? `my-${slug || "project"}` : slug
}
