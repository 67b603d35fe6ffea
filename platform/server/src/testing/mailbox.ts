import type { MailTransport, PreparedMessage } from "@ashlar/mail"

/** Where mail of a stage arrives. */
export interface Mailbox {
  readonly transport: MailTransport
  readonly messages: readonly PreparedMessage[]
  /** The next message to an address; waits for it. */
  next(email: string): Promise<{ readonly message: PreparedMessage; readonly code: string; readonly token: string }>
  /** How many have come to an address, once whatever was asked for before is sent. */
  count(email: string): Promise<number>
}

export function openMailbox(): Mailbox {
  const messages: PreparedMessage[] = []
  const read = new Map<string, number>()
  const to = (email: string): readonly PreparedMessage[] =>
    messages.filter((message) => message.to.some((one) => one.email === email))
  return {
    messages,
    transport: {
      async send(message) {
        messages.push(message)
        return { id: String(messages.length), rejected: [] }
      },
      close: async () => undefined,
    },
    async next(email) {
      const at = read.get(email) ?? 0
      for (let turn = 0; turn < 2_000 && to(email).length <= at; turn++) await Bun.sleep(1)
      read.set(email, at + 1)
      const message = to(email)[at]
      if (message === undefined) throw new TypeError(`no message to ${email} has come`)
      return {
        message,
        code: /^\d{8}$/m.exec(message.text)?.[0] ?? "",
        token: /[?&]token=([\w-]+)/.exec(message.text)?.[1] ?? "",
      }
    },
    async count(email) {
      // Sending begins in the turn after the answer, and this transport takes no time.
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      return to(email).length
    },
  }
}
