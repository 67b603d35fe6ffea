import { randomUUID } from "node:crypto"
import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import type { SmsOutboxEntry, SmsTransport } from "../sms.ts"

/** Keeps the last messages, and sends none: `memory:` in silence, `log:` with a line for each on standard output. */
export function open(url: DriverUrl, { keep }: { readonly keep: number }): SmsTransport {
  if (url.host !== undefined || url.name !== "") throw new DriverUrlInvalid(`Expected ${url.scheme}:, got ${url}.`)
  const outbox: SmsOutboxEntry[] = []
  return {
    outbox,
    async send({ to, text, segments }) {
      const id = randomUUID()
      outbox.unshift({ id, at: new Date(), to, text, segments })
      outbox.splice(keep)
      if (url.scheme === "log") console.log(`sms to ${to}: ${text}`)
      return { id }
    },
    async close() {
      outbox.splice(0)
    },
  }
}
