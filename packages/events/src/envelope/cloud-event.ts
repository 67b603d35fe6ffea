import { CloudEventInvalid } from "../errors.ts"
import { isAbsoluteUri, isMediaType, isTimestamp, isUriReference } from "./attribute-values.ts"

/** What an attribute of an extension may be; binary, URIs and times are text. */
export type AttributeValue = string | number | boolean

/**
 * An event in its envelope, as CloudEvents 1.0 says. Attributes of extensions stand beside the others: lower-case letters and digits,
 * with text, a whole number of 32 bits, or a boolean.
 *
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export interface CloudEvent<Data = unknown> {
  readonly specversion: "1.0"
  /** With `source` it names this event alone. */
  readonly id: string
  /** A URI reference: who tells of it. */
  readonly source: string
  /** The name of its kind. */
  readonly type: string
  /** Default: JSON. */
  readonly datacontenttype?: string
  readonly dataschema?: string
  readonly subject?: string
  /** RFC 3339. */
  readonly time?: string
  /** What events are kept in order by (the extension "partitioning"). */
  readonly partitionkey?: string
  /** Where it stands in a trace (the extension "distributed tracing", W3C Trace Context). */
  readonly traceparent?: string
  readonly tracestate?: string
  /** A Uint8Array is binary data. Absent: it has none. */
  readonly data?: Data
  readonly [extension: string]: unknown
}

/** Attributes with rules of their own; `null` and `undefined` mean that an attribute is not set. */
const RULES: Readonly<Record<string, readonly [isValid: (value: string) => boolean, expected: string]>> = {
  specversion: [(value) => value === "1.0", `"1.0"`],
  id: [(value) => value !== "", "text that is not empty"],
  source: [(value) => value !== "" && isUriReference(value), "a URI reference that is not empty"],
  type: [(value) => value !== "", "text that is not empty"],
  datacontenttype: [isMediaType, "a media type"],
  dataschema: [isAbsoluteUri, "an absolute URI"],
  subject: [(value) => value !== "", "text that is not empty"],
  time: [isTimestamp, "a time as RFC 3339 writes it"],
  partitionkey: [(value) => value !== "", "text that is not empty"],
  traceparent: [(value) => value !== "", "text that is not empty"],
  tracestate: [() => true, "text"],
}
const REQUIRED = ["specversion", "id", "source", "type"] as const

const ATTRIBUTE_NAME = /^[a-z0-9]+$/
/** Characters that no attribute may hold, and halves of pairs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that the specification excludes.
const FORBIDDEN_TEXT = /[\u0000-\u001f\u007f-\u009f\ufdd0-\ufdef\ufffe\uffff]/u
/** Far beyond the 64 KiB that intermediaries must forward, all attributes together. */
const MAX_ATTRIBUTES = 100
const MAX_INTEGER = 2 ** 31

/**
 * Checks attributes, drops those that are not set, and freezes nothing else: data is what was given.
 *
 * @throws {EVENTS_ENVELOPE_INVALID} naming the attribute.
 */
export function checkCloudEvent<Data = unknown>(given: Readonly<Record<string, unknown>>): CloudEvent<Data> {
  const names = Object.keys(given)
  if (names.length > MAX_ATTRIBUTES)
    throw new CloudEventInvalid(`Expected at most ${MAX_ATTRIBUTES} attributes, got ${names.length}.`)
  const event: Record<string, unknown> = {}
  for (const name of names) {
    const value = given[name]
    if (name === "data") {
      if (value !== undefined) event.data = value
      continue
    }
    if (value === null || value === undefined) continue
    checkAttribute(name, value)
    event[name] = value
  }
  for (const name of REQUIRED)
    if (event[name] === undefined) throw new CloudEventInvalid(`Expected the attribute ${name}, got none.`)
  return event as unknown as CloudEvent<Data>
}

function checkAttribute(name: string, value: unknown): void {
  if (!ATTRIBUTE_NAME.test(name) || name.length > 64)
    throw new CloudEventInvalid(
      `Expected names of attributes to be at most 64 lower-case letters and digits, got ${JSON.stringify(name.slice(0, 64))}.`,
    )
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined
  if (rule !== undefined && typeof value !== "string")
    throw new CloudEventInvalid(`Expected the attribute ${name} to be text, got a ${typeof value}.`)
  if (typeof value === "string") {
    if (!value.isWellFormed() || FORBIDDEN_TEXT.test(value))
      throw new CloudEventInvalid(`Expected the attribute ${name} to be well-formed text without control characters.`)
    if (rule !== undefined && !rule[0](value))
      throw new CloudEventInvalid(`Expected the attribute ${name} to be ${rule[1]}.`)
    return
  }
  if (typeof value === "boolean") return
  if (typeof value === "number" && Number.isInteger(value) && value >= -MAX_INTEGER && value < MAX_INTEGER) return
  throw new CloudEventInvalid(
    `Expected the attribute ${name} to be text, a boolean or a whole number of 32 bits, got ${typeof value === "number" ? "another number" : `a ${typeof value}`}.`,
  )
}

/** Whether data of this media type is JSON; none means that it is. */
export function isJson(datacontenttype: string | undefined): boolean {
  if (datacontenttype === undefined) return true
  const [type = ""] = datacontenttype.split(";")
  return /^[^/]+\/(?:[^/]+\+)?json$/i.test(type.trim())
}
