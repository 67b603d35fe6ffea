import type { Address, ParsedAddress } from "./address.ts"
import type { Html } from "./templates/html.ts"

/** What reads an object of a storage: a `Storage` of `@ashlar/storage`, or one of its scopes. */
export interface AttachmentSource {
  stream(key: string): Promise<{
    readonly object: { readonly contentType: string; readonly sizeBytes: number }
    readonly body: ReadableStream<Uint8Array>
  }>
}

/** A file that goes with a message. */
export interface Attachment {
  /** Of plain text, without a path. */
  readonly filename: string
  /** The bytes, or an object of a storage, read when the message is sent. A stream is read once: such a message is not sent again. */
  readonly content:
    | Uint8Array
    | string
    | ReadableStream<Uint8Array>
    | { readonly storage: AttachmentSource; readonly key: string }
  /** Default: the object's, or by the name's extension. */
  readonly contentType?: string
  /** For a picture within the HTML, which shows it by `cid:` and this. Letters, digits, `.`, `_` and `-`. */
  readonly contentId?: string
}

/** What is sent. */
export interface MailMessage {
  /** Default: the `from` that the mail was opened with. */
  readonly from?: Address
  readonly to: Address | readonly Address[]
  readonly cc?: Address | readonly Address[]
  readonly bcc?: Address | readonly Address[]
  readonly replyTo?: Address
  readonly subject: string
  /** Default: made of the HTML. */
  readonly text?: string
  /** By `html` of this package values in it are escaped; a text is sent as it is. */
  readonly html?: Html | string
  readonly attachments?: readonly Attachment[]
  /** Others than those that a message is made of: `list-unsubscribe`, `x-…`, `auto-submitted`. */
  readonly headers?: Readonly<Record<string, string>>
  /** What providers count it under. Letters, digits, `_` and `-`; at most 10. */
  readonly tags?: readonly string[]
}

/** A message that was checked, with all that is in it. */
export interface PreparedMessage {
  /** Without angle brackets. The same however often it is sent. */
  readonly messageId: string
  readonly from: ParsedAddress
  readonly to: readonly ParsedAddress[]
  readonly cc: readonly ParsedAddress[]
  readonly bcc: readonly ParsedAddress[]
  readonly replyTo: ParsedAddress | undefined
  readonly subject: string
  readonly text: string
  readonly html: string | undefined
  readonly attachments: readonly PreparedAttachment[]
  readonly headers: Readonly<Record<string, string>>
  readonly tags: readonly string[]
}

export interface PreparedAttachment {
  readonly filename: string
  readonly content: Uint8Array
  readonly contentType: string
  readonly contentId: string | undefined
}
