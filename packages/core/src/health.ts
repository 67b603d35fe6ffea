import { withDeadline } from "./deadline.ts"
import { AshlarError, DeadlineExceeded } from "./errors.ts"

export interface ServiceHealth {
  readonly status: "ok" | "failing"
  /** Safe to show: "ok", or why not. */
  readonly detail: string
}

export interface HealthOptions {
  /** How long one check may take before it counts as failing. Default: 5,000. The clock starts with the call. */
  readonly timeoutMs?: number
  /** Gets what a failing check threw, for the log. */
  readonly onError?: (service: string, error: unknown) => void
}

/**
 * Whether something can do its work, by a check that throws when it cannot. Of an `AshlarError` the message is shown, of any
 * other error only that there was one. Never rejects.
 *
 * @param check Its signal aborts when the check's time is over.
 */
export async function checkHealth(
  name: string,
  check: (signal: AbortSignal) => unknown,
  { timeoutMs = 5_000, onError }: HealthOptions = {},
): Promise<ServiceHealth> {
  try {
    await withDeadline(check, timeoutMs, () => new DeadlineExceeded(`No answer within ${timeoutMs} ms.`))
    return { status: "ok", detail: "ok" }
  } catch (error) {
    onError?.(name, error)
    const detail = error instanceof AshlarError ? error.message : "The check failed; the log says why."
    return { status: "failing", detail }
  }
}
