import type pico from "picocolors"
import { plural, printable, toTable } from "../text.ts"
import { type AppDiff, type AppRoute, addressOf } from "./app-table.ts"

type Colors = ReturnType<typeof pico.createColors>

/** Routes as a table: method, path, constraints, version and name where any has one, layers, the statuses of errors. */
export function routesText(routes: readonly AppRoute[]): string {
  if (routes.length === 0) return "No routes."
  const columns: readonly (readonly [head: string, cell: (route: AppRoute) => string])[] = [
    ["method", ({ method }) => method],
    ["path", addressOf],
    ["where", whereText],
    ["version", ({ version = "" }) => version],
    ["name", ({ name = "" }) => name],
    ["layers", ({ layers }) => layers.join(" › ")],
    ["errors", ({ errors }) => [...new Set(errors.map(({ status }) => status))].join(" ")],
  ]
  const shown = columns.filter(([head, cell]) => head === "path" || routes.some((route) => cell(route) !== ""))
  const rows = routes.map((route) => shown.map(([, cell]) => cell(route)))
  return `${toTable(
    shown.map(([head]) => head),
    rows,
  )}\n\n${plural(routes.length, "route")}`
}

function whereText({ where = {} }: AppRoute): string {
  return Object.entries(where)
    .map(([name, constraint]) => `${name}: ${constraint}`)
    .join(", ")
}

/** Each layer once, with the routes that it covers. */
export function layersText(routes: readonly AppRoute[], { bold, dim }: Colors): string {
  const covered = Map.groupBy(
    routes.flatMap((route) => route.layers.map((layer) => ({ layer, route }))),
    ({ layer }) => layer,
  )
  const bare = routes.filter(({ layers }) => layers.length === 0)
  const blocks = [...covered].map(([layer, all]) =>
    block(
      bold(printable(layer)),
      all.map(({ route }) => route),
      dim,
    ),
  )
  if (bare.length > 0) blocks.push(block(dim("without a layer"), bare, dim))
  return blocks.length === 0 ? "No routes." : blocks.join("\n\n")
}

function block(title: string, routes: readonly AppRoute[], dim: Colors["dim"]): string {
  const width = Math.max(...routes.map(({ method }) => method.length))
  const rows = routes.map((route) => `  ${dim(route.method.padEnd(width))} ${printable(addressOf(route))}`)
  return [`${title}  ${dim(plural(routes.length, "route"))}`, ...rows].join("\n")
}

/** What happened between two tables, the breaking changes marked. */
export function diffText(diff: AppDiff, { green, red, yellow, dim }: Colors): string {
  const { added, removed, changed } = diff
  const line = (mark: string, { method, version, ...route }: AppRoute, end = ""): string =>
    `${mark} ${printable(`${method} ${addressOf({ method, ...route })}${version === undefined ? "" : ` (version ${version})`}`)}${end}`
  const breaking = `  ${red("breaking")}`
  const lines = [
    ...removed.map((route) => line(red("-"), route, breaking)),
    ...added.map((route) => line(green("+"), route)),
    ...changed.flatMap(({ route, changes }) => [
      line(yellow("~"), route),
      ...changes.map((one) => `    ${dim(printable(one.at))} ${printable(one.message)}${one.breaking ? breaking : ""}`),
    ]),
  ]
  if (lines.length === 0) return "The routes are the same."
  const counts = [`${added.length} added`, `${removed.length} removed`, `${changed.length} changed`].join(", ")
  return `${lines.join("\n")}\n\n${counts}. ${diff.breaking ? red("Callers may break.") : "Nothing breaks callers."}`
}
