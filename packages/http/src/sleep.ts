/** Ends after so many milliseconds. As `node:timers/promises`, which takes Deno as long to load as all the rest. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
