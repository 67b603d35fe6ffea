import { createHash } from "node:crypto"
import { AuditEntryInvalid } from "../errors.ts"
import type { Plain, Redactor } from "../redaction/redactor.ts"
import { canonicalJson } from "./canonical-json.ts"

/** Who did something, or what it was done to: `{ type: "user", id: "7" }`. */
export interface AuditParty {
  /** 1 to 50 letters, digits, `_`, `-` and `.`. */
  readonly type: string
  /** 1 to 200 characters, none of them a control character. */
  readonly id: string
}

export type AuditOutcome = "success" | "failure" | "denied"

/** Something that happened, as the caller tells it. */
export interface AuditEvent {
  /** What was done: `user.deleted`. A letter, then up to 99 letters, digits, `.`, `_`, `:` and `-`. */
  readonly action: string
  readonly actor: AuditParty
  readonly target?: AuditParty
  /** Default: `success`. */
  readonly outcome?: AuditOutcome
  /** Where from: an address, the id of a request or a session. Copied without secrets. */
  readonly context?: Readonly<Record<string, unknown>>
  /** Whatever else: what was changed from what to what. Copied without secrets. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** An entry as it is kept. */
export interface AuditEntry {
  readonly version: 1
  readonly stream: string
  /** From 1, without a gap. */
  readonly sequence: number
  /** When, by the clock of the process; never before the entry in front of it. ISO 8601, UTC. */
  readonly at: string
  readonly action: string
  readonly actor: AuditParty
  readonly target: AuditParty | null
  readonly outcome: AuditOutcome
  readonly context: Readonly<Record<string, Plain>>
  readonly details: Readonly<Record<string, Plain>>
  /** The hash of the entry in front of it; of the first one 64 zeros. */
  readonly previous: string
  /** SHA-256 of all the rest. */
  readonly hash: string
}

/** The end of a stream: what the next entry follows. */
export interface AuditHead {
  readonly sequence: number
  readonly hash: string
  readonly atMs: number
}

/** A checked event, ready to be put behind whatever is there. */
export type AuditDraft = Omit<AuditEntry, "version" | "stream" | "sequence" | "at" | "previous" | "hash">

/** An entry as a store holds it: the text that was hashed, and the hash. */
export interface KeptEntry {
  readonly sequence: number
  readonly body: string
  readonly hash: string
}

export const NOTHING: string = "0".repeat(64)
const MAX_ENTRY_BYTES = 65_536

const TYPE = /^[\w.-]{1,50}$/
const ACTION = /^[A-Za-z][\w.:-]{0,99}$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const ID = /^(?! )[^\u0000-\u001f\u007f-\u009f]{1,200}(?<! )$/u

/** Checks an event, and takes secrets out of what is free in it. @throws {SECURITY_AUDIT_ENTRY_INVALID} */
export function draftOf(event: AuditEvent, redact: Redactor): AuditDraft {
  const { action, actor, target, outcome = "success", context = {}, details = {} } = event
  if (!ACTION.test(action))
    throw new AuditEntryInvalid(`Expected an action such as "user.deleted", got ${JSON.stringify(action)}.`)
  if (!["success", "failure", "denied"].includes(outcome))
    throw new AuditEntryInvalid('Expected an outcome of "success", "failure" or "denied".')
  return {
    action,
    actor: partyOf("actor", actor),
    target: target === undefined ? null : partyOf("target", target),
    outcome,
    context: plain(redact(context)),
    details: plain(redact(details)),
  }
}

/** The entry behind `head`, and the text of it that is kept. @throws {SECURITY_AUDIT_ENTRY_INVALID} when it is too large. */
export function entryAfter(
  head: AuditHead,
  { stream, draft, nowMs }: { readonly stream: string; readonly draft: AuditDraft; readonly nowMs: number },
): { readonly entry: AuditEntry; readonly kept: KeptEntry; readonly head: AuditHead } {
  const atMs = Math.max(nowMs, head.atMs)
  const sequence = head.sequence + 1
  const rest = {
    version: 1,
    stream,
    sequence,
    at: new Date(atMs).toISOString(),
    ...draft,
    previous: head.hash,
  } as const
  const body = canonicalJson({ ...rest, actor: { ...rest.actor }, target: rest.target && { ...rest.target } })
  if (Buffer.byteLength(body) > MAX_ENTRY_BYTES)
    throw new AuditEntryInvalid(`Expected an entry of at most ${MAX_ENTRY_BYTES} bytes. Keep what is large elsewhere.`)
  const hash = hashOf(body)
  return { entry: { ...rest, hash }, kept: { sequence, body, hash }, head: { sequence, hash, atMs } }
}

/** The text in front keeps a hash from being one of something else. */
export function hashOf(body: string): string {
  return createHash("sha256").update(`ashlar.audit.1\n${body}`).digest("hex")
}

/** `user:7`, as a store finds it. A type has no colon. */
export function partyText({ type, id }: AuditParty): string {
  return `${type}:${id}`
}

function partyOf(what: string, { type, id }: AuditParty): AuditParty {
  if (!TYPE.test(type) || !ID.test(id) || !id.isWellFormed())
    throw new AuditEntryInvalid(
      `Expected the ${what} to be { type, id }: a word, and 1 to 200 characters without control characters.`,
    )
  return { type, id }
}

function plain(value: Plain): Readonly<Record<string, Plain>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, Plain>
  throw new AuditEntryInvalid("Expected context and details to be objects.")
}
