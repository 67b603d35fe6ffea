/** What a function may ask of the platform while one of its invocations runs, and nothing else. */

import { AshlarError, Internal } from "@ashlar/core"
import { type DataOperation, dataOperations } from "./collections.ts"
import { answerHeaders, type Egress } from "./egress.ts"
import { CallLimit, EgressLimit, FunctionInvalid, PayloadLimit } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import type { Grant } from "./grants.ts"
import type { DataQuestion, FetchAnswer, FetchQuestion, GuestQuestion } from "./messages.ts"
import { maxDataBytes } from "./messages.ts"

/** Who called the function. */
export interface FunctionCaller {
  readonly kind: "anonymous" | "publishable" | "secret" | "member"
  /** Of the key or the person; `null` for an anonymous caller. */
  readonly id: string | null
}

/** Who asks for data: the function, in one invocation, on behalf of its own caller. */
export interface DataCaller {
  readonly kind: "function"
  /** The function's name. */
  readonly function: string
  readonly version: number
  readonly invocation: string
  readonly caller: FunctionCaller
}

/** The documents of a project, as `ctx.db` reaches them. The server wires it. */
export interface DataPort {
  /**
   * Runs one operation of `ctx.db.collection(name)`. Arguments and result are JSON; `args.collection` is the name as the
   * function gave it, unchecked, and so are all other arguments.
   *
   * - `list`, `query`: `{ collection, query? }` · `get`: `{ collection, id }` · `insert`: `{ collection, data }`, where an
   *   array means many · `replace`: `{ collection, id, data, rev? }` · `patch`: `{ collection, id, operations, rev? }`
   * - `delete`: `{ collection, id, rev? }` · `count`: `{ collection, where? }`
   *
   * The function sees the code, status, message and details of an AshlarError; any other error becomes `INTERNAL`.
   */
  call(
    project: string,
    operation: DataOperation,
    args: Readonly<Record<string, unknown>>,
    caller: DataCaller,
  ): Promise<unknown>
}

/** The rights of one invocation. They end with it. */
export interface BrokerScope {
  readonly project: string
  readonly caller: DataCaller
  readonly grants: readonly Grant[]
  /** Aborts when the invocation is over. */
  readonly signal: AbortSignal
  /** Counts a call, and says whether it is still one of those that the invocation has. */
  spend(): boolean
}

export interface BrokerOptions {
  readonly data: DataPort
  readonly egress: Egress
  readonly maxFetchBytes: number
  /** Hears of errors that are the platform's own fault. */
  readonly onInternalError: (error: unknown) => void
}

export class Broker {
  readonly #options: BrokerOptions

  constructor(options: BrokerOptions) {
    this.#options = options
  }

  /** Answers one question of a function. Never rejects. */
  async serve(exchange: Exchange, scope: BrokerScope): Promise<void> {
    const abort = new AbortController()
    const stop = () => abort.abort()
    scope.signal.addEventListener("abort", stop)
    exchange.onCancel = stop
    try {
      if (!scope.spend()) throw new CallLimit()
      const question = exchange.head as GuestQuestion
      if (question.kind === "data") await this.#data(exchange, question, scope)
      else await this.#fetch(exchange, question, { scope, signal: abort.signal })
    } catch (error) {
      if (!exchange.live) return
      if (!(error instanceof AshlarError) && !abort.signal.aborted) this.#options.onInternalError(error)
      exchange.refuse((error instanceof AshlarError ? error : new Internal()).report())
    } finally {
      scope.signal.removeEventListener("abort", stop)
    }
  }

  async #data(exchange: Exchange, question: DataQuestion, scope: BrokerScope): Promise<void> {
    const text = Buffer.from(await exchange.inbox.collect(maxDataBytes)).toString()
    const operation = dataOperations.find((known) => known === question.operation)
    const args = parseArguments(text)
    if (!operation || !args) throw new FunctionInvalid("Expected a known operation of ctx.db with its arguments.")
    const result = await this.#options.data.call(scope.project, operation, args, scope.caller)
    const bytes = Buffer.from(JSON.stringify(result) ?? "")
    if (bytes.length > maxDataBytes)
      throw new PayloadLimit(
        `The result of ${operation} has ${bytes.length} bytes, more than ${maxDataBytes}. Ask for less.`,
      )
    await exchange.answer({ ok: true }, bytes, true)
  }

  async #fetch(
    exchange: Exchange,
    question: FetchQuestion,
    run: { scope: BrokerScope; signal: AbortSignal },
  ): Promise<void> {
    const { maxFetchBytes } = this.#options
    const { url, redirected, response } = await this.#options.egress.fetch({
      url: String(question.url),
      method: String(question.method),
      headers: pairs(question.headers),
      body: await bodyOf(exchange, question, maxFetchBytes),
      redirect: question.redirect === "manual" || question.redirect === "error" ? question.redirect : "follow",
      grants: run.scope.grants,
      signal: run.signal,
    })
    const head: FetchAnswer = {
      url,
      redirected,
      status: response.status,
      statusText: response.statusText,
      headers: answerHeaders(response.headers),
      hasBody: response.body !== null,
    }
    if (!response.body) return exchange.answer(head)
    await exchange.answer(head, undefined, false)
    let receivedBytes = 0
    for await (const chunk of response.body) {
      receivedBytes += chunk.length
      if (receivedBytes > maxFetchBytes) throw new EgressLimit(`The answer has more than ${maxFetchBytes} bytes.`)
      await exchange.send(chunk)
    }
    exchange.end()
  }
}

async function bodyOf(
  exchange: Exchange,
  question: FetchQuestion,
  maxBytes: number,
): Promise<Uint8Array | ReadableStream<Uint8Array> | null> {
  if (question.body === "whole") {
    const chunks: Uint8Array[] = []
    let size = 0
    for (let chunk = await exchange.inbox.read(); chunk; chunk = await exchange.inbox.read()) {
      size += chunk.length
      if (size > maxBytes) throw new EgressLimit(`The request has more than ${maxBytes} bytes.`)
      chunks.push(chunk)
    }
    return new Uint8Array(Buffer.concat(chunks, size))
  }
  if (question.body !== "stream") return null
  let sentBytes = 0
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sentBytes += chunk.length
      if (sentBytes > maxBytes) controller.error(new EgressLimit(`The request has more than ${maxBytes} bytes.`))
      else controller.enqueue(chunk)
    },
  })
  return exchange.inbox.stream(() => {}).pipeThrough(counted)
}

/** The pairs of a list that came from a function. What is no pair of texts is left out. */
function pairs(value: unknown): [string, string][] {
  if (!Array.isArray(value)) return []
  return value
    .filter((pair): pair is [string, string] => Array.isArray(pair) && pair.length === 2)
    .map(([name, text]) => [String(name), String(text)])
}

function parseArguments(text: string): Record<string, unknown> | undefined {
  try {
    const args: unknown = JSON.parse(text)
    return typeof args === "object" && args !== null && !Array.isArray(args)
      ? (args as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
