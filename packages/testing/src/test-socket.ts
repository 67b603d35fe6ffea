import { within } from "./answer-stream.ts"
import { NothingCame } from "./errors.ts"

/** A WebSocket connection to the app under test. What comes is kept until it is asked for. */
export class TestSocket {
  readonly #socket: WebSocket
  readonly #timeoutMs: number
  readonly #messages: (string | Uint8Array)[] = []
  #wake: (() => void) | undefined
  #closed: { readonly code: number; readonly reason: string } | undefined

  private constructor(socket: WebSocket, timeoutMs: number) {
    this.#socket = socket
    this.#timeoutMs = timeoutMs
    socket.binaryType = "arraybuffer"
    socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#messages.push(typeof data === "string" ? data : new Uint8Array(data))
      this.#wake?.()
    })
    socket.addEventListener("close", ({ code, reason }) => {
      this.#closed = { code, reason }
      this.#wake?.()
    })
  }

  /** @throws {TESTING_NOTHING_CAME} when the handshake is refused, or not answered. */
  static async open(
    url: string,
    headers: Readonly<Record<string, string>>,
    protocols: readonly string[],
    timeoutMs: number,
  ): Promise<TestSocket> {
    // Bun and Node take headers there; browsers and the types of the web do not know of them.
    const options = { headers, protocols: [...protocols] } as unknown as string[]
    const socket = new WebSocket(url, options)
    const test = new TestSocket(socket, timeoutMs)
    const opened = new Promise<void>((resolve, reject) => {
      socket.addEventListener("open", () => resolve())
      socket.addEventListener("error", () => reject(new NothingCame(`The handshake at ${url} was refused`)))
    })
    await within(opened, timeoutMs, () => "")
    return test
  }

  /** The subprotocol that was agreed on; `""`: none. */
  get protocol(): string {
    return this.#socket.protocol
  }

  /** Text and bytes go as they are, anything else as JSON. */
  send(message: unknown): void {
    if (typeof message === "string") this.#socket.send(message)
    else if (message instanceof Uint8Array) this.#socket.send(new Uint8Array(message))
    else this.#socket.send(JSON.stringify(message))
  }
  /** The next message. @throws {TESTING_NOTHING_CAME} when the connection ends before, or nothing comes in time. */
  async next(): Promise<string | Uint8Array> {
    while (this.#messages.length === 0) {
      if (this.#closed !== undefined)
        throw new NothingCame(`The connection closed with ${this.#closed.code} ${this.#closed.reason}`.trimEnd())
      await this.#change()
    }
    return this.#messages.shift()!
  }
  /** The next message, as JSON. */
  async nextJson<T = unknown>(): Promise<T> {
    const message = await this.next()
    return JSON.parse(typeof message === "string" ? message : new TextDecoder().decode(message))
  }
  /** Waits for the other side to close. */
  async closed(): Promise<{ readonly code: number; readonly reason: string }> {
    while (this.#closed === undefined) await this.#change()
    return this.#closed
  }
  async close(code = 1000, reason = ""): Promise<void> {
    this.#socket.close(code, reason)
    await this.closed()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #change(): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    return within(changed, this.#timeoutMs, () => "")
  }
}
