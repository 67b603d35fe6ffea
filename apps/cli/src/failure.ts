import { AshlarError } from "@ashlar/core"
import { AshlarRequestError, type ProblemError } from "@ashlar/sdk"
import { CommanderError } from "commander"

/** 0 done, 1 the server refused, 2 wrong usage, 3 cannot connect, 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 130

/** What went wrong, ready to be shown. */
export interface Failure {
  readonly exitCode: ExitCode
  readonly code: string
  readonly message: string
  readonly status?: number
  readonly requestId?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly errors?: readonly ProblemError[]
  /** What to do, where the message does not say it. */
  readonly hint?: string
}

const unreachable = ["SDK_UNREACHABLE", "SDK_TIMEOUT", "SDK_BAD_RESPONSE"]

/** Sorts what a command threw into an exit code and a code. `url` is the server that it talked to. */
export function toFailure(error: unknown, url: string | undefined): Failure {
  if (error instanceof AshlarRequestError) return fromRequest(error, url)
  if (error instanceof CommanderError) return { exitCode: 2, code: "CLI_USAGE", message: usageMessage(error) }
  if (error instanceof AshlarError) {
    const { code, message, details } = error
    const exitCode = code === "CLI_INTERRUPTED" ? 130 : code.startsWith("CLI_") ? 2 : 1
    return { exitCode, code, message, ...(details === undefined ? {} : { details }) }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {
    exitCode: 1,
    code: "INTERNAL",
    message,
    hint: "This is a defect. Please report it, with what ASHLAR_DEBUG=1 adds.",
  }
}

/** commander's words as a sentence; for a noun without its verb it has none, and the help is shown instead. */
function usageMessage({ code, message }: CommanderError): string {
  if (code === "commander.help") return "A command is missing after this one. The list is above."
  const text = message.replace(/^error: /, "")
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function fromRequest(error: AshlarRequestError, url = ""): Failure {
  const { code, message, status, requestId, details, errors } = error
  const isUsage = code === "SDK_BAD_OPTIONS"
  const isNobody = (status === 401 && code !== "IDENTITY_WRONG_CREDENTIALS") || code === "SDK_SIGNED_OUT"
  const hint = isNobody ? `Sign in with: ashlar login ${url}`.trim() : undefined
  return {
    exitCode: isUsage ? 2 : unreachable.includes(code) ? 3 : 1,
    code,
    message,
    ...(status === 0 ? {} : { status }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(details === undefined ? {} : { details }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(hint === undefined ? {} : { hint }),
  }
}
