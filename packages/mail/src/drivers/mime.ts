import type { ParsedAddress } from "../address.ts"
import type { PreparedMessage } from "../message.ts"

/** A message as nodemailer takes it. Nothing in it names a file or an address that it would read by itself. */
export interface ComposedMessage {
  readonly messageId: string
  readonly from: ParsedMailbox
  readonly to: ParsedMailbox[]
  readonly cc: ParsedMailbox[]
  readonly replyTo?: ParsedMailbox
  readonly subject: string
  readonly text: string
  readonly html?: string
  readonly headers: Record<string, string>
  readonly attachments: {
    filename: string
    content: Buffer
    contentType: string
    cid?: string
    contentDisposition: "inline" | "attachment"
  }[]
  readonly envelope: { from: string; to: string[] }
  readonly disableFileAccess: true
  readonly disableUrlAccess: true
}

interface ParsedMailbox {
  readonly name: string
  readonly address: string
}

export function compose(message: PreparedMessage): ComposedMessage {
  const { messageId, from, to, cc, replyTo, subject, text, html, headers, attachments } = message
  return {
    messageId: `<${messageId}>`,
    from: toMailbox(from),
    to: to.map(toMailbox),
    cc: cc.map(toMailbox),
    ...(replyTo !== undefined && { replyTo: toMailbox(replyTo) }),
    subject,
    text,
    ...(html !== undefined && { html }),
    headers: { ...headers },
    attachments: attachments.map(({ filename, content, contentType, contentId }) => ({
      filename,
      content: Buffer.from(content.buffer, content.byteOffset, content.byteLength),
      contentType,
      contentDisposition: contentId === undefined ? "attachment" : "inline",
      ...(contentId !== undefined && { cid: contentId }),
    })),
    // Whoever is in `bcc` is in the envelope alone.
    envelope: { from: from.email, to: recipientsOf(message) },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

export function recipientsOf({ to, cc, bcc }: PreparedMessage): string[] {
  return [...new Set([...to, ...cc, ...bcc].map(({ email }) => email))]
}

function toMailbox({ name, email }: ParsedAddress): ParsedMailbox {
  return { name, address: email }
}
