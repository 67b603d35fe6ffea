/** What is to happen when a signal aborts, by signal: one listener for all of it, however many wait. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Calls back when the signal aborts. Thousands of streams wait for one signal, and an event target looks through all
 * of its listeners for each that is added.
 * @returns what takes the wait back.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  let callbacks = waiting.get(signal)
  if (callbacks === undefined) {
    const all = new Set<() => void>()
    callbacks = all
    waiting.set(signal, all)
    const call = (): void => {
      for (const one of all) one()
    }
    signal.addEventListener("abort", call, { once: true })
  }
  const all = callbacks
  all.add(callback)
  return () => void all.delete(callback)
}
