import { formatWithOptions } from "node:util"
import type { Channel } from "../../channel.ts"
import type { LogLevel } from "../../messages.ts"
import type { Invocation } from "./invocation.ts"

const MAX_MESSAGE_LENGTH = 8 * 1024
/** Lines without an invocation, for the whole life of the process. */
const MAX_OWNERLESS_LINES = 1000

const levels: Readonly<Record<string, LogLevel>> = {
  debug: "debug",
  trace: "debug",
  log: "info",
  info: "info",
  dir: "info",
  warn: "warn",
  error: "error",
}

/** Where the lines of `ctx.log` and `console` go. */
export class LogWriter {
  readonly #channel: Channel
  readonly #current: () => Invocation | undefined
  #ownerless = 0
  /** The exchange of the load while the bundle's top level runs. */
  loading = 0

  constructor(channel: Channel, current: () => Invocation | undefined) {
    this.#channel = channel
    this.#current = current
  }

  /** Sends a line, unless its invocation is over or has written enough: the platform would drop it. */
  write(level: LogLevel, message: string, fields: Record<string, unknown> = {}): void {
    const invocation = this.#current()
    if (
      invocation
        ? !invocation.live || ++invocation.lines > invocation.maxLines + 1
        : ++this.#ownerless > MAX_OWNERLESS_LINES
    )
      return
    const line = { level, message: String(message).slice(0, MAX_MESSAGE_LENGTH), fields }
    this.#channel.log(invocation?.id ?? this.loading, line)
  }

  /** Replaces what `console` prints to. */
  takeConsole(): void {
    for (const [method, level] of Object.entries(levels)) {
      Reflect.set(console, method, (...values: unknown[]) =>
        this.write(level, formatWithOptions({ depth: 4, colors: false }, ...values)),
      )
    }
  }
}
