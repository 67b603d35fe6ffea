import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import { formatAddress } from "../address.ts"
import type { PreparedMessage } from "../message.ts"
import type { MailTransport } from "../transport.ts"
import { askProvider } from "./ask-provider.ts"
import { endpointOf, type ProviderOptions } from "./provider-url.ts"

export interface MailgunOptions extends ProviderOptions {
  readonly region: "us" | "eu"
}

/** Mailgun's messages: `mailgun://:key@/domain`. @see https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/messages */
export function open(url: DriverUrl, { endpoint, timeoutMs, region }: MailgunOptions): MailTransport {
  if (url.password === undefined || url.host !== "" || !/^[\w.-]+$/.test(url.name))
    throw new DriverUrlInvalid(`Expected mailgun://:key@/domain, got ${url}.`)
  const own = region === "eu" ? "https://api.eu.mailgun.net" : "https://api.mailgun.net"
  const address = `${endpointOf(endpoint, own)}/v3/${url.name}/messages`
  const login = Buffer.from(`api:${url.password.reveal()}`).toString("base64")
  return {
    async send(message, { signal }) {
      const headers = { authorization: `Basic ${login}` }
      const { json } = await askProvider({ url: address, headers, body: toForm(message), timeoutMs, signal })
      return { id: String(json.id ?? message.messageId).replace(/^<|>$/g, ""), rejected: [] }
    },
    async close() {
      // Nothing is held between two messages.
    },
  }
}

function toForm(message: PreparedMessage): FormData {
  const form = new FormData()
  form.append("from", formatAddress(message.from))
  for (const field of ["to", "cc", "bcc"] as const)
    for (const address of message[field]) form.append(field, formatAddress(address))
  form.append("subject", message.subject)
  if (message.text !== "") form.append("text", message.text)
  if (message.html !== undefined) form.append("html", message.html)
  form.append("h:Message-Id", `<${message.messageId}>`)
  if (message.replyTo !== undefined) form.append("h:Reply-To", formatAddress(message.replyTo))
  for (const [name, value] of Object.entries(message.headers)) form.append(`h:${name}`, value)
  for (const tag of message.tags) form.append("o:tag", tag)
  for (const { filename, content, contentType, contentId } of message.attachments) {
    const file = new Blob([new Uint8Array(content)], { type: contentType })
    // What is within the HTML is known by its name as a file.
    if (contentId === undefined) form.append("attachment", file, filename)
    else form.append("inline", file, contentId)
  }
  return form
}
