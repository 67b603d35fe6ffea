import { IN_FLIGHT, type OpenSubject, payload } from "./subject.ts"

/** Jobs a second of each part of the work. */
export interface QueueFigures {
  readonly add: number
  readonly process: number
  readonly endToEnd: number
}

/** Callers push one job each and await it, for so long; then what they left is worked off; then both at once. */
export async function measureQueue(subject: OpenSubject, seconds: number): Promise<QueueFigures> {
  await addFor(subject, Math.min(0.3, seconds))
  await workOff(subject)
  const adding = await addFor(subject, seconds)
  const before = adding.count
  await subject.fill(Array.from({ length: before }, (_, at) => payload(at)))
  const processing = await workOff(subject, before * 2)
  return {
    add: adding.count / adding.seconds,
    process: (before * 2) / processing,
    endToEnd: await both(subject, seconds),
  }
}

/** Samples until an engine has compiled for the last time what it runs, and those that count. */
const [WARM_SAMPLES, SAMPLES] = [10, 15]

/** Processor microseconds of one job in the memory, from its push to its end. */
export async function measureJob(subject: OpenSubject, jobs = 20_000): Promise<number> {
  const samples: number[] = []
  for (let sample = 0; sample < WARM_SAMPLES + SAMPLES; sample++) {
    const before = process.cpuUsage()
    let done = 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = await subject.work(() => ++done === jobs && resolve())
    const push = async (count: number) => {
      for (let at = 0; at < count; at++) await subject.add(payload(at))
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, () => push(jobs / IN_FLIGHT)))
    await promise
    await stop()
    const { user, system } = process.cpuUsage(before)
    if (sample >= WARM_SAMPLES) samples.push((user + system) / jobs)
  }
  return samples.toSorted((a, b) => a - b)[samples.length >> 1]!
}

async function addFor(subject: OpenSubject, seconds: number): Promise<{ count: number; seconds: number }> {
  const started = performance.now()
  const until = started + seconds * 1_000
  let count = 0
  const caller = async () => {
    while (performance.now() < until) {
      await subject.add(payload(count))
      count++
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller))
  return { count, seconds: (performance.now() - started) / 1_000 }
}

/** Seconds until so many have run and are acknowledged. Of as many as there are, without a number. */
async function workOff(subject: OpenSubject, jobs?: number): Promise<number> {
  const started = performance.now()
  let done = 0
  let last = started
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = await subject.work(() => {
    last = performance.now()
    if (++done === jobs) resolve()
  })
  if (jobs === undefined) while (performance.now() - last < 300) await Bun.sleep(50)
  else await promise
  await stop()
  return (performance.now() - started) / 1_000
}

async function both(subject: OpenSubject, seconds: number): Promise<number> {
  let done = 0
  const started = performance.now()
  const stop = await subject.work(() => void done++)
  const { count } = await addFor(subject, seconds)
  while (done < count) await Bun.sleep(1)
  await stop()
  return count / ((performance.now() - started) / 1_000)
}
