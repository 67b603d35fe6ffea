import { isSecretName, type StandardIssue, type StandardPathSegment } from "@ashlar/core"
import type { PartSchema } from "./schema.ts"
import { holdsText, secretTexts } from "./secret-names.ts"

/** Where in a request a value was; `response` is the answer, `message` one of a WebSocket connection. */
export type Part = "params" | "query" | "headers" | "cookies" | "body" | "response" | "message"

/** One thing that is wrong with a request, as the problem document lists it. It shows nothing of a secret. */
export interface RequestIssue {
  readonly in: Part
  /** RFC 6901 pointer into the part, `""` for the part itself. */
  readonly pointer: string
  readonly code: string
  /** A sentence for people. */
  readonly message: string
  /** What would have been taken, where the schema says it: "a string". In English. */
  readonly expected?: string
  /** What came, by its kind or size and never as it is: "a number". Absent where it may be secret. */
  readonly received?: string
}

/** Issues told of one value, at most. */
const MAX_ISSUES = 50
const MAX_POINTER_LENGTH = 1024
const MAX_MESSAGE_LENGTH = 500
const MAX_WORDS_LENGTH = 200

/** What issues may carry besides the standard's fields. Ashlar's, Zod's and ArkType's have a `code`, Valibot's a `type`. */
interface KnownIssue extends StandardIssue {
  readonly code?: unknown
  readonly type?: unknown
  readonly expected?: unknown
  readonly received?: unknown
}

/** What is wrong with a part, as callers are told it, whatever library its schema is of. */
export function toRequestIssues(
  { part, schema }: PartSchema,
  value: unknown,
  issues: readonly StandardIssue[],
): readonly RequestIssue[] {
  const isOwn = schema["~standard"].vendor === "ashlar"
  return issues.slice(0, MAX_ISSUES).map((issue: KnownIssue) => {
    const path = Array.from(issue.path ?? [], keyOf) // of ArkType it is a list whose own `map` makes others like it
    const isSecret = part === "cookies" || path.some(isSecretName)
    const { code = issue.type } = issue
    return {
      in: part,
      pointer: cut(toPointer(path), MAX_POINTER_LENGTH),
      code: typeof code === "string" ? code : "invalid",
      ...(isOwn ? ownWords(issue, isSecret) : foreignWords(issue, isSecret, valueAt(value, path))),
    }
  })
}

type Words = Pick<RequestIssue, "message" | "expected" | "received">

/** Ashlar's own schemas say what came by its kind and size. */
function ownWords({ message, expected, received }: KnownIssue, isSecret: boolean): Words {
  if (typeof expected !== "string" || typeof received !== "string") return words(message, { expected })
  if (!isSecret) return words(message, { expected, received })
  return words(message.includes(received) ? `Expected ${expected}.` : message, { expected })
}

/** Those of others quote the value, and in objects whatever is in them; where that is secret, they are not repeated. */
function foreignWords({ message, expected }: KnownIssue, isSecret: boolean, value: unknown): Words {
  const secrets = secretTexts(value, isSecret)
  const isSafe = (text: unknown): text is string => typeof text === "string" && !holdsText(text, secrets)
  const known = isSafe(expected) ? expected : undefined
  const received = known === undefined || isSecret ? undefined : kindOf(value)
  if (isSafe(message)) return words(message, { expected: known, received })
  return words(known === undefined ? "The value is not accepted." : `Expected ${known}.`, { expected: known, received })
}

function words(
  message: string,
  { expected, received }: { readonly expected: unknown; readonly received?: unknown },
): Words {
  return {
    message: cut(message, MAX_MESSAGE_LENGTH),
    ...(typeof expected === "string" && { expected: cut(expected, MAX_WORDS_LENGTH) }),
    ...(typeof received === "string" && { received: cut(received, MAX_WORDS_LENGTH) }),
  }
}

function keyOf(step: PropertyKey | StandardPathSegment): string {
  return String(typeof step === "object" ? step.key : step)
}

/** An RFC 6901 JSON pointer. @see https://www.rfc-editor.org/rfc/rfc6901 */
function toPointer(path: readonly string[]): string {
  return path.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing"
  if (value === null || typeof value === "boolean") return String(value)
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object"
  return `a ${typeof value}`
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text
}
