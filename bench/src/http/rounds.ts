import type { Progress } from "../progress.ts"
import { SeriesBook } from "../series.ts"
import { createCpuClock } from "./cpu-clock.ts"
import type { Lab } from "./lab.ts"
import type { Plan } from "./plan.ts"
import { PROFILES, type Profile } from "./profile.ts"
import { RUNTIMES, type Runtime, WARM_MS } from "./runtime.ts"
import { takeSample } from "./sample.ts"
import type { ServerProcess } from "./server-process.ts"
import type { Subject } from "./subject.ts"
import { WORKLOADS, type Workload, wireOf } from "./workload.ts"

export interface RoundsOptions {
  readonly lab: Lab
  readonly plan: Plan
  readonly rounds: number
  /** The measured part of each sample. */
  readonly measureMs: number
  readonly progress: Progress
}

const CONNECTIONS = 64
/**
 * Each process is measured in so many rounds, then a new one takes its place: the same code started twice may differ by
 * several hundredths, and a start must be warmed at length.
 */
const ROUNDS_PER_PROCESS = 2
/** The same load before a sample of a process that is warm. */
const REFRESH_MS = 150

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
 * asked, and each workload visits them in turn, in every other round from the last to the first: what drifts on the
 * machine touches neighbours alike.
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
    for (const workload of workloads)
      for (let round = first; round < last; round++)
        for (const one of round % 2 === 0 ? live : live.toReversed()) await measureOne(turn, round, workload, one)
  } finally {
    for (const { server } of live) await server.stop()
  }
}

async function measureOne(turn: Turn, round: number, workload: Workload, { subject, server }: Live): Promise<void> {
  const name = `${subject.runtime} ${workload.letter}`
  const { cpuUs, perSecond } = await takeSample({
    port: server.port,
    pid: server.pid,
    request: wireOf(workload.request),
    status: workload.status,
    connections: CONNECTIONS,
    warmMs: round === turn.first ? WARM_MS[turn.runtime] : REFRESH_MS,
    measureMs: turn.measureMs,
    cpuClock: turn.cpuClock,
  }).catch((cause: Error) => {
    throw new Error(`${name} ${subject.name}: ${cause.message}`, { cause })
  })
  turn.book.add(name, subject.name, cpuUs)
  turn.progress.step(
    `round ${round + 1}/${turn.rounds}  ${name} ${subject.name}: ${cpuUs.toFixed(2)} us, ${Math.round(perSecond)} per s`,
  )
}
