import type { AshlarError } from "./errors.ts"

/**
 * Runs work that must answer in time.
 *
 * When `ms` have passed since the call, the signal given to the work aborts and the promise rejects with `late()`;
 * what the work does after that is ignored. A timer never keeps the process alive by itself once the work is done.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  ms: number,
  late: () => AshlarError,
): Promise<T> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = late()
      controller.abort(error)
      reject(error)
    }, ms)
  })
  try {
    return await Promise.race([Promise.resolve(work(controller.signal)), expired])
  } finally {
    clearTimeout(timer)
  }
}
