import { createHash, randomUUID } from "node:crypto"
import { contentTypeOf, sanitizeFilename } from "@ashlar/core/files"
import { type Address, type ParsedAddress, parseAddress, UNFIT } from "./address.ts"
import { MailMessageInvalid, MailTooLarge } from "./errors.ts"
import type { Attachment, MailMessage, PreparedAttachment, PreparedMessage } from "./message.ts"
import { toText } from "./templates/to-text.ts"

export interface PrepareRules {
  readonly from: Address | undefined
  readonly maxRecipients: number
  readonly maxBytes: number
  /** Of which the id of the message is made, so that it is the same when it is sent again. */
  readonly key: string | undefined
}

/** What a message is made of has fields of its own; and these say where it goes. */
const OWN_HEADERS =
  /^(?:from|to|cc|bcc|reply-to|sender|subject|date|message-id|mime-version|content-.*|return-path|received|dkim-.*|x-ses-.*|x-mailgun-.*|x-smtpapi)$/
const HEADER_NAME = /^[a-z][a-z0-9-]{0,75}$/
const MAX_SUBJECT = 400
const MAX_HEADER = 800
const MAX_HEADERS = 30

/** Checks a message, and reads what goes with it. @throws {MAIL_MESSAGE_INVALID} {MAIL_TOO_LARGE} */
export async function prepare(message: MailMessage, rules: PrepareRules): Promise<PreparedMessage> {
  const from = message.from ?? rules.from
  if (from === undefined) throw invalid("from", "to be there: in the message, or as an option of openMail")
  const sender = parseAddress(from, "from")
  const [to, cc, bcc] = [addresses(message.to, "to"), addresses(message.cc, "cc"), addresses(message.bcc, "bcc")]
  const count = to.length + cc.length + bcc.length
  if (to.length === 0 || count > rules.maxRecipients)
    throw invalid("to", `with 1 to ${rules.maxRecipients} recipients altogether`)
  const html = message.html === undefined ? undefined : String(message.html)
  const text = message.text ?? (html === undefined ? "" : toText(html))
  if (text === "" && html === undefined) throw invalid("text", "or `html` to be there")
  checkSubject(message.subject)
  const size = Buffer.byteLength(text) + Buffer.byteLength(html ?? "")
  if (size > rules.maxBytes) throw tooLarge(rules.maxBytes)
  return {
    messageId: `${idOf(rules.key, count, to)}@${sender.email.split("@")[1]}`,
    from: sender,
    to,
    cc,
    bcc,
    replyTo: message.replyTo === undefined ? undefined : parseAddress(message.replyTo, "replyTo"),
    subject: message.subject,
    text,
    html,
    headers: checkHeaders(message.headers ?? {}),
    tags: checkTags(message.tags ?? []),
    attachments: await readAttachments(message.attachments ?? [], rules.maxBytes - size, rules.maxBytes),
  }
}

function idOf(key: string | undefined, count: number, to: readonly ParsedAddress[]): string {
  if (key === undefined) return randomUUID()
  return createHash("sha256")
    .update(JSON.stringify([key, count, to[0]!.email]))
    .digest("hex")
    .slice(0, 40)
}

function addresses(given: Address | readonly Address[] | undefined, field: string): readonly ParsedAddress[] {
  if (given === undefined) return []
  const list = (Array.isArray(given) ? given : [given]) as readonly Address[]
  return list.map((one) => parseAddress(one, field))
}

function checkSubject(subject: string): void {
  if (typeof subject !== "string" || subject.length > MAX_SUBJECT || UNFIT.test(subject) || !subject.isWellFormed())
    throw invalid("subject", `to be one line of at most ${MAX_SUBJECT} characters`)
}

function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  if (entries.length > MAX_HEADERS) throw invalid("headers", `to be at most ${MAX_HEADERS}`)
  for (const [name, value] of entries) {
    if (!HEADER_NAME.test(name) || OWN_HEADERS.test(name))
      throw invalid("headers", "with names that are not those of what a message is made of")
    if (typeof value !== "string" || value.length > MAX_HEADER || /[^\x20-\x7e]/.test(value))
      throw invalid(`headers.${name}`, "to be one line of ASCII")
  }
  return Object.fromEntries(entries)
}

function checkTags(tags: readonly string[]): readonly string[] {
  if (tags.length > 10 || tags.some((tag) => !/^[A-Za-z0-9_-]{1,128}$/.test(tag)))
    throw invalid("tags", "to be at most 10 of letters, digits, _ and -")
  return tags
}

async function readAttachments(
  list: readonly Attachment[],
  room: number,
  maxBytes: number,
): Promise<readonly PreparedAttachment[]> {
  const read: PreparedAttachment[] = []
  let left = room
  for (const attachment of list) {
    const { filename, contentId } = attachment
    if (filename === "" || sanitizeFilename(filename) !== filename)
      throw invalid("attachments", "with plain names of files")
    if (contentId !== undefined && !/^[A-Za-z0-9._-]{1,128}$/.test(contentId))
      throw invalid("attachments", "with a `contentId` of letters, digits, ., _ and -")
    const { chunks, type } = await open(attachment)
    const pieces: Uint8Array[] = []
    for await (const chunk of chunks) {
      left -= chunk.length
      if (left < 0) throw tooLarge(maxBytes)
      pieces.push(chunk)
    }
    const contentType = attachment.contentType ?? type ?? contentTypeOf(filename)
    if (!/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:;[\x20-\x7e]*)?$/.test(contentType))
      throw invalid("attachments", "with media types")
    read.push({ filename, content: Buffer.concat(pieces), contentType, contentId })
  }
  return read
}

async function open({ content }: Attachment): Promise<{ chunks: AsyncIterable<Uint8Array>; type?: string }> {
  if (typeof content === "string") return { chunks: once(new TextEncoder().encode(content)) }
  if (content instanceof Uint8Array) return { chunks: once(content) }
  if (content instanceof ReadableStream) return { chunks: piecesOf(content) }
  const { object, body } = await content.storage.stream(content.key)
  return { chunks: piecesOf(body), type: object.contentType }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

function invalid(field: string, what: string): InstanceType<typeof MailMessageInvalid> {
  return new MailMessageInvalid(`Expected \`${field}\` ${what}.`, { details: { field } })
}
function tooLarge(maxBytes: number): InstanceType<typeof MailTooLarge> {
  return new MailTooLarge(`Expected a message of at most ${maxBytes} bytes.`, { details: { maxBytes } })
}
