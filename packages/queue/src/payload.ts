import type { StandardIssue, StandardSchemaV1 } from "@ashlar/core"
import { QueueInputInvalid, QueueOutputInvalid, QueuePayloadTooLarge } from "./errors.ts"
import type { MaybePromise } from "./store.ts"

const MAX_ISSUES = 20

/**
 * The input of a job as JSON. What the schema is asked is what the worker will read, so that a job that can be pushed can be run.
 *
 * @throws {QUEUE_INPUT_INVALID} {QUEUE_PAYLOAD_TOO_LARGE}
 */
export function writeInput(
  name: string,
  schema: StandardSchemaV1 | undefined,
  input: unknown,
  maxBytes: number,
): MaybePromise<string> {
  const text = toJson(input)
  if (text === undefined)
    throw new QueueInputInvalid(`The input of job "${name}" cannot be written as JSON: it has a cycle, or a bigint.`)
  // UTF-8 takes at most three bytes for each unit.
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)
    throw new QueuePayloadTooLarge(
      `Expected the input of job "${name}" to be at most ${maxBytes} bytes of JSON, got ${Buffer.byteLength(text)}. Keep it in a store, and push its key.`,
      { details: { maxPayloadBytes: maxBytes } },
    )
  if (schema === undefined) return text // what was just written can be read
  const read = readInput(name, schema, text)
  return read instanceof Promise ? read.then(() => text) : text
}

/** @throws {QUEUE_INPUT_INVALID} */
export function readInput(name: string, schema: StandardSchemaV1 | undefined, text: string): MaybePromise<unknown> {
  const value: unknown = text === "" ? undefined : JSON.parse(text)
  if (schema === undefined) return value
  const result = schema["~standard"].validate(value)
  if (result instanceof Promise) return result.then((late) => parsed(late, name))
  return parsed(result, name)
}

function parsed(
  result: { readonly value?: unknown; readonly issues?: readonly StandardIssue[] | undefined },
  name: string,
): unknown {
  if (result.issues === undefined) return result.value
  throw new QueueInputInvalid(`The input of job "${name}" does not fit its schema: ${summary(result.issues)}`, {
    details: {
      issues: result.issues.slice(0, MAX_ISSUES).map(({ message, path }) => ({ message, path: pathOf(path) })),
    },
  })
}

/**
 * What a handler gave, as JSON.
 *
 * @throws {QUEUE_OUTPUT_INVALID}
 */
export async function writeOutput(
  name: string,
  schema: StandardSchemaV1 | undefined,
  output: unknown,
  maxBytes: number,
): Promise<string> {
  if (schema !== undefined) {
    const { issues } = await schema["~standard"].validate(output)
    if (issues !== undefined)
      throw new QueueOutputInvalid(`The output of job "${name}" does not fit its schema: ${summary(issues)}`)
  }
  if (output === undefined) return ""
  const text = toJson(output)
  if (text === undefined)
    throw new QueueOutputInvalid(`The output of job "${name}" cannot be written as JSON: it has a cycle, or a bigint.`)
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes)
    throw new QueueOutputInvalid(`Expected the output of job "${name}" to be at most ${maxBytes} bytes of JSON.`)
  return text
}

/** `""` for nothing; undefined for what is no JSON. */
export function toJson(value: unknown): string | undefined {
  if (value === undefined) return ""
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

function summary(issues: readonly StandardIssue[]): string {
  const [first] = issues
  if (first === undefined) return "it says no more."
  const place = pathOf(first.path)
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ""
  return `${place === "" ? "" : `${place}: `}${first.message}${more}`
}

function pathOf(path: StandardIssue["path"]): string {
  return (path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
}
