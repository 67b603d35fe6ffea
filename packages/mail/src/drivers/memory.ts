import { randomUUID } from "node:crypto"
import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import { formatAddress } from "../address.ts"
import type { PreparedMessage } from "../message.ts"
import type { Delivery, MailTransport, Outbox, OutboxEntry } from "../transport.ts"

export interface MemoryOptions {
  readonly keep: number
}

/** Keeps the last messages, and sends none: `memory:` in silence, `log:` with a line for each on standard output. */
export function open(url: DriverUrl, { keep }: MemoryOptions): MailTransport {
  if (url.host !== undefined || url.name !== "") throw new DriverUrlInvalid(`Expected ${url.scheme}:, got ${url}.`)
  return new MemoryTransport(keep, url.scheme === "log" ? (line) => console.log(line) : undefined)
}

class MemoryTransport implements MailTransport {
  readonly outbox: Outbox
  readonly #entries: OutboxEntry[] = []
  readonly #keep: number
  readonly #log: ((line: string) => void) | undefined

  constructor(keep: number, log: ((line: string) => void) | undefined) {
    this.#keep = keep
    this.#log = log
    this.outbox = {
      list: () => [...this.#entries],
      find: (id) => this.#entries.find((entry) => entry.id === id),
      clear: () => this.#entries.splice(0),
    }
  }

  async send(message: PreparedMessage): Promise<Delivery> {
    const id = randomUUID()
    this.#entries.unshift({ id, at: new Date(), message })
    this.#entries.splice(this.#keep)
    this.#log?.(`mail to ${message.to.map(formatAddress).join(", ")}: ${message.subject}`)
    return { id, rejected: [] }
  }

  async close(): Promise<void> {
    this.#entries.splice(0)
  }
}
