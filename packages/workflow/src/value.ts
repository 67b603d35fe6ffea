import { AshlarError, type StandardSchemaV1 } from "@ashlar/core"
import { WorkflowInputInvalid, WorkflowValueInvalid, WorkflowValueTooLarge } from "./errors.ts"

/** An error as it is kept. */
export interface KeptError {
  readonly code: string
  readonly message: string
  /** Of a run that is stalled while what it did is undone: why it is undone. */
  readonly cause?: KeptError
}

const MAX_MESSAGE = 1_000

/** A value as text; `""` is `undefined`. @throws {WORKFLOW_VALUE_INVALID} {WORKFLOW_VALUE_TOO_LARGE} */
export function write(value: unknown, what: string, maxValueBytes: number): string {
  if (value === undefined) return ""
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new WorkflowValueInvalid(`Expected ${what} to be JSON without cycles and bigints.`, { cause })
  }
  if (text === undefined) throw new WorkflowValueInvalid(`Expected ${what} to be JSON, got a ${typeof value}.`)
  if (text.length > maxValueBytes || Buffer.byteLength(text) > maxValueBytes)
    throw new WorkflowValueTooLarge(`Expected ${what} to be at most ${maxValueBytes} bytes of JSON.`, {
      details: { maxValueBytes },
    })
  return text
}

export function read(text: string | null): unknown {
  return text === null || text === "" ? undefined : JSON.parse(text)
}

/**
 * What is told of an error: its code and words, never its stack.
 *
 * @param cause An error that was written before.
 */
export function writeError(error: unknown, cause: string | null = null): string {
  const code = error instanceof AshlarError ? error.code : error instanceof Error ? error.name : "INTERNAL"
  const words = error instanceof Error ? error.message : String(error)
  const message = words.toWellFormed().replaceAll("\0", "").slice(0, MAX_MESSAGE)
  const kept: KeptError = { code: code.slice(0, 100), message, ...(cause !== null && { cause: JSON.parse(cause) }) }
  return JSON.stringify(kept)
}
export function readError(text: string | null): KeptError | undefined {
  return text === null || text === "" ? undefined : (JSON.parse(text) as KeptError)
}
/** Of the error of a run that is stalled while it is undone: that for which it is undone. */
export function originalError(text: string | null): string | null {
  const { cause } = readError(text) ?? {}
  return cause === undefined ? text : JSON.stringify(cause)
}

/** What a schema makes of a value. @throws {WORKFLOW_INPUT_INVALID} */
export async function checked<T>(
  schema: StandardSchemaV1<unknown, T> | undefined,
  value: unknown,
  what: string,
): Promise<T> {
  if (schema === undefined) return value as T
  const result = await schema["~standard"].validate(value)
  if (result.issues === undefined) return result.value
  const issues = result.issues.slice(0, 20).map(({ message, path }) => ({
    message,
    path: path?.map((part) => (typeof part === "object" ? String(part.key) : String(part))).join(".") ?? "",
  }))
  throw new WorkflowInputInvalid(`${what} does not fit its schema: ${issues[0]?.message}`, { details: { issues } })
}
