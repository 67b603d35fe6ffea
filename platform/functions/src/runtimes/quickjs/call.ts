import { gunzipSync } from "node:zlib"
import type { ErrorReport } from "@ashlar/core"
import type { Channel } from "../../channel.ts"
import { type Exchange, failureOf } from "../../exchange.ts"
import type { FetchAnswer, FetchQuestion, InvokeAnswer, LogMessage } from "../../messages.ts"
import type { Asking } from "../asking.ts"
import type { Interruption, Machine, Outcome } from "./machine.ts"
import { type HostOperation, unwrapped } from "./prelude/host.ts"
import { answerSync } from "./services.ts"

const MAX_TIMERS = 1000
const MAX_MESSAGE_LENGTH = 8 * 1024
/** A fetched body is whole in this runtime, and lives in the guest's memory. */
const MAX_FETCHED_BYTES = 16 * 1024 * 1024
/** Memory never shrinks: a process that grew this much is given back after its answer. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024
const nothing = new Uint8Array(0)

export interface CallOptions {
  readonly channel: Channel
  readonly asking: Asking
  readonly machine: Machine
  readonly exchange: Exchange
  readonly maxLines: number
}

/**
 * One call in the machine: what the guest asks for, and what comes back to it. After `close` nothing comes back any more,
 * because the memory then belongs to the next call.
 */
export class Call {
  readonly #options: CallOptions
  readonly #over = Promise.withResolvers<void>()
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()
  readonly #fetches = new Map<number, Exchange>()
  #lines = 0
  #closed = false
  /** The machine is of no use after this call. */
  broken = false
  /** Resolves when the call has its answer. */
  readonly over: Promise<void>

  constructor(options: CallOptions) {
    this.#options = options
    this.over = this.#over.promise
  }

  /** Lets the guest run, and sees what became of it. */
  enter(name: "invoke" | "cancel" | "settle" | "fire", ...args: (string | ArrayBuffer | undefined)[]): void {
    if (this.#closed) return
    let outcome: Outcome
    try {
      outcome = this.#options.machine.enter(name, ...args)
    } catch {
      // The host's own stack ran out inside the guest, or the guest's memory is corrupt: nothing in it can be trusted.
      this.broken = true
      this.fail({ code: "FUNCTIONS_CRASHED", status: 502, message: "The function exhausted the engine's stack." })
      return
    }
    if (outcome.kind === "interrupted") this.failOf(outcome.by)
    else if (outcome.kind === "memory") this.#failOfMemory()
    else if (outcome.kind === "failed") this.#failOfThrow()
  }

  /** Refuses the call, because its time is over. */
  failOf(interruption: Interruption): void {
    this.fail(
      interruption === "wall"
        ? { code: "FUNCTIONS_WALL_LIMIT", status: 504, message: "" }
        : { code: "FUNCTIONS_CPU_LIMIT", status: 504, message: "" },
    )
  }

  /** Refuses the call. */
  fail(report: ErrorReport): void {
    if (this.#closed) return
    this.#options.exchange.refuse(report)
    this.close()
  }

  /** Ends the call: its timers, its questions, its lines. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const exchange of this.#fetches.values()) exchange.cancel()
    this.#over.resolve()
  }

  /** One question of the guest. @see Host */
  answer(operation: HostOperation, text: string, body?: string | ArrayBuffer): string | ArrayBuffer | undefined {
    if (this.#closed) return undefined
    switch (operation) {
      case "log":
        return this.#log(JSON.parse(text))
      case "timer":
        return this.#startTimer(JSON.parse(text))
      case "data":
        void this.#data(JSON.parse(text), body as string)
        return undefined
      case "fetch":
        void this.#fetch(JSON.parse(text), body)
        return undefined
      case "abort":
        this.#fetches.get(Number(text))?.cancel()
        return undefined
      case "reply":
        this.#reply(JSON.parse(text), body)
        return undefined
      case "fail":
        this.#failOfGuest(JSON.parse(text))
        return undefined
      default:
        return answerSync(operation, text, body)
    }
  }

  #log(line: LogMessage): undefined {
    if (this.#options.machine.interrupted || ++this.#lines > this.#options.maxLines + 1) return
    const { channel, exchange } = this.#options
    channel.log(exchange.id, { ...line, message: line.message.slice(0, MAX_MESSAGE_LENGTH) })
  }

  #startTimer(timer: { id: number; ms: number }): string | undefined {
    if (this.#timers.size >= MAX_TIMERS) return undefined
    const handle = setTimeout(() => {
      this.#timers.delete(handle)
      this.enter("fire", String(timer.id))
    }, timer.ms)
    this.#timers.add(handle)
    return "ok"
  }

  async #data(question: { id: number; operation: string }, args: string): Promise<void> {
    const { asking, exchange } = this.#options
    try {
      const result = await asking.data({ invocation: exchange.id, operation: question.operation }, args)
      this.enter("settle", String(question.id), "0", result)
    } catch (error) {
      this.#settleFailed(question.id, error)
    }
  }

  async #fetch(
    question: { id: number } & Omit<FetchQuestion, "kind" | "invocation" | "body">,
    body?: string | ArrayBuffer,
  ): Promise<void> {
    const { asking, exchange } = this.#options
    const { id, ...head } = question
    const decodes = !head.headers.some(([name]) => name === "accept-encoding")
    const headers = decodes ? [...head.headers, ["accept-encoding", "gzip"] as const] : head.headers
    const bytes =
      body === undefined ? nothing : typeof body === "string" ? Buffer.from(unwrapped(body)) : new Uint8Array(body)
    try {
      const full: FetchQuestion = {
        kind: "fetch",
        invocation: exchange.id,
        ...head,
        headers,
        body: body === undefined ? "none" : "whole",
      }
      const fetched = await asking.open(full, bytes, true)
      this.#fetches.set(id, fetched)
      const reply = (await fetched.reply) as FetchAnswer
      const failure = failureOf(reply)
      if (failure) throw failure
      const received = reply.hasBody ? await fetched.inbox.collect(MAX_FETCHED_BYTES) : nothing
      const zipped = decodes && reply.headers.some(([name, value]) => name === "content-encoding" && value === "gzip")
      const plain = zipped ? gunzipSync(received, { maxOutputLength: MAX_FETCHED_BYTES }) : received
      const kept = zipped ? reply.headers.filter(([name]) => !name.startsWith("content-encoding")) : reply.headers
      this.enter("settle", String(id), "0", JSON.stringify({ ...reply, headers: kept }), new Uint8Array(plain).buffer)
    } catch (error) {
      this.#settleFailed(id, error)
    } finally {
      this.#fetches.delete(id)
    }
  }

  #settleFailed(id: number, error: unknown): void {
    const { code, status, message, details } = error as ErrorReport
    const report = {
      code: code ?? "INTERNAL",
      status: status ?? 500,
      message: code ? message : "The call failed.",
      details,
    }
    this.enter("settle", String(id), "1", JSON.stringify(report))
  }

  #reply(guestHead: InvokeAnswer, body: string | ArrayBuffer | undefined): void {
    const bytes =
      body === undefined ? nothing : typeof body === "string" ? Buffer.from(unwrapped(body)) : new Uint8Array(body)
    const { exchange, machine } = this.#options
    const head: InvokeAnswer = { ...guestHead, leaving: machine.memoryBytes > MAX_KEPT_BYTES }
    // A long body goes on after the call is over; its bytes are a copy.
    exchange.answer(head, bytes, true).catch(() => exchange.cancel())
    this.close()
  }

  #failOfGuest(failure: { code?: string; message: string }): void {
    if (this.#options.machine.interrupted) return
    if (failure.code !== undefined) this.fail({ code: failure.code, status: 502, message: failure.message })
    else if (this.#options.machine.isExhausted(failure.message)) this.#failOfMemory()
    else this.#failOfThrow()
  }

  #failOfThrow(): void {
    this.fail({ code: "FUNCTIONS_THREW", status: 500, message: "The function threw an error." })
  }

  #failOfMemory(): void {
    this.broken = true
    this.fail({ code: "FUNCTIONS_MEMORY_LIMIT", status: 507, message: "The function used more memory than its limit." })
  }
}
