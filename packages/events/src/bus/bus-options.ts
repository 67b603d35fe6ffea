import type { Guarantees } from "@ashlar/core"
import { EventOptionInvalid } from "../errors.ts"
import { wholeNumber, word } from "../option.ts"
import type { BusSettings, From } from "./bus-driver.ts"

/** The trace that an event belongs to. @see https://www.w3.org/TR/trace-context/ */
export interface TraceHeaders {
  readonly traceparent: string
  readonly tracestate?: string
}

export interface BusOptions {
  /** Keeps buses apart that share one server: 1 to 64 letters, digits, `-` or `_`. Default: `"events"`. */
  readonly name?: string
  /** Who tells of events: the `source` of their envelopes, a URI reference. Default: `/` and the name. */
  readonly source?: string
  /**
   * How many events a group can handle at once, in all its processes together: keys are spread over so many lines. All processes that
   * open a bus must say the same number; to change it, let the groups handle what they have first. 1 to 256. Default: 16.
   */
  readonly partitions?: number
  /** After so long without a sign of life, what a process had is given to another: 500 to 600,000. Default: 10,000. */
  readonly leaseMs?: number
  /** How often a bus that is not told of events looks for them: 5 to 60,000. Default: 100. */
  readonly pollMs?: number
  /** How long events are kept, handled or not: 1,000 to 10 years. Default: 7 days. */
  readonly retainMs?: number
  /** Of an envelope in UTF-8, never more than the driver carries. Default: 262,144. */
  readonly maxEventBytes?: number
  /** How many events may be on their way to the bus at once. Default: 10,000. */
  readonly maxPublishing?: number
  /** What the caller relies on: `{ durable: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
  /** The trace of the code that publishes. Default: none. */
  readonly trace?: () => TraceHeaders | undefined
  /** Told of attempts that failed, of events that are dead, and of lost connections. */
  readonly onError?: (error: unknown) => void
}

export interface PublishOptions {
  /** Default: what the event's definition makes of the data. 1 to 512 characters. */
  readonly key?: string
  /** Default: a new UUIDv7. */
  readonly id?: string
  readonly subject?: string
  /** When it happened. Default: now. */
  readonly time?: Date
  /** Default: what the bus's option `trace` gives. */
  readonly trace?: TraceHeaders
}

export interface SubscribeOptions {
  /** 1 to 64 letters, digits, `-` or `_`. */
  readonly group?: string
  /** Where it begins; for a group, only when nobody was ever subscribed in its name. Default: `"now"`. */
  readonly from?: "now" | "beginning" | Date | { readonly position: string }
  /** How often an event is tried before it is dead: 1 to 100. Default: 5. */
  readonly attempts?: number
  /**
   * How long it waits after the first failure, and four times as long after each further one, at most 30 s, give or take a quarter; or
   * a function of the attempt that failed, from 1. Default: 100.
   */
  readonly backoffMs?: number | ((attempt: number) => number)
  /** How long one attempt may take: 1 to 86,400,000. Default: 30,000. */
  readonly handlerTimeoutMs?: number
  /** How many events this process handles at once, at most. Default: as many as there are partitions. */
  readonly concurrency?: number
}

const DAY_MS = 86_400_000
const MAX_BACKOFF_MS = 30_000

/** @throws {EVENTS_OPTION_INVALID} */
export function settingsOf(options: BusOptions): BusSettings {
  const { name = "events", partitions = 16, leaseMs = 10_000, pollMs = 100, retainMs = 7 * DAY_MS, onError } = options
  wholeNumber("maxEventBytes", options.maxEventBytes ?? 262_144, 1_024, 64 * 1024 * 1024)
  wholeNumber("maxPublishing", options.maxPublishing ?? 10_000, 1, 1_000_000)
  return {
    name: word("name", name),
    partitions: wholeNumber("partitions", partitions, 1, 256),
    leaseMs: wholeNumber("leaseMs", leaseMs, 500, 600_000),
    pollMs: wholeNumber("pollMs", pollMs, 5, 60_000),
    retainMs: wholeNumber("retainMs", retainMs, 1_000, 3_660 * DAY_MS),
    onError(error) {
      try {
        onError?.(error)
      } catch {
        // Whoever is told of errors must not make more of them.
      }
    },
  }
}

export interface SubscribeSettings {
  readonly group: string | undefined
  readonly from: From
  readonly attempts: number
  readonly backoffMs: (attempt: number) => number
  readonly handlerTimeoutMs: number
  readonly concurrency: number
}

/** @throws {EVENTS_OPTION_INVALID} */
export function subscribeSettings(options: SubscribeOptions): SubscribeSettings {
  const { group, from = "now", attempts = 5, backoffMs = 100, handlerTimeoutMs = 30_000, concurrency = 256 } = options
  return {
    group: group === undefined ? undefined : word("group", group),
    from: fromOf(from),
    attempts: wholeNumber("attempts", attempts, 1, 100),
    backoffMs: backoffOf(backoffMs),
    handlerTimeoutMs: wholeNumber("handlerTimeoutMs", handlerTimeoutMs, 1, DAY_MS),
    concurrency: wholeNumber("concurrency", concurrency, 1, 256),
  }
}

function fromOf(from: NonNullable<SubscribeOptions["from"]>): From {
  if (from === "now" || from === "beginning") return from
  if (from instanceof Date && Number.isFinite(from.getTime())) return { timeMs: from.getTime() }
  if (typeof from === "object" && "position" in from && typeof from.position === "string")
    return { position: from.position }
  throw new EventOptionInvalid('Expected from to be "now", "beginning", a Date or { position }.')
}

function backoffOf(backoff: number | ((attempt: number) => number)): (attempt: number) => number {
  if (typeof backoff === "function") return (attempt) => Math.min(Math.max(0, backoff(attempt) || 0), DAY_MS)
  const firstMs = wholeNumber("backoffMs", backoff, 0, DAY_MS)
  return (attempt) => Math.min(firstMs * 4 ** (attempt - 1), MAX_BACKOFF_MS) * (0.75 + Math.random() / 2)
}
