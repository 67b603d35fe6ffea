import { basename } from "node:path"
import { keepServices } from "@ashlar/core/service-keeper"
import type { App } from "../app.ts"
import { BunModules } from "./bun-modules.ts"
import { type DevEvent, DevHost } from "./host.ts"
import { kernelOf } from "./kernel-of.ts"
import type { Modules } from "./modules.ts"
import { NodeModules } from "./node-modules.ts"
import { type OwnCode, ownCodeOf } from "./own-code.ts"
import { createPageApp, createWaitingApp } from "./page/page-app.ts"
import { type DevFacts, PageFeed } from "./page/page-feed.ts"

/** What `ashlar dev` asks of the process that runs the app. */
export type HostRequest =
  | {
      readonly type: "start"
      /** The absolute path of the entry. */
      readonly entry: string
      readonly port?: number
      readonly host?: string
      readonly bootTimeoutMs: number
      readonly graceMs: number
    }
  /** Load the code anew; with `reopen`, open the services anew too. */
  | { readonly type: "reload"; readonly reopen?: boolean }
  | { readonly type: "stop" }

/** What the command is told. */
export type HostAnswer = DevEvent | { readonly type: "ready" } | { readonly type: "stopped" }

/**
 * The program behind `ashlar dev`: runs a developer's app and loads it anew when it changes. It is a process of its own,
 * so that the app brings its own version of this package, and so that it may end without the command.
 */
let host: DevHost | undefined
let page: App | undefined
let stopping: Promise<void> | undefined
/** While code loads it may not end the process; this program may. */
const exit = process.exit.bind(process)

process.on("message", (message: HostRequest) => {
  if (message.type === "start") void start(message)
  else if (message.type === "reload") host?.reload([], { reopenAll: message.reopen === true })
  else void stop()
})
process.on("disconnect", () => void stop())
// Ctrl-C reaches every process of the terminal; the command says when to stop.
process.on("SIGINT", () => undefined)
process.on("uncaughtException", (error) => host?.failed(error))
process.on("unhandledRejection", (error) => host?.failed(error))
tell({ type: "ready" })

function tell(answer: HostAnswer, then?: () => void): void {
  if (process.connected) process.send?.(answer, () => then?.())
  else then?.()
}

async function start(request: Extract<HostRequest, { type: "start" }>): Promise<void> {
  const { entry, port, host: hostname, bootTimeoutMs, graceMs } = request
  const own = ownCodeOf(entry)
  process.argv[1] = entry
  const created = new DevHost({
    own,
    modules: modulesOf(entry, own),
    ...(port !== undefined && { port }),
    ...(hostname !== undefined && { host: hostname }),
    bootTimeoutMs,
    graceMs,
    onEvent: tell,
  })
  host = created
  page = createPageApp(new PageFeed(created, own, factsOf(entry, own)))
  const waiting = createWaitingApp(() => created.failure)
  const kernels = { page: await kernelOf(page), waiting: await kernelOf(waiting) }
  keepServices(created.services)
  await created.start(kernels)
}

function factsOf(entry: string, own: OwnCode): DevFacts {
  const { bun, node } = process.versions
  const runtime = bun === undefined ? `node ${node}` : `bun ${bun}`
  return { name: basename(own.root), entry: own.shown(entry), runtime }
}

function modulesOf(entry: string, own: OwnCode): Modules {
  return "Bun" in globalThis ? new BunModules(entry, own) : new NodeModules(entry, own)
}

function stop(): Promise<void> {
  stopping ??= (async () => {
    try {
      await page?.stop(0) // open pages would be waited for
      await host?.stop()
    } catch (error) {
      console.error("While stopping:", error)
    }
    tell({ type: "stopped" }, () => exit(0))
  })()
  return stopping
}
