import type { StandardInput, StandardOutput, StandardSchemaV1 } from "@ashlar/core"
import type { JobContext } from "./job-context.ts"
import { type JobOptions, type JobSettings, readJobOptions } from "./job-options.ts"
import type { PushOptions } from "./push-options.ts"

/**
 * A kind of job: its name, what it takes and how it is run. Whoever pushes needs no more than this; the code that does the work may be in
 * another program.
 */
export interface Job<Input = unknown, Parsed = unknown, Output = unknown> {
  readonly name: string
  readonly settings: JobSettings
  /** One job to be, for a batch, a chain or a flow. */
  of(...args: PushArguments<Input>): JobItem
  /** Never there at run time. */
  readonly types?: { input(value: Input): void; readonly parsed: Parsed; readonly output: Output }
}

/** A kind of job with the code that does the work. */
export interface HandledJob<Input = unknown, Parsed = unknown, Output = unknown> extends Job<Input, Parsed, Output> {
  /** Called by workers. */
  run(context: JobContext<Parsed>): Output | Promise<Output>
}

/** Any kind of job whose code is there. */
export interface AnyHandledJob {
  readonly name: string
  readonly settings: JobSettings
  run(context: JobContext<never>): unknown
}

/** A job to be, with its input. */
export interface JobItem {
  readonly job: { readonly name: string; readonly settings: JobSettings }
  readonly input: unknown
  readonly options: PushOptions
}

/** The input and its options; where a job takes none, nothing or `undefined`. */
export type PushArguments<Input> = undefined extends Input
  ? [input?: Input, options?: PushOptions]
  : [input: Input, options?: PushOptions]

type InputOf<I> = I extends StandardSchemaV1 ? StandardInput<I> : undefined
type ParsedOf<I> = I extends StandardSchemaV1 ? StandardOutput<I> : undefined

/**
 * Defines a kind of job.
 *
 * @param name 1 to 100 characters of `A-Za-z0-9._:-`, stable: jobs that wait are known by it.
 * @param handler What does the work. It runs **at least once**: after a crash again, so it should do no harm twice. Left out where the code
 * is in another program, or given by {@link handleJob}.
 * @throws {QUEUE_OPTION_INVALID}
 * @example
 * export const sendWelcome = defineJob(
 *   "mail.welcome",
 *   { input: v.object({ userId: v.string() }), attempts: 5, timeoutMs: 30_000 },
 *   async ({ input, signal }) => { await mail.send(await letterFor(input.userId), { signal }) },
 * )
 */
export function defineJob<I extends StandardSchemaV1 | undefined = undefined, O = unknown>(
  name: string,
  options: JobOptions<I, O>,
): Job<InputOf<I>, ParsedOf<I>, O>
export function defineJob<I extends StandardSchemaV1 | undefined = undefined, O = unknown>(
  name: string,
  options: JobOptions<I, O>,
  handler: (context: JobContext<ParsedOf<I>>) => O | Promise<O>,
): HandledJob<InputOf<I>, ParsedOf<I>, O>
export function defineJob(
  name: string,
  options: JobOptions<StandardSchemaV1 | undefined, unknown>,
  handler?: (context: JobContext<never>) => unknown,
): object {
  const settings = readJobOptions(name, options)
  const job = {
    name,
    settings,
    of: (input?: unknown, pushOptions: PushOptions = {}): JobItem => ({ job, input, options: pushOptions }),
    ...(handler !== undefined && { run: handler }),
  }
  return Object.freeze(job)
}

/**
 * The code for a job that was defined without any.
 *
 * @example
 * const worker = queue.work([handleJob(sendWelcome, async ({ input }) => { … })])
 */
export function handleJob<Input, Parsed, Output>(
  job: Job<Input, Parsed, Output>,
  handler: (context: JobContext<Parsed>) => Output | Promise<Output>,
): HandledJob<Input, Parsed, Output> {
  return Object.freeze({ ...job, run: handler })
}
