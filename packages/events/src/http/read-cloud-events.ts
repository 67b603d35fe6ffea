import { type CloudEvent, checkCloudEvent, isJson } from "../envelope/cloud-event.ts"
import { parseCloudEvent, parseCloudEvents } from "../envelope/json-format.ts"
import { CloudEventInvalid, CloudEventTooLarge } from "../errors.ts"

export interface ReadCloudEventsOptions {
  /** Of the body. What is larger is not read to its end. Default: 1 MiB. */
  readonly maxBytes?: number
  /** Of one batch. Default: 1,000. */
  readonly maxEvents?: number
}

/**
 * The events in a request or an answer, whichever mode its sender chose: one, or as many as a batch holds.
 *
 * @throws {EVENTS_ENVELOPE_INVALID} {EVENTS_ENVELOPE_TOO_LARGE}
 * @example
 * app.post("/events", async ({ request }) => {
 *   for (const event of await readCloudEvents(request)) await bus.send([event])
 * })
 */
export async function readCloudEvents(
  message: Request | Response,
  { maxBytes = 1024 * 1024, maxEvents = 1_000 }: ReadCloudEventsOptions = {},
): Promise<CloudEvent[]> {
  const { headers } = message
  const type = headers.get("content-type") ?? ""
  const media = type.split(";")[0]!.trim().toLowerCase()
  if (media.startsWith("application/cloudevents")) {
    const isBatch = media.startsWith("application/cloudevents-batch")
    if (media !== "application/cloudevents+json" && media !== "application/cloudevents-batch+json")
      throw new CloudEventInvalid("Expected events in the JSON format: application/cloudevents+json.")
    const text = decodeText(await readBody(message, maxBytes))
    if (!isBatch) return [parseCloudEvent(text, { maxBytes })]
    const events = parseCloudEvents(text, { maxBytes })
    if (events.length > maxEvents)
      throw new CloudEventTooLarge(`Expected at most ${maxEvents} events in a batch, got ${events.length}.`, {
        details: { maxEvents },
      })
    return events
  }
  if (!headers.has("ce-specversion"))
    throw new CloudEventInvalid("Expected the header ce-specversion, or an event as application/cloudevents+json.")
  return [fromBinary(headers, type, await readBody(message, maxBytes))]
}

function fromBinary(headers: Headers, type: string, body: Uint8Array): CloudEvent {
  const event: Record<string, unknown> = {}
  for (const [name, value] of headers) {
    if (!name.startsWith("ce-")) continue
    const attribute = name.slice(3)
    if (attribute === "datacontenttype" || attribute === "data")
      throw new CloudEventInvalid(`Expected no header ${name}: content-type and the body say it.`)
    event[attribute] = decodeValue(value, attribute)
  }
  if (type !== "") event.datacontenttype = type
  if (body.length > 0) event.data = dataOf(type, body)
  return checkCloudEvent(event)
}

function dataOf(type: string, body: Uint8Array): unknown {
  if (type === "") return body
  if (isJson(type)) {
    try {
      return JSON.parse(decodeText(body))
    } catch {
      throw new CloudEventInvalid("Expected a body of JSON, as content-type says.")
    }
  }
  return /^text\/|[/+]xml\b/i.test(type) ? decodeText(body) : body
}

function decodeText(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body)
  } catch {
    throw new CloudEventInvalid("Expected a body of UTF-8.")
  }
}

/** Quoted text without its quotes, and then one round of percent-decoding. */
function decodeValue(value: string, attribute: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(value)
  const text = quoted === null ? value : quoted[1]!.replace(/\\(.)/g, "$1")
  try {
    return decodeURIComponent(text)
  } catch {
    throw new CloudEventInvalid(`Expected the header ce-${attribute} to be percent-encoded UTF-8.`)
  }
}

async function readBody({ body }: Request | Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > maxBytes)
      throw new CloudEventTooLarge(`Expected a body of at most ${maxBytes} bytes.`, { details: { maxBytes } })
    chunks.push(chunk)
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
