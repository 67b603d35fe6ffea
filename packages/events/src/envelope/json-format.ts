import { CloudEventInvalid, CloudEventTooLarge } from "../errors.ts"
import { type CloudEvent, checkCloudEvent, isJson } from "./cloud-event.ts"

/** What is not larger may be read and written. */
export const MAX_EVENT_BYTES: number = 8 * 1024 * 1024

/**
 * An event as JSON text.
 *
 * @throws {EVENTS_ENVELOPE_INVALID} when an attribute does not fit, or data is not what its media type says.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 */
export function writeCloudEvent(event: CloudEvent): string {
  return writeChecked(checkCloudEvent(event))
}

/** Several events as one JSON text. @throws as {@link writeCloudEvent} does. */
export function writeCloudEvents(events: readonly CloudEvent[]): string {
  return `[${events.map(writeCloudEvent).join(",")}]`
}

/** Text of an event whose attributes were checked. @throws {EVENTS_ENVELOPE_INVALID} */
export function writeChecked(event: CloudEvent): string {
  const { data } = event
  if (data instanceof Uint8Array) {
    const { data: _bytes, ...attributes } = event
    return JSON.stringify({ ...attributes, data_base64: toBase64(data) })
  }
  if (data !== undefined && typeof data !== "string" && !isJson(event.datacontenttype))
    throw new CloudEventInvalid("Expected data that is not JSON to be text or a Uint8Array.")
  try {
    const text = JSON.stringify(event)
    // What JSON has no word for is left out without a word.
    if (data === undefined || !isUnspeakable(data)) return text
  } catch (cause) {
    throw new CloudEventInvalid("Expected data that can be written as JSON.", { cause })
  }
  throw new CloudEventInvalid("Expected data that can be written as JSON.")
}

function isUnspeakable(data: unknown): boolean {
  if (typeof data === "function" || typeof data === "symbol") return true
  const isOwn = typeof data === "object" && data !== null && typeof (data as { toJSON?: unknown }).toJSON === "function"
  return isOwn && JSON.stringify(data) === undefined
}

/**
 * Reads one event.
 *
 * @param maxBytes Of the text in UTF-8. Default: 8 MiB.
 * @throws {EVENTS_ENVELOPE_INVALID} {EVENTS_ENVELOPE_TOO_LARGE}
 */
export function parseCloudEvent<Data = unknown>(
  text: string,
  { maxBytes = MAX_EVENT_BYTES }: { readonly maxBytes?: number } = {},
): CloudEvent<Data> {
  return fromJsonFormat<Data>(parseJson(text, maxBytes))
}

/** Reads several. @throws as {@link parseCloudEvent} does. */
export function parseCloudEvents(
  text: string,
  { maxBytes = MAX_EVENT_BYTES }: { readonly maxBytes?: number } = {},
): CloudEvent[] {
  const value = parseJson(text, maxBytes)
  if (!Array.isArray(value)) throw new CloudEventInvalid("Expected a JSON array of events.")
  return value.map((one) => fromJsonFormat(one))
}

function parseJson(text: string, maxBytes: number): unknown {
  checkSize(text, maxBytes)
  try {
    return JSON.parse(text)
  } catch {
    throw new CloudEventInvalid("Expected an event as JSON, got text that is none.")
  }
}

/** @throws {EVENTS_ENVELOPE_TOO_LARGE} */
export function checkSize(text: string, maxBytes: number): void {
  // No text has more than three bytes for each of its units, so most need no counting.
  if (text.length * 3 <= maxBytes) return
  const bytes = text.length > maxBytes ? text.length : new TextEncoder().encode(text).byteLength
  if (bytes <= maxBytes) return
  throw new CloudEventTooLarge(`Expected an event of at most ${maxBytes} bytes, got at least ${bytes}.`, {
    details: { maxBytes },
  })
}

function fromJsonFormat<Data>(value: unknown): CloudEvent<Data> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CloudEventInvalid("Expected an event to be a JSON object.")
  const { data_base64: base64, ...rest } = value as Record<string, unknown>
  const hasBase64 = base64 !== undefined && base64 !== null
  if (hasBase64 && rest.data !== undefined) throw new CloudEventInvalid("Expected data or data_base64, got both.")
  const event = checkCloudEvent<Data>(hasBase64 ? { ...rest, data: fromBase64(base64) } : rest)
  if (!hasBase64 && event.data !== undefined && !isJson(event.datacontenttype) && typeof event.data !== "string")
    throw new CloudEventInvalid("Expected data that is not JSON to be text.")
  return event
}

function toBase64(bytes: Uint8Array): string {
  let text = ""
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}

function fromBase64(text: unknown): Uint8Array {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new CloudEventInvalid("Expected data_base64 to be base64.")
  const decoded = atob(text)
  return Uint8Array.from(decoded, (character) => character.charCodeAt(0))
}
