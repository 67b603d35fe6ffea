import type { DriverUrl } from "@ashlar/core"
import { formatAddress, type ParsedAddress } from "../address.ts"
import type { PreparedMessage } from "../message.ts"
import type { MailTransport } from "../transport.ts"
import { askProvider } from "./ask-provider.ts"
import { endpointOf, keyOf, type ProviderOptions } from "./provider-url.ts"

/** Resend's emails. @see https://resend.com/docs/api-reference/emails/send-email */
export function open(url: DriverUrl, { endpoint, timeoutMs }: ProviderOptions): MailTransport {
  const key = keyOf(url)
  const address = `${endpointOf(endpoint, "https://api.resend.com")}/emails`
  return {
    async send(message, context) {
      const headers = {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        ...(context.key !== undefined && { "idempotency-key": context.key }),
      }
      const body = JSON.stringify(toBody(message))
      const { json } = await askProvider({ url: address, headers, body, timeoutMs, signal: context.signal })
      return { id: String(json.id ?? message.messageId), rejected: [] }
    },
    async close() {
      // Nothing is held between two messages.
    },
  }
}

function toBody(message: PreparedMessage): object {
  const { from, to, cc, bcc, replyTo, subject, text, html, headers, attachments, tags, messageId } = message
  const list = (addresses: readonly ParsedAddress[]): string[] => addresses.map(formatAddress)
  return {
    from: formatAddress(from),
    to: list(to),
    ...(cc.length > 0 && { cc: list(cc) }),
    ...(bcc.length > 0 && { bcc: list(bcc) }),
    ...(replyTo !== undefined && { reply_to: formatAddress(replyTo) }),
    subject,
    text,
    ...(html !== undefined && { html }),
    headers: { ...headers, "Message-ID": `<${messageId}>` },
    ...(tags.length > 0 && { tags: tags.map((tag) => ({ name: tag, value: "1" })) }),
    ...(attachments.length > 0 && {
      attachments: attachments.map(({ filename, content, contentType, contentId }) => ({
        filename,
        content: Buffer.from(content).toString("base64"),
        content_type: contentType,
        ...(contentId !== undefined && { content_id: contentId }),
      })),
    }),
  }
}
