import { KEYS, type Operation } from "./subjects.ts"

const SAMPLES = 9
const TURNS = 40

/** Processor microseconds of one operation that is awaited before the next: the median of samples over all keys. */
export async function measureHit(operation: Operation): Promise<number> {
  const samples: number[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    const before = process.cpuUsage()
    for (let turn = 0; turn < TURNS; turn++)
      for (let at = 0; at < KEYS; at++) if ((await operation(at)) === undefined) throw new Error("A key is missing.")
    const { user, system } = process.cpuUsage(before)
    samples.push((user + system) / TURNS / KEYS)
  }
  return samples.toSorted((one, other) => one - other)[SAMPLES >> 1]!
}
