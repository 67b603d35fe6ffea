import { type Admin, everyItem } from "@ashlar/admin"
import { didYouMean } from "@ashlar/core"
import { isRequestError, type Project } from "@ashlar/sdk"
import type { Command } from "commander"
import { type AppliedCollection, applyCollections } from "../apply-collections.ts"
import { type AppliedFunction, applyFunctions, prepareFunctions } from "../apply-functions.ts"
import type { Cli, Outcome } from "../cli.ts"
import { openDeployNotes } from "../deploy-notes.ts"
import { WrongUsage } from "../errors.ts"
import { type Manifest, readManifest } from "../manifest.ts"
import type { Run } from "../program.ts"
import { plural, toSize, toTable } from "../text.ts"

interface DeployFlags {
  readonly force?: boolean
}

/** What somebody without any key can do in the project, whoever set it up so. */
interface Exposure {
  readonly read: readonly string[]
  /** Collections with an action beyond reading, like `todos (create)`. */
  readonly write: readonly string[]
  readonly call: readonly string[]
}

/** `deploy`. */
export function registerDeploy(program: Command, run: Run): void {
  program
    .command("deploy")
    .description("make the server what ashlar.toml says: project, collections, functions")
    .argument("[functions...]", "only these functions")
    .option("--force", "upload also what has not changed")
    .addHelpText(
      "after",
      `
Creates what is missing, applies rules and indexes, uploads an immutable version of each function that has changed,
and prints what anybody can read and call without a key. What ashlar.toml does not name is left alone.

Examples:
  ashlar deploy
  ashlar deploy hello --force --json`,
    )
    .action(run(deploy))
}

async function deploy(cli: Cli, names: readonly string[], flags: DeployFlags): Promise<Outcome> {
  const folder = cli.io.cwd
  const manifest = readManifest(folder)
  const wanted = choose(manifest, names)
  const admin = cli.admin()
  const steps = Object.keys(wanted).length * 2 + Object.keys(manifest.collections).length + 1
  const progress = cli.progress(`Deploying ${manifest.project.slug}`, steps)
  const step = <T>(item: T): T => {
    progress.advance(1)
    return item
  }
  try {
    const prepared = await Array.fromAsync(prepareFunctions(folder, cli.io.env, wanted), step)
    const project = step(await ensureProject(admin, cli.deployProject(manifest), manifest.project.name))
    const collections = await Array.fromAsync(applyCollections(admin, project.slug, manifest.collections), step)
    const options = { notes: openDeployNotes(folder), force: flags.force === true }
    const functions = await Array.fromAsync(applyFunctions(admin, project.slug, prepared, options), step)
    const anonymous = await findExposure(admin, project.slug)
    const value = { project, collections, functions, anonymous }
    progress.end()
    return { value, text: describe(collections, functions, anonymous) }
  } finally {
    progress.end()
  }
}

function choose({ functions }: Manifest, names: readonly string[]): Manifest["functions"] {
  if (names.length === 0) return functions
  const known = Object.keys(functions)
  const chosen = names.map((name) => {
    const found = functions[name]
    if (!found) throw new WrongUsage(`ashlar.toml has no function ${JSON.stringify(name)}. ${didYouMean(name, known)}`)
    return [name, found] as const
  })
  return Object.fromEntries(chosen)
}

/** A project that nobody has yet is created; one that is not the caller's is refused by its slug being taken. */
async function ensureProject(admin: Admin, slug: string, name: string): Promise<Project> {
  try {
    return await admin.projects.get(slug)
  } catch (error) {
    if (!isRequestError(error, "CONTROL_PROJECT_NOT_FOUND")) throw error
    return admin.projects.create({ slug, name })
  }
}

async function findExposure(admin: Admin, project: string): Promise<Exposure> {
  const read: string[] = []
  const write: string[] = []
  const call: string[] = []
  for await (const { name, rules } of everyItem((page) => admin.collections.list(project, page))) {
    if (rules.read === "public") read.push(name)
    const actions = (["create", "update", "delete"] as const).filter((action) => rules[action] === "public")
    if (actions.length > 0) write.push(`${name} (${actions.join(", ")})`)
  }
  for await (const { access, url } of everyItem((page) => admin.functions.list(project, page)))
    if (access === "public") call.push(admin.url + url)
  return { read, write, call }
}

function describe(
  collections: readonly AppliedCollection[],
  functions: readonly AppliedFunction[],
  anonymous: Exposure,
): string {
  const parts: string[] = []
  if (collections.length > 0)
    parts.push(
      toTable(
        ["collection", ""],
        collections.map(({ name, change }) => [name, change]),
      ),
    )
  if (functions.length > 0) {
    const rows = functions.map(({ name, change, version, runtime, sizeBytes, url }) => [
      name,
      change,
      `version ${version}`,
      runtime,
      toSize(sizeBytes),
      url,
    ])
    parts.push(toTable(["function", "", "", "", "", ""], rows))
  }
  const open = [
    ...anonymous.read.map((name) => `  read ${name}`),
    ...anonymous.write.map((what) => `  change ${what}`),
    ...anonymous.call.map((url) => `  call ${url}`),
  ]
  parts.push(
    open.length === 0
      ? "Without a key nobody can read or call anything."
      : `Without a key anybody can\n${open.join("\n")}`,
  )
  const changed = [...collections, ...functions].filter(({ change }) => change !== "unchanged").length
  parts.push(changed === 0 ? "Nothing has changed." : `Deployed ${plural(changed, "change")}.`)
  return parts.join("\n\n")
}
