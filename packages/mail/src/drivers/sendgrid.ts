import type { DriverUrl } from "@ashlar/core"
import type { ParsedAddress } from "../address.ts"
import type { PreparedMessage } from "../message.ts"
import type { MailTransport } from "../transport.ts"
import { askProvider } from "./ask-provider.ts"
import { endpointOf, keyOf, type ProviderOptions } from "./provider-url.ts"

/** SendGrid's Mail Send. @see https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send */
export function open(url: DriverUrl, { endpoint, timeoutMs }: ProviderOptions): MailTransport {
  const key = keyOf(url)
  const address = `${endpointOf(endpoint, "https://api.sendgrid.com")}/v3/mail/send`
  return {
    async send(message, { signal }) {
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
      const answer = await askProvider({
        url: address,
        headers,
        body: JSON.stringify(toBody(message)),
        timeoutMs,
        signal,
      })
      return { id: answer.headers.get("x-message-id") ?? message.messageId, rejected: [] }
    },
    async close() {
      // Nothing is held between two messages.
    },
  }
}

function toBody(message: PreparedMessage): object {
  const { from, replyTo, subject, text, html, attachments, headers, tags, messageId } = message
  // SendGrid refuses a message that names one recipient twice.
  const seen = new Set<string>()
  const apart = (list: readonly ParsedAddress[]): object[] =>
    list.filter(({ email }) => !seen.has(email) && seen.add(email)).map(toPerson)
  const [to, cc, bcc] = [apart(message.to), apart(message.cc), apart(message.bcc)]
  return {
    personalizations: [{ to, ...(cc.length > 0 && { cc }), ...(bcc.length > 0 && { bcc }) }],
    from: toPerson(from),
    ...(replyTo !== undefined && { reply_to: toPerson(replyTo) }),
    subject,
    content: [
      ...(text === "" ? [] : [{ type: "text/plain", value: text }]),
      ...(html === undefined ? [] : [{ type: "text/html", value: html }]),
    ],
    headers: { ...headers, "Message-ID": `<${messageId}>` },
    ...(tags.length > 0 && { categories: tags }),
    ...(attachments.length > 0 && {
      attachments: attachments.map(({ filename, content, contentType, contentId }) => ({
        content: Buffer.from(content).toString("base64"),
        filename,
        type: contentType,
        disposition: contentId === undefined ? "attachment" : "inline",
        ...(contentId !== undefined && { content_id: contentId }),
      })),
    }),
  }
}

function toPerson({ email, name }: ParsedAddress): object {
  return { email, ...(name !== "" && { name }) }
}
