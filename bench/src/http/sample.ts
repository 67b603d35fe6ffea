import { type LoadOptions, openLoad } from "./keep-alive-load.ts"

export interface SampleOptions extends LoadOptions {
  /** The server's process, whose processor time is read. */
  readonly pid: number
  /** The same load before what is measured, in milliseconds of the server's processor time, from the first answer on. */
  readonly warmCpuMs: number
  /** How long is measured, in milliseconds of the server's processor time: as much work on a busy machine as on an idle one. */
  readonly measureCpuMs: number
  readonly cpuClock: (pid: number) => number
}

export interface Sample {
  readonly answers: number
  /** Processor microseconds of the server, for all answers together. */
  readonly cpuUs: number
}

/**
 * Counts what a server's process needs for one question. The load runs in this process, and what is under way when the
 * measured time begins is as much as when it ends.
 */
export async function takeSample(options: SampleOptions): Promise<Sample> {
  const { pid, connections } = options
  const clock = (): number => options.cpuClock(pid)
  const load = await openLoad(options)
  try {
    await load.waitFor(() => load.answers > 0) // a server may prepare itself at its first question
    const warmAt = clock() + options.warmCpuMs * 1e6
    await load.waitFor(() => clock() >= warmAt)
    const [before, start] = [load.answers, clock()]
    const end = start + options.measureCpuMs * 1e6
    await load.waitFor(() => clock() >= end && load.answers >= before + connections)
    return { answers: load.answers - before, cpuUs: (clock() - start) / 1000 }
  } finally {
    load.close()
  }
}
