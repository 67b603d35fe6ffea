/**
 * What code inside QuickJS finds: the Web's names, as far as a request handler needs them. Evaluated once per bundle,
 * before the bundle, in the same QuickJS: it protects nothing, it only offers. It has to stay small, because QuickJS reads
 * it anew for every bundle.
 */

import { createDatabase, type DataOperation } from "../../../collections.ts"
import { AbortController, AbortSignal, DOMException } from "./abort.ts"
import { contentOf, Request, type RequestInit, Response } from "./body.ts"
import { console, log, textOf } from "./console.ts"
import { crypto, forgetRandom, random } from "./crypto.ts"
import { Headers } from "./headers.ts"
import { ask, call, connect, type Host, settle, wrapped } from "./host.ts"
import { atob, btoa, TextDecoder, TextEncoder } from "./text.ts"
import { clearTimer, fire, setInterval, setTimeout } from "./timers.ts"
import { URL, URLSearchParams } from "./url.ts"

interface Handler {
  fetch(request: Request, ctx: unknown): unknown
}

/** What the runner calls. Everything is text or bytes. */
export interface Entry {
  /** Takes the bundle's module. Answers with what is wrong, or with nothing. */
  load(module: { default?: Partial<Handler> }, about: string): string
  invoke(head: string, body: ArrayBuffer | undefined): void
  cancel(): void
  settle(id: string, failed: string, text: string, bytes: ArrayBuffer | undefined): void
  fire(id: string): void
}

let handler: Handler
let about: { project: string; name: string; env: Record<string, string> }
let controller: AbortController

export function boot(host: Host): Entry {
  connect(host)
  Object.assign(globalThis, {
    AbortController,
    AbortSignal,
    DOMException,
    Headers,
    Request,
    Response,
    TextDecoder,
    TextEncoder,
    URL,
    URLSearchParams,
    atob,
    btoa,
    clearInterval: clearTimer,
    clearTimeout: clearTimer,
    console,
    crypto,
    fetch: fetchThroughHost,
    performance: { now: () => Date.now() - startedMs, timeOrigin: startedMs },
    queueMicrotask: (task: () => void) => {
      Promise.resolve()
        .then(task)
        .catch((error: unknown) => log("error", textOf(error)))
    },
    setInterval,
    setTimeout,
  })
  Math.random = random
  return {
    load,
    invoke,
    cancel: () => controller.abort(),
    settle: settleText,
    fire: (id) => guarded(() => fire(Number(id))),
  }
}

const startedMs = Date.now()

function load(module: { default?: Partial<Handler> }, aboutText: string): string {
  if (typeof module.default?.fetch !== "function") return "The bundle has no `export default { fetch(request, ctx) }`."
  handler = module.default as Handler
  about = JSON.parse(aboutText)
  Object.freeze(about.env)
  return ""
}

function invoke(headText: string, body: ArrayBuffer | undefined): void {
  forgetRandom()
  const head = JSON.parse(headText)
  controller = new AbortController()
  const request = new Request(head.url, { method: head.method, headers: head.headers, body, signal: controller.signal })
  Promise.resolve()
    .then(() => handler.fetch(request, contextOf(head.invocation)))
    .then(reply)
    .catch((error: unknown) => {
      if (!controller.signal.aborted) log("error", textOf(error))
      call("fail", JSON.stringify({ message: error instanceof Error ? error.message : "" }))
    })
}

function reply(response: unknown): void {
  if (!(response instanceof Response)) {
    const message = `Expected fetch to return a Response, got ${response === null ? "null" : typeof response}.`
    call("fail", JSON.stringify({ code: "FUNCTIONS_BAD_RESPONSE", message }))
    return
  }
  const content = contentOf(response)
  const head = { status: response.status, headers: [...response.headers], hasBody: content !== null }
  call("reply", JSON.stringify(head), typeof content === "string" ? wrapped(content) : (content ?? undefined))
}

function contextOf(invocation: string): unknown {
  const db = createDatabase(async (operation: DataOperation, args: Record<string, unknown>) => {
    const { text } = await ask("data", { operation }, JSON.stringify(args)).answer
    return text === "" ? undefined : JSON.parse(text)
  })
  const line =
    (level: "debug" | "info" | "warn" | "error") =>
    (message: string, fields?: Record<string, unknown>): void =>
      log(level, message, fields)
  const logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") }
  return { db, env: about.env, log: logger, invocation, project: about.project, function: about.name }
}

async function fetchThroughHost(input: string | URL | Request, init?: RequestInit): Promise<Response> {
  const request = new Request(input, init)
  request.signal.throwIfAborted()
  const content = contentOf(request) ?? undefined
  const head = { url: request.url, method: request.method, headers: [...request.headers], redirect: request.redirect }
  const body = typeof content === "string" ? wrapped(content) : content
  const { answer, id } = ask("fetch", head, body)
  const aborted = () => {
    call("abort", String(id))
    settle(id, true, { text: JSON.stringify({ code: "ABORTED", message: "Aborted" }), bytes: undefined })
  }
  request.signal.addEventListener("abort", aborted)
  try {
    const { text, bytes } = await answer
    const { url, redirected, ...responseInit } = JSON.parse(text)
    const response = new Response(bytes, responseInit)
    Object.defineProperty(response, "url", { value: url })
    Object.defineProperty(response, "redirected", { value: redirected })
    return response
  } catch (error) {
    request.signal.throwIfAborted()
    const { code, message } = error as { code?: string; message: string }
    throw Object.assign(new TypeError(message), { code })
  } finally {
    request.signal.removeEventListener("abort", aborted)
  }
}

function settleText(id: string, failed: string, text: string, bytes: ArrayBuffer | undefined): void {
  settle(Number(id), failed === "1", { text, bytes })
}

/** An error in a callback of a timer has no one to catch it: it is a line of the log. */
function guarded(task: () => void): void {
  try {
    task()
  } catch (error) {
    log("error", textOf(error))
  }
}
