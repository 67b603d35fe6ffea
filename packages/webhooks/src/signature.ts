import { createHmac, sign, timingSafeEqual, verify } from "node:crypto"
import { type Clock, systemClock } from "@ashlar/core"
import {
  WebhooksEventInvalid,
  WebhooksHeadersMissing,
  WebhooksKeyInvalid,
  WebhooksOptionInvalid,
  WebhooksSignatureRefused,
  WebhooksTimestampRefused,
} from "./errors.ts"
import { type ReadKey, readKey } from "./keys.ts"

/** What is signed. */
export interface WebhookMessage {
  /** The same for every try of one event: receivers know it by this. 1 to 255 visible characters without `.`. */
  readonly id: string
  /** When this try is made, in seconds since 1970. */
  readonly timestampSeconds: number
  /** The very bytes that are sent. */
  readonly body: string | Uint8Array
}

/** The three headers of a webhook. */
export interface WebhookHeaders {
  readonly "webhook-id": string
  readonly "webhook-timestamp": string
  readonly "webhook-signature": string
}

export interface VerifyOptions {
  /** How far the timestamp may be from now, before and after, in seconds: 1 to 86,400. Default: 300. */
  readonly toleranceSeconds?: number
  /** For tests. */
  readonly clock?: Clock
}

/** A webhook whose signature holds. */
export interface VerifiedWebhook {
  readonly id: string
  /** When this try was made, in seconds since 1970. */
  readonly timestampSeconds: number
}

/** Where headers are looked up, as `Headers` and `ctx.headers` are. */
export interface HeaderSource {
  get(name: string): string | null
}

const ID = /^[\x21-\x2d\x2f-\x7e]{1,255}$/
/** Signatures that are looked at: a sender that rotates has two. */
const MAX_SIGNATURES = 16
const MAX_HEADER_LENGTH = 4_096

/**
 * Signs a webhook with one key, or with several while one takes the place of another: receivers need to know one of them.
 *
 * @param keys `whsec_…` (v1, HMAC-SHA256) or `whsk_…` (v1a, ed25519).
 * @throws {WEBHOOKS_KEY_INVALID} {WEBHOOKS_EVENT_INVALID}
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @example
 * const headers = signWebhook({ id: "msg_1", timestampSeconds: Math.floor(Date.now() / 1000), body }, secret)
 */
export function signWebhook(message: WebhookMessage, keys: string | readonly string[]): WebhookHeaders {
  const { id, timestampSeconds } = message
  if (!ID.test(id)) throw new WebhooksEventInvalid("Expected an id of 1 to 255 visible characters without a dot.")
  if (!Number.isInteger(timestampSeconds) || timestampSeconds < 0)
    throw new WebhooksEventInvalid("Expected timestampSeconds to be whole seconds since 1970.")
  const all = typeof keys === "string" ? [keys] : keys
  if (all.length === 0) throw new WebhooksKeyInvalid("Expected at least one key to sign with, got none.")
  const content = contentOf(id, String(timestampSeconds), message.body)
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": all.map((key) => signatureOf(readKey(key), content)).join(" "),
  }
}

/**
 * Proves that a webhook was sent by one who has a key, a short time ago, with these very bytes. Signatures are compared in constant
 * time. It may be a second try: look at the id before it is acted on.
 *
 * @param body As it came: JSON that was read and written again is other bytes.
 * @param keys `whsec_…`, `whpk_…` or `whsk_…`; of several, one is enough.
 * @throws {WEBHOOKS_HEADERS_MISSING} {WEBHOOKS_TIMESTAMP_REFUSED} {WEBHOOKS_SIGNATURE_REFUSED} {WEBHOOKS_KEY_INVALID}
 * @example
 * const { id } = verifyWebhookSignature(request.headers, await request.text(), process.env.WEBHOOK_SECRET!)
 */
export function verifyWebhookSignature(
  headers: HeaderSource | WebhookHeaders | Readonly<Record<string, string | undefined>>,
  body: string | Uint8Array,
  { keys, toleranceSeconds = 300, clock = systemClock }: VerifyOptions & { readonly keys: string | readonly string[] },
): VerifiedWebhook {
  const all = typeof keys === "string" ? [keys] : keys
  return verifyWith(headerReader(headers), body, { keys: all.map(readKey), toleranceSeconds, clock })
}

/** The same with keys that were read before. */
export function verifyWith(
  header: (name: string) => string | undefined,
  body: string | Uint8Array,
  { keys, toleranceSeconds, clock }: { keys: readonly ReadKey[]; toleranceSeconds: number; clock: Clock },
): VerifiedWebhook {
  checkTolerance(toleranceSeconds)
  const [id, time, signatures] = [header("webhook-id"), header("webhook-timestamp"), header("webhook-signature")]
  const isWhole = id !== undefined && time !== undefined && signatures !== undefined
  if (!isWhole || !ID.test(id) || !/^\d{1,12}$/.test(time) || signatures.length > MAX_HEADER_LENGTH)
    throw new WebhooksHeadersMissing()
  const timestampSeconds = Number(time)
  if (Math.abs(clock.now() / 1000 - timestampSeconds) > toleranceSeconds)
    throw new WebhooksTimestampRefused(undefined, { details: { toleranceSeconds } })
  const content = contentOf(id, time, body)
  const given = signatures.split(" ").slice(0, MAX_SIGNATURES)
  // Each against each, whatever was found before: how long it takes tells nothing.
  let isProven = false
  for (const one of given) for (const key of keys) if (holds(key, one, content)) isProven = true
  if (!isProven) throw new WebhooksSignatureRefused()
  return { id, timestampSeconds }
}

export function checkTolerance(toleranceSeconds: number): void {
  if (Number.isInteger(toleranceSeconds) && toleranceSeconds >= 1 && toleranceSeconds <= 86_400) return
  throw new WebhooksOptionInvalid("Expected toleranceSeconds to be an integer from 1 to 86400.")
}

function headerReader(
  headers: HeaderSource | WebhookHeaders | Readonly<Record<string, string | undefined>>,
): (name: string) => string | undefined {
  if (typeof (headers as HeaderSource).get === "function")
    return (name) => (headers as HeaderSource).get(name) ?? undefined
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value as string]))
  return (name) => lower.get(name)
}

function contentOf(id: string, time: string, body: string | Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${time}.`), typeof body === "string" ? Buffer.from(body) : body])
}

function signatureOf(key: ReadKey, content: Buffer): string {
  if (key.kind === "hmac") return `v1,${createHmac("sha256", key.secret).update(content).digest("base64")}`
  if (key.privateKey === undefined) throw new WebhooksKeyInvalid("A whpk_ key verifies. Sign with its whsk_ key.")
  return `v1a,${sign(null, content, key.privateKey).toString("base64")}`
}

function holds(key: ReadKey, given: string, content: Buffer): boolean {
  const comma = given.indexOf(",")
  const [version, text] = [given.slice(0, comma), given.slice(comma + 1)]
  if (version !== (key.kind === "hmac" ? "v1" : "v1a")) return false
  const bytes = Buffer.from(text, "base64")
  // Base64 that is read leniently has other spellings: only the one that is written counts.
  if (bytes.toString("base64") !== text) return false
  if (key.kind === "ed25519") return bytes.length === 64 && verify(null, content, key.publicKey, bytes)
  const expected = createHmac("sha256", key.secret).update(content).digest()
  return bytes.length === expected.length && timingSafeEqual(bytes, expected)
}
