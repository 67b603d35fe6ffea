import { everyItem } from "@ashlar/admin"
import type { CollectionInfo, FieldPath, Index, IndexKind, IndexRequest, Rule, RuleLevel, Rules } from "@ashlar/sdk"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { WrongUsage } from "../errors.ts"
import { choice, commaList, type Run } from "../program.ts"
import { plural, toFacts, toTable } from "../text.ts"

type RuleOptions = { readonly [A in keyof Rules]?: RuleLevel | "none" }

const actions = ["read", "create", "update", "delete"] as const
const words = ["public", "publishable", "user", "secret", "none"]

/** `collections list|create|show|rules|indexes|delete`. */
export function registerCollections(program: Command, run: Run): void {
  const collections = program.command("collections").description("the project's collections of documents")
  collections.command("list").description("all collections").action(run(list))
  withRules(
    collections
      .command("create")
      .description("create a collection; without rules only members of the project reach it")
      .argument("<name>")
      .option("--index <fields>", "index these fields, like region,-area; repeatable", collect, [])
      .addHelpText("after", "\nExample:\n  ashlar collections create countries --read public --index region,-area"),
  ).action(run(create))
  collections.command("show").description("one collection").argument("<name>").action(run(show))
  withRules(
    collections
      .command("rules")
      .description("show or change who may do what without being a member")
      .argument("<name>")
      .addHelpText("after", "\nExample:\n  ashlar collections rules countries --read public --create secret"),
  ).action(run(changeRules))
  collections
    .command("indexes")
    .description("show or change the indexes")
    .argument("<name>")
    .option("--add <fields>", "index these fields, like region,-area", commaList)
    .addOption(choice("--kind <kind>", "what the fields hold", ["scalar", "any", "members"]).default("scalar"))
    .option("--unique", "no two documents with the same values")
    .option("--drop <name>", "drop this index")
    .action(run(changeIndexes))
  collections
    .command("delete")
    .description("delete a collection with all its documents")
    .argument("<name>")
    .option("--yes", "do not ask")
    .action(run(remove))
}

function withRules(command: Command): Command {
  for (const action of actions) command.addOption(choice(`--${action} <who>`, `who may ${action}`, words))
  return command
}

function collect(fields: string, before: string[][]): string[][] {
  return [...before, commaList(fields)]
}

function toRules(options: RuleOptions): Partial<Rules> | undefined {
  const chosen = actions.flatMap((action) => {
    const who = options[action]
    return who === undefined ? [] : [[action, who === "none" ? null : who] as const]
  })
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen)
}

async function list(cli: Cli): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const found = await Array.fromAsync(everyItem((page) => admin.collections.list(project, page)))
  const rows = found.map(({ name, count, rules, indexes }) => [
    name,
    count.toLocaleString("en"),
    ...actions.map((action) => showRule(rules[action]) ?? "–"),
    String(indexes.length),
  ])
  const none = "No collections yet. Create one: ashlar collections create <name>"
  return {
    value: found,
    text: rows.length === 0 ? none : toTable(["name", "documents", ...actions, "indexes"], rows),
  }
}

async function create(cli: Cli, name: string, options: RuleOptions & { index: string[][] }): Promise<Outcome> {
  const rules = toRules(options)
  const indexes: IndexRequest[] = options.index
  const created = await cli.admin().collections.create(cli.project(), {
    name,
    ...(rules === undefined ? {} : { rules }),
    ...(indexes.length === 0 ? {} : { indexes }),
  })
  return { value: created, text: `Created collection ${name}.\n\n${describe(created)}` }
}

async function show(cli: Cli, name: string): Promise<Outcome> {
  const found = await cli.admin().collections.get(cli.project(), name)
  return { value: found, text: describe(found) }
}

async function changeRules(cli: Cli, name: string, options: RuleOptions): Promise<Outcome> {
  const rules = toRules(options)
  const admin = cli.admin()
  const changed = rules
    ? await admin.collections.update(cli.project(), name, { rules })
    : await admin.collections.get(cli.project(), name)
  return { value: changed.rules, text: describeRules(changed.rules) }
}

interface IndexOptions {
  readonly add?: string[]
  readonly kind: IndexKind
  readonly unique?: boolean
  readonly drop?: string
}

async function changeIndexes(cli: Cli, name: string, options: IndexOptions): Promise<Outcome> {
  const admin = cli.admin()
  const project = cli.project()
  const { add, drop, kind, unique = false } = options
  let { indexes } = await admin.collections.get(project, name)
  if (drop !== undefined && !indexes.some((index) => index.name === drop))
    throw new WrongUsage(
      `There is no index ${drop}. There is: ${indexes.map((index) => index.name).join(", ") || "none"}.`,
    )
  if (add !== undefined || drop !== undefined) {
    const kept: IndexRequest[] = indexes.filter((index) => index.name !== drop)
    const wanted: IndexRequest[] = add === undefined ? kept : [...kept, { fields: add, kind, unique }]
    const changed = await admin.collections.update(project, name, { indexes: wanted })
    indexes = changed.indexes
  }
  return { value: indexes, text: describeIndexes(indexes) || "No indexes." }
}

async function remove(cli: Cli, name: string, options: { readonly yes?: boolean }): Promise<Outcome> {
  const admin = cli.admin()
  const found = await admin.collections.get(cli.project(), name)
  const holds = plural(found.count, "document")
  await cli.confirm(`Delete collection ${name} with ${holds}? There is no way back.`, options.yes)
  await admin.collections.delete(cli.project(), name)
  return { value: found, text: `Deleted collection ${name} with ${holds}.` }
}

function describe(collection: CollectionInfo): string {
  const { name, count, createdAt, indexes } = collection
  const parts = [toFacts({ name, documents: count, created: createdAt }), describeRules(collection.rules)]
  return [...parts, describeIndexes(indexes)].filter(Boolean).join("\n\n")
}

function describeRules(rules: Rules): string {
  return toFacts(Object.fromEntries(actions.map((action) => [action, showRule(rules[action]) ?? "members only"])))
}

/** A rule with conditions as `ashlar.toml` has it, on one line. */
function showRule(rule: Rule): string | null {
  return typeof rule === "object" && rule !== null ? `user ${JSON.stringify(rule)}` : rule
}

function describeIndexes(indexes: readonly Index[]): string {
  const rows = indexes.map(({ name, fields, kind, unique }) => [
    name,
    fields.map(({ path, direction }) => (direction === "desc" ? "-" : "") + showPath(path)).join(", "),
    kind,
    unique ? "unique" : "",
  ])
  return rows.length === 0 ? "" : toTable(["index", "fields", "kind", ""], rows)
}

function showPath(path: FieldPath): string {
  return typeof path === "string" ? path : path.map((segment) => JSON.stringify(segment)).join(".")
}
