/** Runs work over values, so many at a time, and counts what succeeded. Takes no more of them than it works on. */
export async function warm<T>(
  values: Iterable<T> | AsyncIterable<T>,
  work: (value: T) => Promise<boolean>,
  concurrency: number,
): Promise<number> {
  let count = 0
  const running = new Set<Promise<void>>()
  for await (const value of values) {
    const one = (async () => {
      if (await work(value)) count++
    })()
    running.add(one)
    void one.finally(() => running.delete(one))
    if (running.size >= concurrency) await Promise.race(running)
  }
  await Promise.all(running)
  return count
}
