import { relative } from "node:path"
import type { Command } from "commander"
import type { Cli } from "../cli.ts"
import { findEntry } from "../development/app-entry.ts"
import { type AppProcess, type AppRuntime, startAppProcess } from "../development/app-process.ts"
import type { DevEvent } from "../development/dev-event.ts"
import { DevText } from "../development/dev-text.ts"
import { openUrl } from "../development/open-url.ts"
import { AppFailed } from "../errors.ts"
import { choice, type Run, wholeNumber } from "../program.ts"
import { VERSION } from "../version.ts"

interface DevFlags {
  readonly port?: number
  readonly host?: string
  readonly open?: boolean
  readonly runtime: AppRuntime
  readonly timeout: number
  readonly grace: number
}

/** An app whose process ends sooner than this would only end again. */
const MIN_UPTIME_MS = 5_000

/** `dev`. */
export function registerDev(program: Command, run: Run): void {
  program
    .command("dev")
    .description("run an app, and load it anew when its code changes: ports and services stay open")
    .argument(
      "[entry]",
      "the file that exports the app, or lets it listen; default: main of package.json, src/main.ts, src/app.ts, app.ts",
    )
    .option("--port <port>", "where it listens, whatever it says; 0 takes a free one", wholeNumber(0, 65_535))
    .option("--host <address>", "the address it listens on, whatever it says")
    .option("--open", "show it in the browser")
    .addOption(choice("--runtime <name>", "what runs it", ["bun", "node"]).default("bun"))
    .option("--timeout <seconds>", "how long the code may take to give its app", wholeNumber(1, 600), 30)
    .option("--grace <seconds>", "how long requests of replaced code may go on", wholeNumber(0, 600), 5)
    .addHelpText("after", help)
    .action(run(dev))
}

const help = `
New code takes over when its routes are checked; until then, and when it fails, the code before goes on to answer. A
service stays open as long as its name and its definition stay the same. /_dev shows routes, services, requests and errors.
With --json each load is one line of JSON.

Examples:
  ashlar dev
  ashlar dev src/server.ts --port 8080 --open
  ashlar dev --runtime node`

async function dev(cli: Cli, entry: string | undefined, flags: DevFlags): Promise<undefined> {
  const file = findEntry(cli.io.cwd, entry)
  for (;;) {
    const session = new Session(cli, file, flags)
    const ending = await session.run()
    if (ending === "stopped") return undefined
    if (ending === "ended") cli.note("The app ended its process. Starting it again.")
  }
}

/** One process of the app, from its start to its end. */
class Session {
  readonly #cli: Cli
  readonly #flags: DevFlags
  readonly #text: DevText
  readonly #child: AppProcess
  #urls: readonly string[] = []
  #ending: "stopped" | "restart" | undefined
  #hasOpened = false

  constructor(cli: Cli, entry: string, flags: DevFlags) {
    const { io, json } = cli
    this.#cli = cli
    this.#flags = flags
    this.#text = new DevText({
      colors: cli.colors,
      hasKeys: io.keys !== undefined && !json,
      runtime: flags.runtime,
      entry: relative(io.cwd, entry),
      version: VERSION,
    })
    this.#child = startAppProcess({
      io,
      runtime: flags.runtime,
      entry,
      program: "@ashlar/http/dev/host-process",
      env: { NODE_ENV: "development" },
      onMessage: (message, child) => {
        if (message.type === "ready") child.send(startMessage(entry, flags))
        else if (message.type !== "stopped") this.#show(message as DevEvent)
      },
      onOutput: json ? io.stderr : io.stdout,
    })
  }

  /** @throws {CLI_APP_FAILED} When the app ends its process at once. */
  async run(): Promise<"stopped" | "restart" | "ended"> {
    const { io, json } = this.#cli
    const beganMs = performance.now()
    const stop = (): void => this.#end("stopped")
    const ignoreKeys = json ? undefined : io.keys?.((key) => this.#press(key))
    io.signal.addEventListener("abort", stop, { once: true })
    if (io.signal.aborted) stop()
    try {
      const exitCode = await this.#child.exited
      if (this.#ending !== undefined) return this.#ending
      if (performance.now() - beganMs >= MIN_UPTIME_MS) return "ended"
      throw new AppFailed(`The app ended its process with exit code ${exitCode}. What it printed before says why.`)
    } finally {
      ignoreKeys?.()
      io.signal.removeEventListener("abort", stop)
    }
  }

  #show(event: DevEvent): void {
    this.#cli.line(event, this.#text.of(event))
    if (event.type === "stale") return
    this.#urls = event.urls
    if (!this.#flags.open || this.#hasOpened || event.urls.length === 0) return
    this.#hasOpened = true
    this.#open("")
  }

  #open(path: string): void {
    const [url] = this.#urls
    if (url !== undefined) openUrl(url + path, this.#cli.io.env)
  }

  #press(key: string): void {
    if (key === "r") this.#child.send({ type: "reload" })
    else if (key === "s") this.#child.send({ type: "reload", reopen: true })
    else if (key === "R") this.#end("restart")
    else if (key === "o") this.#open("")
    else if (key === "d") this.#open("/_dev")
    else if (key === "q") this.#end("stopped")
    else if (key === "h" || key === "?") this.#cli.line({}, `  ${this.#text.keys}`)
  }

  #end(ending: "stopped" | "restart"): void {
    if (this.#ending !== undefined) return
    this.#ending = ending
    this.#child.send({ type: "stop" })
    const patienceMs = this.#flags.grace * 1000 + 2_000
    const timer = setTimeout(() => this.#child.kill(), patienceMs)
    void this.#child.exited.then(() => clearTimeout(timer))
  }
}

function startMessage(entry: string, { port, host, timeout, grace }: DevFlags): object {
  return {
    type: "start",
    entry,
    ...(port !== undefined && { port }),
    ...(host !== undefined && { host }),
    bootTimeoutMs: timeout * 1000,
    graceMs: grace * 1000,
  }
}
