/** Waits, or rejects with the signal's reason once it aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop)
      resolve()
    }, ms)
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop, { once: true })
  })
}

const MAX_BACKOFF_MS = 20_000

/** Half of it and a random part of the other half, so that clients do not come back all at once. */
export function backoff(firstMs: number, tried: number): number {
  return Math.min(firstMs * 2 ** tried, MAX_BACKOFF_MS) * (0.5 + Math.random() / 2)
}
