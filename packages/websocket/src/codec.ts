import type { StandardSchemaV1 } from "@ashlar/core"
import { PartSchema, type RequestIssue } from "@ashlar/http/upgrade"
import { MessageInvalid, MessageUnsendable, OptionInvalid } from "./errors.ts"

/** The schemas of a connection's messages. With them, or with an empty record, messages are JSON; without, text or bytes. */
export interface Messages {
  /** What clients may send. Without it: any JSON. */
  readonly in?: StandardSchemaV1
  /** What they are sent. It is checked outside production. */
  readonly out?: StandardSchemaV1
}

/** What goes over the wire, and what hooks and callers see. */
export interface Codec {
  /** Whether messages are JSON. */
  readonly isJson: boolean
  /** @throws {WEBSOCKET_MESSAGE_UNSENDABLE} */
  encode(message: unknown): string | Uint8Array
  /** @throws {WEBSOCKET_MESSAGE_INVALID} */
  decode(data: string | Uint8Array): unknown
}

const MAX_ISSUES = 10

/** Makes the codec of a hub. `isChecking`: whether outgoing messages are held to their schema. */
export function createCodec(messages: Messages | undefined, isChecking: boolean): Codec {
  if (messages === undefined) return plain
  const incoming = messages.in && new PartSchema("message", messages.in)
  const outgoing = isChecking && messages.out ? new PartSchema("message", messages.out) : undefined
  return {
    isJson: true,
    encode(message) {
      const issues = outgoing && check(outgoing, message).issues
      if (issues !== undefined) throw new MessageUnsendable(`A message to send does not fit: ${summary(issues)}`)
      return toJson(message)
    },
    decode(data) {
      if (typeof data !== "string") throw new MessageInvalid("Expected JSON as text, got bytes")
      const value = parse(data)
      if (incoming === undefined) return value
      const checked = check(incoming, value)
      if (checked.issues === undefined) return checked.value
      const errors = checked.issues.slice(0, MAX_ISSUES)
      throw new MessageInvalid(`The message does not fit: ${summary(checked.issues)}`, { details: { errors } })
    },
  }
}

const plain: Codec = {
  isJson: false,
  encode(message) {
    if (typeof message === "string" || message instanceof Uint8Array) return message
    throw new MessageUnsendable(`Expected text or bytes to send, got ${typeof message}. For JSON, say \`messages\`.`)
  },
  decode: (data) => data,
}

function check(schema: PartSchema, value: unknown) {
  const checked = schema.check(value)
  if (checked instanceof Promise)
    throw new OptionInvalid(
      "A schema of messages answers later. Messages are checked as they come: use one that does not",
    )
  return checked
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the text, and the text may hold secrets.
    throw new MessageInvalid("The message is not valid JSON")
  }
}

export function toJson(message: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(message)
  } catch (cause) {
    throw new MessageUnsendable("A message to send has no JSON form", { cause })
  }
  if (text === undefined)
    throw new MessageUnsendable(`A message to send is a ${typeof message}, which has no JSON form`)
  return text
}

function summary(issues: readonly RequestIssue[]): string {
  const [first, ...rest] = issues
  const { pointer, message } = first!
  return `${pointer === "" ? "" : `${pointer}: `}${message}${rest.length === 0 ? "" : ` (and ${rest.length} more)`}`
}
