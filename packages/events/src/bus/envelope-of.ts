import { uuidv7 } from "@ashlar/core"
import { type CloudEvent, checkCloudEvent } from "../envelope/cloud-event.ts"
import { checkSize, writeChecked, writeCloudEvent } from "../envelope/json-format.ts"
import { EventOptionInvalid } from "../errors.ts"
import { checkData, checkEventName, type EventDefinition } from "../event.ts"
import type { BusRecord } from "./bus-driver.ts"
import type { PublishOptions } from "./bus-options.ts"

const MAX_KEY_LENGTH = 512

/** What all who make envelopes share: a bus and an outbox. */
export interface EnvelopeDefaults {
  readonly source: string
  readonly trace: { readonly traceparent: string; readonly tracestate?: string } | undefined
}

/**
 * Data in an envelope, checked as those who will read it will check it: after it was JSON.
 * @throws {EVENTS_DATA_INVALID} {EVENTS_ENVELOPE_INVALID} {EVENTS_OPTION_INVALID}
 */
export async function envelopeOf<Input>(
  event: EventDefinition<Input, unknown>,
  data: Input,
  options: PublishOptions,
  { source, trace: defaultTrace }: EnvelopeDefaults,
): Promise<{ readonly envelope: CloudEvent<Input>; readonly record: BusRecord }> {
  const { id = uuidv7(), subject, time = new Date(), trace = defaultTrace } = options
  const key = options.key ?? event.key?.(data)
  if (key !== undefined && (typeof key !== "string" || key.length < 1 || key.length > MAX_KEY_LENGTH))
    throw new EventOptionInvalid(`Expected the key of ${event.name} to be 1 to ${MAX_KEY_LENGTH} characters.`)
  const envelope = checkCloudEvent<Input>({
    specversion: "1.0",
    id,
    source,
    type: event.name,
    time: Number.isFinite(time.getTime()) ? time.toISOString() : "",
    datacontenttype: "application/json",
    dataschema: event.dataSchema,
    subject,
    partitionkey: key,
    traceparent: trace?.traceparent,
    tracestate: trace?.tracestate,
    data,
  })
  const text = writeChecked(envelope)
  await checkData(event, (JSON.parse(text) as { data?: unknown }).data)
  return { envelope, record: { id, source, type: event.name, key, text } }
}

/** An envelope as it goes to a bus. @throws {EVENTS_NAME_INVALID} {EVENTS_OPTION_INVALID} {EVENTS_ENVELOPE_INVALID} {EVENTS_ENVELOPE_TOO_LARGE} */
export function recordOf(event: CloudEvent, maxBytes: number): BusRecord {
  checkEventName(event.type)
  const { partitionkey: key } = event
  if (key !== undefined && key.length > MAX_KEY_LENGTH)
    throw new EventOptionInvalid(`Expected a partitionkey of at most ${MAX_KEY_LENGTH} characters.`)
  const text = writeCloudEvent(event)
  checkSize(text, maxBytes)
  return { id: event.id, source: event.source, type: event.type, key, text }
}
