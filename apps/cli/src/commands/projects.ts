import { everyItem } from "@ashlar/admin"
import { isRequestError, type Project } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import type { Run } from "../program.ts"
import { plural, toFacts, toTable } from "../text.ts"
import { type TrailFlags, tellTrail, withTrailFlags } from "./trail.ts"

/** `projects list|create|use|show|audit|delete`. */
export function registerProjects(program: Command, run: Run): void {
  const projects = program.command("projects").description("your projects on the server")
  projects.command("list").description("all projects you are a member of").action(run(list))
  projects
    .command("create")
    .description("create a project, and use it from now on")
    .argument("<name>", "its name")
    .option("--slug <slug>", "its name in addresses; derived from the name when left out")
    .option("--org <org>", "the organization that owns it; your own when left out")
    .addHelpText("after", '\nExample:\n  ashlar projects create "World atlas" --slug atlas')
    .action(run(create))
  projects.command("use").description("mean this project when none is named").argument("<slug>").action(run(use))
  projects.command("show").description("one project").argument("[slug]").action(run(show))
  withTrailFlags(projects.command("audit"))
    .addHelpText("after", "\nExample:\n  ashlar projects audit --action key --since 2026-11-01T00:00:00Z")
    .action(run(audit))
  projects
    .command("delete")
    .description("delete a project with all its collections, functions and keys")
    .argument("<slug>")
    .option("--yes", "do not ask")
    .action(run(remove))
}

async function audit(cli: Cli, flags: TrailFlags): Promise<Outcome> {
  return tellTrail(await cli.admin().audit.list(cli.project(), flags))
}

async function list(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const projects = await Array.fromAsync(everyItem((page) => admin.projects.list(page)))
  const current = cli.profile?.project
  const rows = projects.map(({ slug, name, role, organization }) => [
    slug === current ? "→" : "",
    ...[slug, name, organization?.name ?? "–", role ?? "–"],
  ])
  const text = rows.length === 0 ? "No projects yet. Create one: ashlar projects create <name>" : ""
  return { value: projects, text: text || toTable(["", "slug", "name", "organization", "your role"], rows) }
}

async function create(
  cli: Cli,
  name: string,
  { org, ...options }: { readonly slug?: string; readonly org?: string },
): Promise<Outcome> {
  const organization = org === undefined ? {} : { organization: org }
  const project = await cli.admin().projects.create({ name, ...options, ...organization })
  remember(cli, project.slug)
  return { value: project, text: `Created project ${project.slug}. Commands mean it from now on.` }
}

async function use(cli: Cli, slug: string): Promise<Outcome> {
  const project = await cli.admin().projects.get(slug)
  remember(cli, project.slug)
  return { value: project, text: `Commands mean project ${project.slug} from now on.` }
}

async function show(cli: Cli, slug: string | undefined): Promise<Outcome> {
  const project = await cli.admin().projects.get(slug ?? cli.project())
  return { value: project, text: describe(project) }
}

function describe({ slug, name, id, role, organization, createdAt }: Project): string {
  return toFacts({ slug, name, id, organization: organization?.name ?? "–", "your role": role, created: createdAt })
}

async function remove(cli: Cli, slug: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const project = await admin.projects.get(slug)
  const holds = await countHoldings(cli, slug)
  await cli.confirm(`Delete project ${project.slug} with ${holds}? There is no way back.`, options.yes)
  await admin.projects.delete(slug)
  if (cli.profile?.project === project.slug) remember(cli, undefined)
  return { value: project, text: `Deleted project ${project.slug}.` }
}

/** What would be lost, so that the question can say it. */
async function countHoldings(cli: Cli, slug: string): Promise<string> {
  const admin = cli.admin()
  try {
    const collections = await Array.fromAsync(everyItem((page) => admin.collections.list(slug, page)))
    const documents = collections.reduce((sum, { count }) => sum + count, 0)
    return `${plural(collections.length, "collection")} and ${plural(documents, "document")}`
  } catch (error) {
    if (isRequestError(error) && error.status === 403) return "all it holds"
    throw error
  }
}

/** Keeps the project as the profile's own, for this server only. */
export function remember(cli: Cli, slug: string | undefined): void {
  cli.settings.update((settings) => {
    const old = settings.profiles[cli.profileName]
    const { project: _, ...rest } = old?.url === cli.url ? old : { url: cli.url, project: undefined }
    const profile = slug === undefined ? rest : { ...rest, project: slug }
    return { ...settings, profiles: { ...settings.profiles, [cli.profileName]: profile } }
  })
}
