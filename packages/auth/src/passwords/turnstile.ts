import { PasswordsBusy } from "../errors.ts"

/** Lets `concurrency` tasks run; `queueLimit` more wait in the order they came, and one more is refused. */
export function createTurnstile(concurrency: number, queueLimit: number): <T>(task: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async (task) => {
    if (running >= concurrency) {
      if (waiting.length >= queueLimit) throw new PasswordsBusy(undefined, { details: { retryAfterSeconds: 1 } })
      // Whoever leaves hands the place over, so `running` stays as it is.
      await new Promise<void>((enter) => waiting.push(enter))
    } else running++
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
