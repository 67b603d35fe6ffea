import { type CloudEvent, checkCloudEvent, isJson } from "../envelope/cloud-event.ts"
import { writeCloudEvent, writeCloudEvents } from "../envelope/json-format.ts"
import { CloudEventInvalid } from "../errors.ts"

/** `binary`: attributes are headers, and the body is the data. `structured`: all of the event is JSON in the body. */
export type ContentMode = "binary" | "structured"

/** What a request or an answer carries an event in: `fetch(url, { method: "POST", ...toHttp(event) })`. */
export interface CloudEventMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer> | undefined
}

/**
 * An event as the headers and the body of an HTTP message.
 *
 * @throws {EVENTS_ENVELOPE_INVALID}
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 * @example
 * await fetch(url, { method: "POST", ...toHttp(event, "binary") })
 */
export function toHttp(event: CloudEvent, mode: ContentMode = "structured"): CloudEventMessage {
  if (mode === "structured")
    return { headers: { "content-type": "application/cloudevents+json; charset=utf-8" }, body: writeCloudEvent(event) }
  const { data, datacontenttype, ...attributes } = checkCloudEvent(event)
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(attributes)) headers[`ce-${name}`] = encodeValue(String(value))
  if (data === undefined)
    return {
      headers: datacontenttype === undefined ? headers : { ...headers, "content-type": datacontenttype },
      body: undefined,
    }
  headers["content-type"] = datacontenttype ?? "application/json"
  return { headers, body: bodyOf(data, datacontenttype) }
}

/** Several events in one message, for a receiver that asked for it. @throws {EVENTS_ENVELOPE_INVALID} */
export function toHttpBatch(events: readonly CloudEvent[]): CloudEventMessage {
  return {
    headers: { "content-type": "application/cloudevents-batch+json; charset=utf-8" },
    body: writeCloudEvents(events),
  }
}

function bodyOf(data: unknown, datacontenttype: string | undefined): string | Uint8Array<ArrayBuffer> {
  if (data instanceof Uint8Array) return data as Uint8Array<ArrayBuffer>
  if (isJson(datacontenttype)) {
    const text = JSON.stringify(data)
    if (text !== undefined) return text
    throw new CloudEventInvalid("Expected data that can be written as JSON.")
  }
  if (typeof data === "string") return data
  throw new CloudEventInvalid("Expected data that is not JSON to be text or a Uint8Array.")
}

/** Section 3.1.3.2: all but printable ASCII, spaces, quotes and percent signs are percent-encoded. */
function encodeValue(value: string): string {
  return value.replace(/[^\u0021\u0023\u0024\u0026-\u007e]+/gu, (text) =>
    Array.from(new TextEncoder().encode(text), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(
      "",
    ),
  )
}
