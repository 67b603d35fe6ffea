import { resolve } from "node:path"
import type { Command } from "commander"
import type { Cli, Outcome } from "../cli.ts"
import { findEntry } from "../development/app-entry.ts"
import { type AppRuntime, describeApp } from "../development/app-process.ts"
import { type AppTable, filterRoutes, readTable } from "../development/app-table.ts"
import { checkRouteFiles, writeRouteFiles } from "../development/route-files.ts"
import { drawGraph, type GraphFormat } from "../development/route-graph.ts"
import { diffText, layersText, routesText } from "../development/route-text.ts"
import { WrongUsage } from "../errors.ts"
import { choice, commaList, type Run, wholeNumber } from "../program.ts"

interface RouteFlags {
  readonly method?: readonly string[]
  readonly path?: string
  readonly layers?: boolean
  readonly graph?: GraphFormat
  readonly diff?: string
  readonly failOn?: "breaking" | "any"
  readonly manifest?: string
  readonly check?: boolean
  readonly runtime: AppRuntime
  readonly timeout: number
}

/** `routes`. */
export function registerRoutes(program: Command, run: Run): void {
  program
    .command("routes")
    .description("the routes of an app: as a table, as a graph, and what changed between two builds")
    .argument(
      "[entry]",
      "the file that exports the app, or lets it listen; default: main of package.json, src/main.ts, src/app.ts, app.ts",
    )
    .option("--method <methods>", "only these methods: GET,POST", commaList)
    .option("--path <start>", "only paths that begin so; * stands for anything")
    .option("--layers", "each layer, with the routes that it covers")
    .addOption(choice("--graph <format>", "hosts, layers, routes and services as a graph", ["mermaid", "dot"]))
    .option("--diff <before>", "what changed since: a file of ashlar routes --json, or the entry of another build")
    .addOption(choice("--fail-on <changes>", "with --diff: exit with 1 on such changes", ["breaking", "any"]))
    .option("--manifest <folder>", "write the manifest of a folder of route files, for @ashlar/file-router")
    .option("--check", "with --manifest: write nothing, and exit with 1 when the manifest is not up to date")
    .addOption(choice("--runtime <name>", "what loads the app", ["bun", "node"]).default("bun"))
    .option("--timeout <seconds>", "how long the app may take to load", wholeNumber(1, 600), 30)
    .addHelpText("after", help)
    .action(run(routes))
}

const help = `
The app is loaded in a process of its own, with the framework that it brings. No port is opened.

Examples:
  ashlar routes                                  a table
  ashlar routes --method GET --path /users --json
  ashlar routes --graph mermaid > routes.mmd
  ashlar routes --json > routes.json             the table of this build …
  ashlar routes --diff routes.json --fail-on breaking   … and what the next one breaks, for CI
  ashlar routes --manifest src/routes --check    are the route files as the manifest says?`

async function routes(cli: Cli, entry: string | undefined, flags: RouteFlags): Promise<Outcome> {
  refuseMixtures(flags)
  if (flags.manifest !== undefined) return manifest(cli, flags.manifest, flags.check === true)
  const file = findEntry(cli.io.cwd, entry)
  const options = { runtime: flags.runtime, timeoutMs: flags.timeout * 1000 }
  if (flags.diff !== undefined) return diff(cli, file, { ...flags, diff: flags.diff })
  const { table, services } = await describeApp(cli.io, file, options)
  const shown = filterRoutes(table.routes, { methods: flags.method, path: flags.path })
  const value = { ...table, routes: shown, services }
  if (flags.graph !== undefined) {
    const graph = drawGraph({ routes: shown, services }, flags.graph)
    return { value: { ...value, graph }, text: graph }
  }
  return { value, text: flags.layers ? layersText(shown, cli.colors) : routesText(shown) }
}

function refuseMixtures({ diff, failOn, manifest, check, graph, layers }: RouteFlags): void {
  const needs = (given: unknown, flag: string, other: string): void => {
    if (given) throw new WrongUsage(`${flag} goes with ${other}.`)
  }
  if (diff === undefined) needs(failOn, "--fail-on", "--diff")
  if (manifest === undefined) needs(check, "--check", "--manifest")
  const modes = [diff && "--diff", manifest && "--manifest", graph && "--graph", layers && "--layers"].filter(Boolean)
  if (modes.length > 1) throw new WrongUsage(`${modes.join(" and ")} do not go together. Choose one.`)
}

async function diff(cli: Cli, file: string, flags: RouteFlags & { readonly diff: string }): Promise<Outcome> {
  const options = { runtime: flags.runtime, timeoutMs: flags.timeout * 1000 }
  const before: AppTable = flags.diff.endsWith(".json")
    ? readTable(cli.io.cwd, flags.diff)
    : (await describeApp(cli.io, findEntry(cli.io.cwd, flags.diff), options)).table
  const found = (await describeApp(cli.io, file, { ...options, before })).diff
  if (found === undefined) throw new WrongUsage("The app's @ashlar/http cannot compare tables. Update it.")
  const changes = found.added.length + found.removed.length + found.changed.length
  const isBad = (flags.failOn === "breaking" && found.breaking) || (flags.failOn === "any" && changes > 0)
  return { value: found, text: diffText(found, cli.colors), exitCode: isBad ? 1 : 0 }
}

async function manifest(cli: Cli, folder: string, isCheck: boolean): Promise<Outcome> {
  const path = resolve(cli.io.cwd, folder)
  if (!isCheck) {
    const { manifest, written } = await writeRouteFiles(cli.io.cwd, path)
    return { value: { manifest, written }, text: `${manifest} ${written ? "is written" : "is up to date"}.` }
  }
  const state = await checkRouteFiles(cli.io.cwd, path)
  const { manifest, upToDate, reason } = state
  if (upToDate) return { value: state, text: `${manifest} is up to date.` }
  const what = reason === "missing" ? "is missing" : "is not what the files say"
  return { value: state, text: `${manifest} ${what}. Write it with: ashlar routes --manifest ${folder}`, exitCode: 1 }
}
