/** What is kept of an error. */
export interface JobFailure {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
}

const MAX_MESSAGE = 2_000
const MAX_STACK = 4_000
const MAX_CAUSES = 3

/** An error as JSON, its texts cut to what a store can bear. */
export function writeFailure(error: unknown): string {
  return JSON.stringify(failureOf(error))
}

export function failureOf(error: unknown): JobFailure {
  try {
    return describe(error)
  } catch {
    return { name: "Error", message: "An error that cannot be read." } // a getter of it throws
  }
}

function describe(error: unknown): JobFailure {
  if (!(error instanceof Error)) return { name: "Error", message: cut(String(error), MAX_MESSAGE) }
  const { code } = error as { code?: unknown }
  return {
    name: cut(error.name, 100),
    message: cut(messageWithCauses(error), MAX_MESSAGE),
    ...(typeof code === "string" && { code: cut(code, 100) }),
    ...(error.stack !== undefined && { stack: cut(error.stack, MAX_STACK) }),
  }
}

/** Of an error that wraps another, the other says what went wrong. */
function messageWithCauses(error: Error): string {
  const messages = [error.message]
  let { cause } = error
  while (cause instanceof Error && messages.length <= MAX_CAUSES) {
    messages.push(cause.message)
    cause = cause.cause
  }
  return messages.join(" <- ")
}

export function readFailure(text: string | undefined): JobFailure | undefined {
  return text === undefined || text === "" ? undefined : (JSON.parse(text) as JobFailure)
}

function cut(text: string, length: number): string {
  return (text.length <= length ? text : `${text.slice(0, length - 1)}…`).toWellFormed().replaceAll("\0", "�")
}
