/**
 * The process of a function of the runtime `quickjs`: one machine, one bundle, one call at a time. The guest lives in
 * WebAssembly; this runner speaks for it on the channel, and lives behind the same walls as a `bun` function.
 */

import { readFileSync } from "node:fs"
import { dirname } from "node:path"
import type { Channel } from "../../channel.ts"
import type { Exchange } from "../../exchange.ts"
import type { HostQuestion, InvokeQuestion, LoadQuestion, ReadyReport } from "../../messages.ts"
import { Asking } from "../asking.ts"
import { openLink } from "../link.ts"
import { checkWalls } from "../self-check.ts"
import { Call } from "./call.ts"
import { Machine } from "./machine.ts"
import type { Host } from "./prelude/host.ts"

/** What the spare is made with; a function that may use another size gets a machine of its own at load. */
const USUAL_MEMORY_MB = 128

const folder = dirname(Bun.main)
const read = (name: string): Buffer => readFileSync(`${folder === "/" ? "" : folder}/${name}`)
const wasm = await WebAssembly.compile(new Uint8Array(read("quickjs.wasm")))
const prelude = read("prelude.mjs").toString()
const channel: Channel = await openLink(onOpen)
const asking = new Asking(channel)
let load: LoadQuestion | undefined
let call: Call | undefined

const host: Host = (operation, text, body) => call?.answer(operation, text ?? "", body)
let machine: Machine = await Machine.create({ wasm, prelude, memoryMb: USUAL_MEMORY_MB, host })

const report: ReadyReport = { runtime: "quickjs", version: Bun.version }
channel.ready(process.argv.includes("--self-check") ? { ...report, check: await checkWalls() } : report)

function onOpen(exchange: Exchange): void {
  const question = exchange.head as HostQuestion
  if (question.kind === "ping") void exchange.answer({ ok: true })
  else if (question.kind === "load") void loadBundle(exchange, question)
  else void run(exchange, question)
}

async function loadBundle(exchange: Exchange, question: LoadQuestion): Promise<void> {
  load = question
  const code = Buffer.from(await exchange.inbox.collect(Number.POSITIVE_INFINITY)).toString()
  if (question.memoryMb !== machine.memoryMb)
    machine = await Machine.create({ wasm, prelude, memoryMb: question.memoryMb, host })
  const { project, name, env } = question
  // Lines that the bundle's top level writes belong to the load.
  call = new Call({ channel, asking, machine, exchange, maxLines: question.logLines })
  let complaint: string | undefined
  try {
    complaint = machine.load(code, JSON.stringify({ project, name, env }))
  } catch {
    complaint = "The bundle exhausts the engine's stack while it loads."
  }
  call.close()
  call = undefined
  if (complaint === undefined) await exchange.answer({ ok: true })
  else exchange.refuse({ code: "FUNCTIONS_BUNDLE_INVALID", status: 422, message: complaint.slice(0, 4096) })
}

async function run(exchange: Exchange, question: InvokeQuestion): Promise<void> {
  const mine = new Call({ channel, asking, machine, exchange, maxLines: load?.logLines ?? 0 })
  call = mine
  exchange.onCancel = () => mine.enter("cancel")
  // A guest that waits is not interrupted by the machine, which only looks while it runs.
  const deadline = setTimeout(() => mine.failOf("wall"), question.wallMs)
  try {
    const body = question.hasBody ? await exchange.inbox.collect(load?.bodyBytes ?? 0) : undefined
    machine.allow({ wallMs: question.wallMs, cpuMs: question.cpuMs })
    const { invocation, method, url, headers } = question
    mine.enter("invoke", JSON.stringify({ invocation, method, url, headers }), body && copyOf(body))
  } catch {
    mine.fail({ code: "FUNCTIONS_BODY_LIMIT", status: 413, message: "The request's body is too large, or broke off." })
  }
  await mine.over
  clearTimeout(deadline)
  call = undefined
  // The answer is on its way: what follows is nobody's waiting time.
  if (!mine.broken) machine.reset()
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
