import { AsyncLocalStorage } from "node:async_hooks"
import { createDatabase, type DataOperation, type FunctionDatabase } from "../../collections.ts"
import type { Exchange } from "../../exchange.ts"
import type { InvokeAnswer, InvokeQuestion, LoadQuestion } from "../../messages.ts"
import type { Asking } from "../asking.ts"
import type { LogWriter } from "./console.ts"

/** What a bundle must export as its default. */
export interface Handler {
  fetch(request: Request, ctx: unknown): unknown
}

/** One call under way. */
export interface Invocation {
  /** The exchange's id, by which the platform knows it. */
  readonly id: number
  readonly live: boolean
  readonly maxLines: number
  lines: number
}

export interface InvocationOptions {
  readonly exchange: Exchange
  readonly load: LoadQuestion
  readonly asking: Asking
  readonly log: LogWriter
}

export interface FunctionContext {
  readonly db: FunctionDatabase
  readonly env: Readonly<Record<string, string>>
  readonly log: Readonly<
    Record<"debug" | "info" | "warn" | "error", (message: string, fields?: Record<string, unknown>) => void>
  >
  readonly invocation: string
  readonly project: string
  readonly function: string
}

/** Runs the handler for one question and sends its response. The caller has entered the invocation's async context. */
export async function invoke(handler: Handler, options: InvocationOptions): Promise<void> {
  const { exchange } = options
  const question = exchange.head as InvokeQuestion
  const abort = new AbortController()
  try {
    const request = requestOf(question, exchange, abort.signal)
    // The listeners of `request.signal` belong to this invocation, wherever the cancel arrives.
    const enter = AsyncLocalStorage.snapshot()
    exchange.onCancel = () => enter(() => abort.abort(new DOMException("The caller went away.", "AbortError")))
    await respond(exchange, await handler.fetch(request, contextOf(question, options)))
  } catch (error) {
    if (!abort.signal.aborted) options.log.write("error", textOf(error))
    exchange.refuse({ code: "FUNCTIONS_THREW", status: 500, message: "The function threw an error." })
  }
}

/** An error as a line of the log: its stack when it has one. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return `Thrown: ${Bun.inspect(error, { depth: 2 })}`
  const code = (error as { code?: unknown }).code
  return `${typeof code === "string" ? `[${code}] ` : ""}${error.stack || String(error)}`
}

function requestOf(question: InvokeQuestion, exchange: Exchange, signal: AbortSignal): Request {
  return new Request(question.url, {
    method: question.method,
    headers: question.headers as [string, string][],
    body: question.hasBody ? exchange.inbox.stream(() => {}) : null,
    signal,
  })
}

function contextOf(question: InvokeQuestion, options: InvocationOptions): FunctionContext {
  const { asking, load, log, exchange } = options
  const call = async (operation: DataOperation, args: Record<string, unknown>): Promise<unknown> => {
    const text = await asking.data({ invocation: exchange.id, operation }, JSON.stringify(args))
    return text === "" ? undefined : JSON.parse(text)
  }
  return {
    db: createDatabase(call),
    env: load.env,
    log: {
      debug: (message, fields) => log.write("debug", message, fields),
      info: (message, fields) => log.write("info", message, fields),
      warn: (message, fields) => log.write("warn", message, fields),
      error: (message, fields) => log.write("error", message, fields),
    },
    invocation: question.invocation,
    project: load.project,
    function: load.name,
  }
}

async function respond(exchange: Exchange, response: unknown): Promise<void> {
  if (!(response instanceof Response)) {
    const message = `Expected fetch to return a Response, got ${response === null ? "null" : typeof response}.`
    return exchange.answer({ error: { code: "FUNCTIONS_BAD_RESPONSE", status: 502, message } })
  }
  const head: InvokeAnswer = {
    status: response.status,
    headers: [...response.headers],
    hasBody: response.body !== null,
  }
  if (!response.body) return exchange.answer(head)
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  try {
    // A body at hand travels with its head; one that is late must not hold the head back.
    const first = reader.read()
    const early = await Promise.race([first, new Promise<undefined>((resolve) => setImmediate(resolve))])
    if (early?.done) return await exchange.answer(head)
    await exchange.answer(head, early && bytesOf(early.value), false)
    for (let next = early ? await reader.read() : await first; !next.done; next = await reader.read())
      await exchange.send(bytesOf(next.value))
    exchange.end()
  } catch (error) {
    await reader.cancel(error).catch(() => {})
    throw error
  }
}

function bytesOf(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(chunk as string)
}
