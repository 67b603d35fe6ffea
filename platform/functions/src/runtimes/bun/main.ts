/**
 * The process of a function of the runtime `bun`: loads one bundle and answers its invocations, many at once. It holds no
 * secret of the platform and no right of its own; all that it may do is what the other end of the channel does for it.
 */

import { AsyncLocalStorage } from "node:async_hooks"
import type { Channel } from "../../channel.ts"
import type { Exchange } from "../../exchange.ts"
import type { HostQuestion, LoadQuestion } from "../../messages.ts"
import { Asking } from "../asking.ts"
import { openLink } from "../link.ts"
import { checkWalls } from "../self-check.ts"
import { LogWriter } from "./console.ts"
import { completeContentTypes } from "./content-type.ts"
import { createFetch } from "./fetch.ts"
import { type Handler, type Invocation, invoke, textOf } from "./invocation.ts"

const BUNDLE = "ashlar:function"

const current = new AsyncLocalStorage<Invocation>()
const channel: Channel = await openLink(onOpen)
const asking = new Asking(channel)
const log = new LogWriter(channel, () => current.getStore())
let load: LoadQuestion | undefined
let handler: Handler | undefined

log.takeConsole()
completeContentTypes()
globalThis.fetch = createFetch(asking, () => current.getStore())
// An error that nobody caught belongs to its invocation's log; the other invocations of the process go on.
process.on("uncaughtException", (error) => log.write("error", textOf(error)))
process.on("unhandledRejection", (error) => log.write("error", textOf(error)))

const check = process.argv.includes("--self-check") ? { check: await checkWalls() } : {}
channel.ready({ runtime: "bun", version: Bun.version, ...check })

function onOpen(exchange: Exchange): void {
  const question = exchange.head as HostQuestion
  if (question.kind === "ping") void exchange.answer({ ok: true })
  else if (question.kind === "load") void loadBundle(exchange, question)
  else run(exchange)
}

function run(exchange: Exchange): void {
  const invocation: Invocation = {
    id: exchange.id,
    get live() {
      return exchange.live
    },
    maxLines: load!.logLines,
    lines: 0,
  }
  current.run(invocation, () => invoke(handler!, { exchange, load: load!, asking, log }))
}

async function loadBundle(exchange: Exchange, question: LoadQuestion): Promise<void> {
  load = { ...question, env: Object.freeze(question.env) }
  log.loading = exchange.id
  try {
    const contents = Buffer.from(await exchange.inbox.collect(Number.POSITIVE_INFINITY)).toString()
    Bun.plugin({
      name: "function",
      setup: (build) => {
        build.module(BUNDLE, () => ({ contents, loader: "js" }))
      },
    })
    const exported = ((await import(BUNDLE)) as { default?: Partial<Handler> }).default
    if (typeof exported?.fetch !== "function")
      throw new TypeError("The bundle has no `export default { fetch(request, ctx) }`.")
    handler = exported as Handler
    await exchange.answer({ ok: true })
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message}` : Bun.inspect(error)
    await exchange.answer({ error: { code: "FUNCTIONS_BUNDLE_INVALID", status: 422, message: message.slice(0, 4096) } })
  } finally {
    log.loading = 0
  }
}
