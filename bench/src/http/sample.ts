import { type LoadOptions, openLoad } from "./keep-alive-load.ts"

export interface SampleOptions extends LoadOptions {
  /** The server's process, whose processor time is read. */
  readonly pid: number
  /** Milliseconds of the same load before the measured ones, from the first answer on. */
  readonly warmMs: number
  readonly measureMs: number
  readonly cpuClock: (pid: number) => number
}

export interface Sample {
  readonly answers: number
  /** Processor microseconds of the server per answer. */
  readonly cpuUs: number
  readonly perSecond: number
}

/**
 * Counts what a server's process needs for one question. The load runs in this process, and what is under way when the
 * measured time begins is as much as when it ends.
 */
export async function takeSample(options: SampleOptions): Promise<Sample> {
  const { cpuClock, pid } = options
  const load = await openLoad(options)
  try {
    await load.waitFor(1) // a server may prepare itself at its first question
    await load.wait(options.warmMs)
    const [answersBefore, cpuBefore, started] = [load.answers, cpuClock(pid), performance.now()]
    await load.wait(options.measureMs)
    await load.waitFor(answersBefore + options.connections) // a busy machine may stand still for a while
    const [answers, cpu, ms] = [load.answers - answersBefore, cpuClock(pid) - cpuBefore, performance.now() - started]
    return { answers, cpuUs: cpu / 1000 / answers, perSecond: (answers / ms) * 1000 }
  } finally {
    load.close()
  }
}
