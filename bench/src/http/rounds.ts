import type { Progress } from "../progress.ts"
import { SeriesBook } from "../series.ts"
import { createCpuClock } from "./cpu-clock.ts"
import type { Lab } from "./lab.ts"
import type { Plan } from "./plan.ts"
import { PROFILES, type Profile } from "./profile.ts"
import { RUNTIMES, type Runtime, WARM_CPU_MS } from "./runtime.ts"
import { type Sample, type SampleOptions, takeSample } from "./sample.ts"
import type { ServerProcess } from "./server-process.ts"
import type { Subject } from "./subject.ts"
import { WORKLOADS, type Workload, wireOf } from "./workload.ts"

export interface RoundsOptions {
  readonly lab: Lab
  readonly plan: Plan
  readonly rounds: number
  /** What is measured of each subject in a round, in milliseconds of its processor time. */
  readonly measureCpuMs: number
  readonly progress: Progress
}

const CONNECTIONS = 64
/**
 * Each process is measured in so many rounds, then a new one takes its place: the same code started twice may differ by
 * several hundredths, and a start must be warmed at length.
 */
const ROUNDS_PER_PROCESS = 3
/** A round visits its subjects so many times for a short while each: a busy moment of the machine meets all of them. */
const SLICES = 4
/** The same load before each slice: connections are open, and the processor's caches hold this server again. */
const REFRESH_CPU_MS = 40

interface Live {
  readonly subject: Subject
  readonly server: ServerProcess
}

/** The samples that all rounds take together. */
export function countSamples({ lab, plan, rounds }: Pick<RoundsOptions, "lab" | "plan" | "rounds">): number {
  return (
    rounds * lab.subjects.flatMap(({ runtime }) => WORKLOADS.filter(({ letter }) => plan.has(runtime, letter))).length
  )
}

/**
 * Measures the workloads in rounds. All servers of one runtime and profile stay up together, idle but for the one that is
 * asked, and each workload visits them in turn, there and back: what drifts on the machine touches all of them alike.
 */
export async function measureRounds(options: RoundsOptions): Promise<SeriesBook> {
  const book = new SeriesBook()
  const cpuClock = createCpuClock()
  for (let first = 0; first < options.rounds; first += ROUNDS_PER_PROCESS)
    for (const runtime of RUNTIMES)
      for (const profile of PROFILES) await measureProfile({ ...options, first, runtime, profile, book, cpuClock })
  return book
}

interface Turn extends RoundsOptions {
  /** The first round of these processes. */
  readonly first: number
  readonly runtime: Runtime
  readonly profile: Profile
  readonly book: SeriesBook
  readonly cpuClock: (pid: number) => number
}

async function measureProfile(turn: Turn): Promise<void> {
  const { lab, plan, runtime, profile, first } = turn
  const workloads = WORKLOADS.filter((one) => one.profile === profile && plan.has(runtime, one.letter))
  if (workloads.length === 0) return
  const last = Math.min(first + ROUNDS_PER_PROCESS, turn.rounds)
  const live: Live[] = []
  try {
    for (const subject of lab.subjects.filter((one) => one.runtime === runtime))
      live.push({ subject, server: await lab.start(subject, profile) })
    for (const workload of workloads) {
      for (const one of live)
        await measureSlice(turn, workload, one, { warmCpuMs: WARM_CPU_MS[runtime], measureCpuMs: 1 })
      for (let round = first; round < last; round++) await measureRound(turn, round, workload, live)
    }
  } finally {
    for (const { server } of live) await server.stop()
  }
}

/** One figure of each subject: the processor time of all its slices by the answers of all of them. */
async function measureRound(turn: Turn, round: number, workload: Workload, live: readonly Live[]): Promise<void> {
  const sums = new Map(live.map(({ subject }) => [subject, { cpuUs: 0, answers: 0 }]))
  for (let slice = 0; slice < SLICES; slice++)
    for (const one of (round + slice) % 2 === 0 ? live : live.toReversed()) {
      const sum = sums.get(one.subject)!
      const lengths = { warmCpuMs: REFRESH_CPU_MS, measureCpuMs: turn.measureCpuMs / SLICES }
      const { answers, cpuUs } = await measureSlice(turn, workload, one, lengths)
      sum.answers += answers
      sum.cpuUs += cpuUs
    }
  for (const [subject, { answers, cpuUs }] of sums) {
    const name = `${subject.runtime} ${workload.letter}`
    turn.book.add(name, subject.name, cpuUs / answers)
    turn.progress.step(`round ${round + 1}/${turn.rounds}  ${name} ${subject.name}: ${(cpuUs / answers).toFixed(2)} us`)
  }
}

function measureSlice(
  { cpuClock }: Turn,
  { letter, request, status }: Workload,
  { subject, server: { port, pid } }: Live,
  lengths: Pick<SampleOptions, "warmCpuMs" | "measureCpuMs">,
): Promise<Sample> {
  const question = { port, pid, request: wireOf(request), status, connections: CONNECTIONS }
  return takeSample({ ...question, ...lengths, cpuClock }).catch((cause: Error) => {
    throw new Error(`${subject.runtime} ${letter} ${subject.name}: ${cause.message}`, { cause })
  })
}
