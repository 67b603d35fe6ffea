import { connect, type Socket } from "node:net"
import { type Answer, AnswerMalformed, parseAnswer, show } from "./answer.ts"

/** What a client does on its connection, one after another. Text is sent as one byte for each character. */
export type Step =
  | string
  | Uint8Array
  | { readonly pauseMs: number }
  /** Waits until so many answers have come. */
  | { readonly answers: number }
  /** Ends the sending side; the receiving side stays open. */
  | "half-close"
  /** Ends the connection with a reset. */
  | "reset"

export interface ExchangeOptions {
  readonly port: number
  /** The methods of the requests, in order, as far as they are not GET: an answer to HEAD has no body. */
  readonly methods?: readonly string[]
  /** Complete when so many answers have come. Default 1; `Infinity`: when the connection ends or is silent. */
  readonly answers?: number
  /** After the answers (an upgrade): complete when so many bytes have come behind them. Default 0. */
  readonly bytesBehind?: number
  /** How long to listen for what must not come, after the exchange is complete. Default 0. */
  readonly quietMs?: number
  /** How long to wait for the answers. Default 10,000: a machine may be busy with something else. */
  readonly patienceMs?: number
}

/** What came back. */
export interface Exchange {
  readonly answers: readonly Answer[]
  /** How the server left the connection. */
  readonly end: "open" | "closed" | "reset"
  /** Why the bytes are no answers; undefined when they are. */
  readonly malformed: string | undefined
  /** Bytes that are no complete answer. */
  readonly rest: Buffer
  /** All that came. */
  readonly bytes: Buffer
  /** Milliseconds from the connection to its end, or to when the exchange was complete. */
  readonly tookMs: number
}

/** Sends exact bytes over a connection of its own, and reads what comes back, strictly. Never rejects. */
export async function exchange(steps: readonly Step[], options: ExchangeOptions): Promise<Exchange> {
  const { answers: wanted = 1, bytesBehind = 0, quietMs = 0, patienceMs = 10_000 } = options
  const reader = new Reader(options.methods ?? [])
  const started = performance.now()
  const socket = connect({ host: "127.0.0.1", port: options.port, allowHalfOpen: true, noDelay: true })
  reader.listen(socket)
  await send(socket, reader, steps, patienceMs)
  const complete = (): boolean => reader.answers.length >= wanted && reader.length - reader.at >= bytesBehind
  await reader.until(() => reader.ended || complete(), patienceMs)
  if (!reader.ended && quietMs > 0) await reader.until(() => reader.ended, quietMs)
  const tookMs = performance.now() - started
  socket.destroy()
  const { answers, malformed, end } = reader
  return { answers, malformed, end, tookMs, bytes: reader.bytes, rest: reader.bytes.subarray(reader.at) }
}

async function send(socket: Socket, reader: Reader, steps: readonly Step[], patienceMs: number): Promise<void> {
  for (const step of steps) {
    if (socket.destroyed || reader.end === "reset") return
    if (step === "half-close") socket.end()
    else if (step === "reset") socket.resetAndDestroy()
    else if (typeof step === "string" || step instanceof Uint8Array) {
      // A server may refuse the start of something long: then nobody reads the rest, and its write never ends.
      const written = new Promise<void>((resolve) =>
        socket.write(typeof step === "string" ? Buffer.from(step, "latin1") : step, () => resolve()),
      )
      await Promise.race([written, reader.until(() => reader.ended, patienceMs)])
    } else if ("pauseMs" in step) await reader.until(() => reader.ended, step.pauseMs)
    else await reader.until(() => reader.ended || reader.answers.length >= step.answers, patienceMs)
  }
}

class Reader {
  readonly answers: Answer[] = []
  /** How many bytes have come. */
  length = 0
  malformed: string | undefined
  end: Exchange["end"] = "open"
  /** Where the next answer starts. */
  at = 0
  readonly #methods: readonly string[]
  /** What came, put together only when somebody looks: it may be long. */
  #parts: Buffer[] = []
  #upgraded = false
  #waiting: (() => void)[] = []

  constructor(methods: readonly string[]) {
    this.#methods = methods
  }

  get bytes(): Buffer {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)]
    return this.#parts[0] ?? Buffer.alloc(0)
  }

  /** Nothing more can come that says anything. */
  get ended(): boolean {
    return this.end !== "open" || this.malformed !== undefined
  }

  listen(socket: Socket): void {
    socket.on("data", (data: Buffer) => {
      this.#parts.push(data)
      this.length += data.length
      this.#parse()
      this.#wake()
    })
    socket.on("end", () => this.#finish("closed"))
    socket.on("error", () => this.#finish("reset"))
    socket.on("close", () => this.#finish("closed"))
  }

  /** Waits until something is so; no longer than this. */
  async until(done: () => boolean, mostMs: number): Promise<void> {
    const deadline = performance.now() + mostMs
    while (!done()) {
      const left = deadline - performance.now()
      if (left <= 0) return
      let timer: ReturnType<typeof setTimeout> | undefined
      await new Promise<void>((resolve) => {
        timer = setTimeout(resolve, left)
        this.#waiting.push(resolve)
      })
      clearTimeout(timer)
    }
  }

  #finish(end: "closed" | "reset"): void {
    if (this.end !== "open") return
    this.end = end
    this.#parse()
    this.#wake()
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) one()
  }

  #parse(): void {
    try {
      while (this.malformed === undefined && !this.#upgraded && this.at < this.length) {
        const method = this.#methods[this.answers.length] ?? "GET"
        const parsed = parseAnswer(this.bytes, { start: this.at, method, ended: this.end !== "open" })
        if (parsed === undefined) return
        this.answers.push(parsed.answer)
        this.at = parsed.end
        this.#upgraded = parsed.answer.status === 101
      }
    } catch (error) {
      if (!(error instanceof AnswerMalformed)) throw error
      this.malformed = error.message
    }
  }
}

/** An exchange as a failure shows it. */
export function describeExchange(steps: readonly Step[], { bytes, end, malformed, tookMs }: Exchange): string {
  const sent = steps.map((step) => {
    if (typeof step === "string") return show(Buffer.from(step, "latin1"))
    return step instanceof Uint8Array ? show(Buffer.from(step)) : JSON.stringify(step)
  })
  return [
    `sent      ${sent.join(" then ")}`,
    `got       ${show(bytes, 0, 1200)}`,
    `the end   ${end}, after ${Math.round(tookMs)} ms`,
    ...(malformed === undefined ? [] : [`malformed ${malformed}`]),
  ].join("\n")
}
