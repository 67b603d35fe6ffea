import { didYouMean } from "@ashlar/core"
import { FunctionInvalid } from "./errors.ts"
import type { Runtime } from "./profile.ts"

/** What one function may use. Every limit has a typed refusal or kill. */
export interface FunctionLimits {
  /** Milliseconds from the start of an invocation to the end of its response. 10 to 60,000. Default 10,000. */
  readonly wallMs: number
  /** Milliseconds of processor time of an invocation. 10 to 60,000. Default 2,000. */
  readonly cpuMs: number
  /** Memory of a process of the function. 64 to 1,024 for `bun`, default 256; 32 to 512 for `quickjs`, default 128. */
  readonly memoryMb: number
  /** Bytes of a request's body, and of a response's. 0 to 64 MiB. Default 5 MiB. */
  readonly bodyBytes: number
  /** Log lines of one invocation; more are dropped, and a line says so. 0 to 10,000. Default 1,000. */
  readonly logLines: number
  /** Invocations at once. 1 to 64. Default 8. */
  readonly concurrency: number
  /** Invocations that wait beyond those. 0 to 1,000. Default 64. */
  readonly queue: number
}

/** What the platform spends on functions altogether. */
export interface InstallLimits {
  /** Processes of functions at once, spares included. Default 32. */
  readonly maxProcesses: number
  /** A process that had no call for this long is stopped. Default 60,000. */
  readonly idleMs: number
  /** A process that holds secrets takes calls for this long; the next one reads them anew. Default 60,000. */
  readonly secretsMs: number
  /** A spare that nobody needed for this long is stopped. Default 600,000. */
  readonly spareIdleMs: number
  /** The largest bundle. Default 10 MiB. */
  readonly maxBundleBytes: number
  /** Versions kept of one function; the oldest go first, never the active one. Default 50. */
  readonly maxVersions: number
  /** Functions of one project. Default 200. */
  readonly maxFunctions: number
  /** Log lines kept of one function; the oldest go first. Default 10,000. */
  readonly maxLogRows: number
  /** How long a deploy waits for other changes of its function. Default 30,000. */
  readonly changeWaitMs: number
  /** Calls to `ctx.db` and `fetch` in one invocation. Default 10,000. */
  readonly maxCalls: number
  /** Bytes that one `fetch` sends, and that it receives. Default 64 MiB. */
  readonly maxFetchBytes: number
}

export const defaultInstallLimits: InstallLimits = {
  maxProcesses: 32,
  idleMs: 60_000,
  secretsMs: 60_000,
  spareIdleMs: 600_000,
  maxBundleBytes: 10 * 1024 * 1024,
  maxVersions: 50,
  maxFunctions: 200,
  maxLogRows: 10_000,
  changeWaitMs: 30_000,
  maxCalls: 10_000,
  maxFetchBytes: 64 * 1024 * 1024,
}

/** The smallest, the usual and the largest value of each limit, by runtime. */
export const limitRanges: Readonly<
  Record<Runtime, Readonly<Record<keyof FunctionLimits, readonly [least: number, usual: number, most: number]>>>
> = (() => {
  const shared = {
    wallMs: [10, 10_000, 60_000],
    cpuMs: [10, 2_000, 60_000],
    bodyBytes: [0, 5 * 1024 * 1024, 64 * 1024 * 1024],
    logLines: [0, 1_000, 10_000],
    concurrency: [1, 8, 64],
    queue: [0, 64, 1_000],
  } as const
  return { bun: { ...shared, memoryMb: [64, 256, 1024] }, quickjs: { ...shared, memoryMb: [32, 128, 512] } }
})()

/**
 * Fills in what a manifest leaves out.
 *
 * @throws {FUNCTIONS_INVALID} when a limit is unknown, no whole number, or out of its range.
 */
export function resolveLimits(runtime: Runtime, given: Readonly<Record<string, unknown>> = {}): FunctionLimits {
  const ranges = limitRanges[runtime]
  for (const name of Object.keys(given))
    if (!(name in ranges))
      throw new FunctionInvalid(`Unknown limit "${name}". ${didYouMean(name, Object.keys(ranges))}`)
  const entries = Object.entries(ranges).map(([name, [least, usual, most]]) => {
    const value = given[name] ?? usual
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
      throw new FunctionInvalid(
        `Expected limits.${name} to be a whole number from ${least} to ${most} for ${runtime}, got ${JSON.stringify(value)}.`,
      )
    return [name, value]
  })
  return Object.fromEntries(entries) as FunctionLimits
}
