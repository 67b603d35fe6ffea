/** Waits. @returns false when one of the signals ended the wait. */
export function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false)
  return new Promise((resolve) => {
    const end = (isWhole: boolean) => () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
      resolve(isWhole)
    }
    const onAbort = end(false)
    const timer = setTimeout(end(true), ms)
    signal.addEventListener("abort", onAbort, { once: true })
  })
}
