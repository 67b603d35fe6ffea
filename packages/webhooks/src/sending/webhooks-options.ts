import { type Clock, systemClock } from "@ashlar/core"
import { type Connect, createConnect, isPublicAddress, type Resolve, resolveAll } from "@ashlar/http/outbound"
import type { Queue } from "@ashlar/queue"
import { WebhooksOptionInvalid } from "../errors.ts"
import type { Endpoint } from "./webhooks.ts"

/** Makes keys of endpoints unreadable where they are kept. `context` must be the same for both. */
export interface KeySeal {
  seal(text: string, context: string): string | Promise<string>
  open(sealed: string, context: string): string | Promise<string>
}

export interface WebhooksOptions {
  /** Carries the deliveries. On the same URL as the endpoints, an event and a row are committed together. */
  readonly queue: Queue
  /** How long one try may take, until the answer is there: 100 to 300,000 ms. Default: 20,000. */
  readonly timeoutMs?: number
  /** The pauses between tries, in milliseconds: at most 30 of up to 7 days. Default: 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h. */
  readonly retryMs?: readonly number[]
  /** An endpoint that nothing reached for so long is disabled: 1 minute to 90 days. Default: 5 days. */
  readonly disableAfterMs?: number
  /** How many deliveries to one endpoint run at a time: 1 to 100. Default: 1, so that they begin in their order. */
  readonly perEndpoint?: number
  /** The largest body, in bytes: up to 1 MiB. Default: 256 KiB. */
  readonly maxPayloadBytes?: number
  /** How many endpoints an owner may have: 1 to 1,000. Default: 50. */
  readonly maxEndpoints?: number
  /** How long events and the log of their deliveries are kept, in milliseconds: 1 hour to 366 days. Default: 30 days. */
  readonly keepMs?: number
  /** Seals the keys of endpoints before they are kept. Default: they are kept as they are. */
  readonly seal?: KeySeal
  /** Send to `http:` too: what is sent can be read on the way. Default: not. */
  readonly allowsHttp?: boolean
  /** Which addresses may be connected to. Default: {@link isPublicAddress}. For tests, and for receivers in the own network. */
  readonly allowsAddress?: (address: string) => boolean
  /** Told of an endpoint that was disabled, so that its owner can be told. */
  readonly onDisabled?: (endpoint: Endpoint) => void
  /** Default: the machine's resolver. */
  readonly resolve?: Resolve
  /** Default: connects to the checked address, past any proxy. */
  readonly connect?: Connect
  /** For tests. */
  readonly clock?: Clock
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#deliverability-and-reliability */
const RETRY_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]

/** Those options, read. */
export type WebhooksPlan = Required<Omit<WebhooksOptions, "seal">> & Pick<WebhooksOptions, "seal">

/** @throws {WEBHOOKS_OPTION_INVALID} */
export function planWebhooks(options: WebhooksOptions): WebhooksPlan {
  const { retryMs = RETRY_MS } = options
  if (retryMs.length > 30) throw new WebhooksOptionInvalid("Expected retryMs to have at most 30 pauses.")
  for (const [at, pause] of retryMs.entries()) checkInteger(`retryMs[${at}]`, pause, 0, 7 * DAY)
  return {
    queue: options.queue,
    retryMs,
    timeoutMs: checkInteger("timeoutMs", options.timeoutMs ?? 20 * SECOND, 100, 300 * SECOND),
    disableAfterMs: checkInteger("disableAfterMs", options.disableAfterMs ?? 5 * DAY, MINUTE, 90 * DAY),
    perEndpoint: checkInteger("perEndpoint", options.perEndpoint ?? 1, 1, 100),
    maxPayloadBytes: checkInteger("maxPayloadBytes", options.maxPayloadBytes ?? 256 * 1024, 1, 1024 * 1024),
    maxEndpoints: checkInteger("maxEndpoints", options.maxEndpoints ?? 50, 1, 1_000),
    keepMs: checkInteger("keepMs", options.keepMs ?? 30 * DAY, HOUR, 366 * DAY),
    allowsHttp: options.allowsHttp ?? false,
    allowsAddress: options.allowsAddress ?? isPublicAddress,
    onDisabled: options.onDisabled ?? (() => undefined),
    resolve: options.resolve ?? resolveAll,
    connect: options.connect ?? createConnect(),
    clock: options.clock ?? systemClock,
    ...(options.seal !== undefined && { seal: options.seal }),
  }
}

/** @throws {WEBHOOKS_OPTION_INVALID} */
export function checkInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new WebhooksOptionInvalid(`Expected ${name} to be an integer from ${least} to ${most}, got ${String(value)}.`)
}
