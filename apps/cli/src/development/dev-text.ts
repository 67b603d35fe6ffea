import type pico from "picocolors"
import { plural, printable } from "../text.ts"
import { describeAppError } from "./app-error.ts"
import type { DevEvent } from "./dev-event.ts"

type Colors = ReturnType<typeof pico.createColors>

export interface DevTextOptions {
  readonly colors: Colors
  /** Whether somebody sits there and may press keys. */
  readonly hasKeys: boolean
  readonly runtime: string
  /** The entry, as it is shown. */
  readonly entry: string
  readonly version: string
  readonly now?: () => Date
}

/** How many of a list are named before the rest is counted. */
const MAX_NAMED = 3

/** The lines that `ashlar dev` prints: one for each load, more when something is wrong. */
export class DevText {
  readonly #options: DevTextOptions
  #hasStarted = false
  #isBroken = false

  constructor(options: DevTextOptions) {
    this.#options = options
  }

  of(event: DevEvent): string {
    if (event.type === "stale") return this.#stale(event.file)
    const isFirst = !this.#hasStarted
    if (event.type === "failed") {
      this.#isBroken = true
      return this.#failed(event)
    }
    const text = isFirst ? this.#started(event) : this.#reloaded(event)
    this.#hasStarted = true
    this.#isBroken = false
    return text
  }

  /** The keys that may be pressed. */
  get keys(): string {
    const { bold, dim } = this.#options.colors
    const names = { r: "reload", s: "reopen services", R: "restart", o: "open", d: "development page", q: "stop" }
    return Object.entries(names)
      .map(([key, what]) => `${bold(key)} ${dim(what)}`)
      .join(dim(" · "))
  }

  #started({ urls, routes, durationMs }: Extract<DevEvent, { type: "loaded" }>): string {
    const { colors, hasKeys, runtime, entry, version } = this.#options
    const { bold, cyan, dim, green } = colors
    const facts = `${plural(routes, "route")}, loaded in ${toMs(durationMs)}`
    if (!hasKeys) return urls.map((url) => `${url}  ${facts}, page ${url}/_dev`).join("\n")
    const rows = [
      ...urls.map((url, at) => [url, at === 0 ? facts : ""]),
      [`${urls[0]}/_dev`, "routes, requests, services, errors"],
    ]
    const width = Math.max(...rows.map(([url = ""]) => url.length))
    return [
      "",
      `  ${bold(`ashlar dev ${version}`)}  ${dim(`${runtime} · ${printable(entry)}`)}`,
      "",
      ...rows.map(([url = "", what = ""]) => `  ${green("➜")}  ${cyan(url.padEnd(width))}  ${dim(what)}`.trimEnd()),
      "",
      `  ${this.keys}`,
      "",
    ].join("\n")
  }

  #reloaded({ durationMs, files, routes, added, removed, services }: Extract<DevEvent, { type: "loaded" }>): string {
    const { dim, green, red, yellow } = this.#options.colors
    const { kept, reopened, closed } = services
    const parts = [
      files.length === 0 ? "" : named(files),
      plural(routes, "route"),
      added.length === 0 ? "" : green(`+ ${named(added)}`),
      removed.length === 0 ? "" : red(`- ${named(removed)}`),
      kept.length === 0 ? "" : dim(`kept ${named(kept)}`),
      reopened.length === 0 ? "" : yellow(`reopens ${named(reopened)}`),
      closed.length === 0 ? "" : yellow(`closes ${named(closed)}`),
    ].filter((part) => part !== "")
    const what = this.#isBroken ? "works again" : "reloaded"
    return `${this.#time} ${green("✓")} ${what} in ${toMs(durationMs)}  ${parts.join("  ")}`
  }

  #failed({ error, isServing, urls }: Extract<DevEvent, { type: "failed" }>): string {
    const { colors } = this.#options
    const where = urls.length === 0 ? "" : ` ${urls[0]} shows this error.`
    const rest = isServing ? "The code before goes on to answer." : `Nothing answers yet.${where}`
    return [
      `${this.#time} ${colors.red("✗")} ${describeAppError(error, colors)}`,
      colors.dim(`  ${rest} Waiting for a change.`),
    ].join("\n")
  }

  #stale(file: string): string {
    const { colors, hasKeys } = this.#options
    const how = hasKeys ? "Press R to restart." : "Start ashlar dev again."
    return `${this.#time} ${colors.yellow("!")} ${printable(file)} is read when the process starts. ${how}`
  }

  get #time(): string {
    const { colors, now = () => new Date() } = this.#options
    return colors.dim(now().toTimeString().slice(0, 8))
  }
}

function named(names: readonly string[]): string {
  const rest = names.length - MAX_NAMED
  const shown = names.slice(0, MAX_NAMED).map(printable).join(", ")
  return rest > 0 ? `${shown} and ${rest} more` : shown
}

function toMs(ms: number): string {
  return ms < 10_000 ? `${Math.max(1, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`
}
