import { type AshlarError, type ErrorReport, fromReport } from "@ashlar/core"
import { BrokenOff, Cancelled, ProtocolError } from "./errors.ts"
import { chunkBytes, encodeCredit, encodeFrame, encodeHead, type FrameType, frameType } from "./frames.ts"
import { Inbox, windowBytes } from "./inbox.ts"

const nothing = new Uint8Array(0)

/** What an exchange needs of its channel. */
export interface ExchangeWire {
  send(frame: Uint8Array): void
  /** The exchange is over: its id means nothing any more. */
  close(exchange: Exchange): void
}

/**
 * A question and its answer, each a JSON head and a body of any length. An invocation is one, opened by the platform; a
 * `ctx.db` call or a `fetch` is one, opened by the function.
 *
 * It ends when the answer's body ends, or when the side that answers cancels it. The side that asked may cancel too: its
 * own answer fails at once, and the exchange stays until the other side has given up.
 */
export class Exchange {
  readonly id: number
  /** What was asked. */
  readonly head: unknown
  /** The peer's body. */
  readonly inbox: Inbox
  /** The head of the answer. Rejects when there will be none. Only for the side that asked. */
  readonly reply: Promise<unknown>
  /** Resolves when the exchange is over, however it ended. */
  readonly closed: Promise<void>
  /** Called once when the side that asked does not want the answer any more. */
  onCancel: (() => void) | undefined

  readonly #wire: ExchangeWire
  readonly #opener: boolean
  readonly #reply = Promise.withResolvers<unknown>()
  readonly #closed = Promise.withResolvers<void>()
  #state: "open" | "answering" | "cancelling" | "closed" = "open"
  #sent = false
  #answered = false
  #creditBytes = windowBytes
  #error: AshlarError | undefined
  #wake: (() => void) | undefined

  constructor(wire: ExchangeWire, id: number, question: { head: unknown; opener: boolean }) {
    this.#wire = wire
    this.#opener = question.opener
    this.id = id
    this.head = question.head
    this.inbox = new Inbox((bytes) => this.#state !== "closed" && wire.send(encodeCredit(id, bytes)))
    this.reply = this.#reply.promise
    this.closed = this.#closed.promise
    // Nobody need wait for the answer of a question that was given up.
    this.reply.catch(() => {})
  }

  get live(): boolean {
    return this.#state !== "closed"
  }

  /** Why the exchange failed, if it did. */
  get failure(): AshlarError | undefined {
    return this.#error
  }

  /** Asks. The first bytes travel with the head when they fit. */
  ask(first: Uint8Array, end: boolean): Promise<void> {
    return this.#sendHead(frameType.open, { head: this.head, body: first }, end)
  }

  /** Answers. The first bytes travel with the head when they fit. */
  answer(head: unknown, first: Uint8Array = nothing, end = true): Promise<void> {
    return this.#sendHead(frameType.reply, { head, body: first }, end)
  }

  /** Answers with a failure; when the answer has begun already, breaks it off. */
  refuse(error: ErrorReport): void {
    if (!this.#answered) void this.answer({ error } satisfies FailureHead)
    else this.cancel()
  }

  /** Sends a piece of the own body; resolves when it is on its way. @throws when the exchange is over or cancelled. */
  async send(bytes: Uint8Array): Promise<void> {
    let rest = bytes
    while (rest.length > 0) {
      await this.#credit()
      const size = Math.min(rest.length, this.#creditBytes, chunkBytes)
      this.#creditBytes -= size
      this.#wire.send(encodeFrame(frameType.data, this.id, rest.subarray(0, size)))
      rest = rest.subarray(size)
    }
  }

  /** Ends the own body. */
  end(): void {
    if (!this.live || this.#sent) return
    this.#sent = true
    this.#wire.send(encodeFrame(frameType.data, this.id, nothing, true))
    if (!this.#opener) this.#close()
  }

  /** Gives up: the side that asked wants no answer any more, or the side that answers has none. */
  cancel(error: AshlarError = new Cancelled()): void {
    if (this.#state === "closed" || this.#state === "cancelling") return
    this.#wire.send(encodeFrame(frameType.cancel, this.id))
    this.#fail(error)
    if (this.#opener) this.#state = "cancelling"
    else this.#close()
  }

  /** The channel is gone: ends the exchange without a word to the peer. */
  abandon(error: AshlarError): void {
    if (this.#state === "closed") return
    this.#fail(error)
    this.onCancel?.()
    this.#close()
  }

  /** Takes the answer's head. */
  replied(head: unknown, first: Uint8Array, end: boolean): void {
    if (!this.#opener || this.#state === "answering") throw new ProtocolError("Got a second answer.")
    if (this.#state === "open") {
      this.#state = "answering"
      if (first.length > 0 || end) this.inbox.push(first, end)
      this.#reply.resolve(head)
    }
    if (end) this.#close()
  }

  /** Takes a piece of the peer's body. */
  received(bytes: Uint8Array, end: boolean): void {
    if (this.#opener && this.#state === "open") throw new ProtocolError("Got a body before its head.")
    if (this.#state !== "cancelling") this.inbox.push(bytes, end)
    if (this.#opener && end) this.#close()
  }

  /** The peer may receive so much more. */
  credited(bytes: number): void {
    this.#creditBytes += bytes
    if (bytes === 0 || this.#creditBytes > windowBytes) throw new ProtocolError("Got credit for what was not sent.")
    this.#notify()
  }

  /** The peer gives up. */
  cancelled(): void {
    if (this.#opener) {
      this.#fail(new BrokenOff())
      this.#close()
    } else {
      this.#error = new Cancelled()
      this.inbox.fail(this.#error)
      this.#notify()
      const onCancel = this.onCancel
      this.onCancel = undefined
      onCancel?.()
    }
  }

  async #sendHead(type: FrameType, message: { head: unknown; body: Uint8Array }, end: boolean): Promise<void> {
    if (!this.live) return
    const inline = message.body.length <= Math.min(chunkBytes, this.#creditBytes)
    const last = end && inline
    if (inline) this.#creditBytes -= message.body.length
    this.#sent = last
    this.#answered = true
    this.#wire.send(encodeHead(type, this.id, { head: message.head, body: inline ? message.body : nothing }, last))
    if (last && !this.#opener) this.#close()
    if (inline) return
    await this.send(message.body)
    if (end) this.end()
  }

  async #credit(): Promise<void> {
    for (;;) {
      if (this.#error) throw this.#error
      if (!this.live || this.#sent) throw new Cancelled()
      if (this.#creditBytes > 0) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #fail(error: AshlarError): void {
    this.#error ??= error
    this.#reply.reject(error)
    this.inbox.fail(error)
    this.#notify()
  }

  #close(): void {
    this.#state = "closed"
    // What the answering side did not read of the question will not come any more.
    if (!this.#opener) this.inbox.fail(new Cancelled())
    this.#wire.close(this)
    this.#notify()
    this.#closed.resolve()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}

/** What an answer's head says when the question failed, in both directions. */
export interface FailureHead {
  readonly error: ErrorReport
}

/** The error that an answer's head reports, or `undefined` when the head reports none. */
export function failureOf(head: unknown): AshlarError | undefined {
  const error = (head as Partial<FailureHead> | null)?.error
  return error === undefined ? undefined : fromReport(error)
}
