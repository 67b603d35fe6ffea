import { invalidUsers, refusals, validUsers, WRONGS } from "./sample.ts"

/** A validator, built for {@link User}. */
export interface Subject {
  isValid(value: unknown): boolean
  /** All that is wrong, as the library tells it: paths and messages made. */
  errorsOf(value: unknown): number
}

/** Processor time in microseconds of one operation. */
export interface Costs {
  readonly valid: number
  readonly invalid: number
}

/** Until an engine has compiled for the last time what it runs. */
const WARM_MS = 600
const SAMPLES = 15
const SAMPLE_MS = 20

/** Runs in the subject's own process: looks that it is right, then how fast, and prints {@link Costs}. */
export function measure({ isValid, errorsOf }: Subject): void {
  const [good, bad] = [validUsers(), invalidUsers()]
  if (!good.every(isValid)) throw new Error("It refuses a valid user.")
  for (const value of refusals()) if (isValid(value)) throw new Error(`It takes ${JSON.stringify(value)}.`)
  for (const value of bad)
    if (errorsOf(value) < WRONGS) throw new Error(`It tells ${errorsOf(value)} of ${WRONGS} errors.`)
  const costs: Costs = {
    valid: cost(() => countOf(good, (value) => (isValid(value) ? 1 : 0)), good.length, good.length),
    invalid: cost(() => countOf(bad, errorsOf), bad.length, countOf(bad, errorsOf)),
  }
  console.log(JSON.stringify(costs))
}

function countOf(values: readonly unknown[], count: (value: unknown) => number): number {
  let sum = 0
  for (let at = 0; at < values.length; at++) sum += count(values[at])
  return sum
}

/** The median of samples, each of as many turns as fill its time. @param expected What each turn must answer. */
function cost(turn: () => number, size: number, expected: number): number {
  let turns = 1
  for (const end = performance.now() + WARM_MS; performance.now() < end; ) {
    const started = performance.now()
    run(turn, turns, expected)
    if (performance.now() - started < SAMPLE_MS) turns = Math.ceil(turns * 1.5)
  }
  const samples = Array.from({ length: SAMPLES }, () => run(turn, turns, expected) / turns / size)
  return samples.toSorted((one, other) => one - other)[SAMPLES >> 1]!
}

function run(turn: () => number, turns: number, expected: number): number {
  const before = process.cpuUsage()
  for (let at = 0; at < turns; at++) if (turn() !== expected) throw new Error("It answers differently the next time.")
  const { user, system } = process.cpuUsage(before)
  return user + system
}
