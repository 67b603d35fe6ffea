import type { StandardSchemaV1 } from "@ashlar/core"
import { type Backoff, type BackoffRule, toBackoffRule } from "./backoff.ts"
import { checkInteger, checkNames, MAX_MS } from "./check.ts"
import { QueueOptionInvalid } from "./errors.ts"
import type { RateRule } from "./store.ts"

/** How a kind of job is run. */
export interface JobOptions<I extends StandardSchemaV1 | undefined, O> {
  /** What it takes: checked when it is pushed, and read again by the worker, whose handler gets what the schema gives. */
  readonly input?: I
  /** What the handler gives; checked before the job is completed. */
  readonly output?: StandardSchemaV1<O, unknown>
  /** How often it may be begun before it fails for good: 1 to 1,000, default 5. */
  readonly attempts?: number
  /** The pause between attempts. Default: exponential from one second, half of it left to chance. */
  readonly backoff?: Backoff
  /**
   * How long one attempt may take. Then its signal aborts, and `abortGraceMs` later the attempt has failed, ended or not. Default:
   * 300,000.
   */
  readonly timeoutMs?: number
  /** Default: 5,000. */
  readonly abortGraceMs?: number
  /** -100 to 100: greater ones first. Default 0. */
  readonly priority?: number
  /** How many of the kind one worker runs at a time. Default: as many as the worker may. */
  readonly concurrency?: number
  /** How many may begin in a time, over all processes. */
  readonly rate?: RateRule
  /** How many of one group run at a time, over all processes. Default: any number. */
  readonly groupConcurrency?: number
  /** How long a completed one is kept, with its output. Default 0: not. */
  readonly keepCompletedMs?: number
  /** How long one that failed for good is kept. Default: 14 days. */
  readonly keepFailedMs?: number
}

/** Those options, read. */
export interface JobSettings {
  readonly input: StandardSchemaV1 | undefined
  readonly output: StandardSchemaV1 | undefined
  readonly attempts: number
  readonly backoff: BackoffRule
  readonly timeoutMs: number
  readonly abortGraceMs: number
  readonly priority: number
  readonly concurrency: number
  readonly rate: RateRule | undefined
  readonly groupConcurrency: number | undefined
  readonly keepCompletedMs: number
  readonly keepFailedMs: number
}

const NAMES: ReadonlySet<string> = new Set<keyof JobOptions<undefined, unknown>>([
  "input",
  "output",
  "attempts",
  "backoff",
  "timeoutMs",
  "abortGraceMs",
  "priority",
  "concurrency",
  "rate",
  "groupConcurrency",
  "keepCompletedMs",
  "keepFailedMs",
])
const NAME_FORM = /^[A-Za-z0-9._:-]{1,100}$/
const TWO_WEEKS_MS = 14 * 86_400_000
export const MAX_ATTEMPTS = 1_000
export const MAX_CONCURRENCY = 10_000

/** @throws {QUEUE_OPTION_INVALID} */
export function readJobOptions(name: string, options: JobOptions<StandardSchemaV1 | undefined, unknown>): JobSettings {
  if (typeof name !== "string" || !NAME_FORM.test(name))
    throw new QueueOptionInvalid("Expected the name of a job to be 1 to 100 characters of A-Za-z0-9._:- only.")
  checkNames(`job "${name}"`, options, NAMES)
  const of = (option: string) => `${option} of job "${name}"`
  return Object.freeze({
    input: options.input,
    output: options.output as StandardSchemaV1 | undefined,
    attempts: checkInteger(of("attempts"), options.attempts ?? 5, 1, MAX_ATTEMPTS),
    backoff: toBackoffRule(options.backoff),
    timeoutMs: checkInteger(of("timeoutMs"), options.timeoutMs ?? 300_000, 1, 86_400_000),
    abortGraceMs: checkInteger(of("abortGraceMs"), options.abortGraceMs ?? 5_000, 0, 600_000),
    priority: checkInteger(of("priority"), options.priority ?? 0, -100, 100),
    concurrency: checkInteger(of("concurrency"), options.concurrency ?? MAX_CONCURRENCY, 1, MAX_CONCURRENCY),
    rate: options.rate === undefined ? undefined : checkRate(of("rate"), options.rate),
    groupConcurrency:
      options.groupConcurrency === undefined
        ? undefined
        : checkInteger(of("groupConcurrency"), options.groupConcurrency, 1, MAX_CONCURRENCY),
    keepCompletedMs: checkInteger(of("keepCompletedMs"), options.keepCompletedMs ?? 0, 0, MAX_MS),
    keepFailedMs: checkInteger(of("keepFailedMs"), options.keepFailedMs ?? TWO_WEEKS_MS, 0, MAX_MS),
  })
}

const RATE_NAMES: ReadonlySet<string> = new Set<keyof RateRule>(["max", "perMs"])

/** @throws {QUEUE_OPTION_INVALID} */
export function checkRate(what: string, rate: RateRule): RateRule {
  checkNames(what, rate, RATE_NAMES)
  return {
    max: checkInteger(`${what}.max`, rate.max, 1, 1_000_000),
    perMs: checkInteger(`${what}.perMs`, rate.perMs, 1, 86_400_000),
  }
}
