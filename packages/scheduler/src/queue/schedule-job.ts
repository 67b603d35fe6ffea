import type { Job, PushArguments, PushOptions, Queue } from "@ashlar/queue"
import { defineSchedule, type Run, type Schedule, type ScheduleOptions } from "../schedule.ts"

/** What is pushed at each time. */
export type JobToPush<Input> = {
  /** Or what gives it, when a time has come. */
  readonly queue: Queue | (() => Queue | Promise<Queue>)
  readonly job: Job<Input, unknown, unknown>
  readonly push?: Omit<PushOptions, "unique">
} & (undefined extends Input
  ? { readonly input?: (run: Run) => Input }
  : {
      /** Makes the job's input of the run: `({ at }) => ({ day: at })`. */
      readonly input: (run: Run) => Input
    })

/** How long a time is remembered to have been pushed: longer than any node takes to be found dead. */
const ONCE_MS = 86_400_000

/**
 * Defines a schedule that pushes a job at each time: the queue does the work, with its retries, and the schedule is done at once.
 *
 * Where the queue promises `unique`, each time is pushed once, also when the node dies after it has pushed and before it could say so;
 * elsewhere it may then be pushed twice.
 *
 * @throws {SCHEDULER_OPTION_INVALID}
 * @example
 * export const nightly = scheduleJob("nightly-report", { cron: "30 3 * * *", timeZone: "Europe/Berlin" }, {
 *   queue,
 *   job: sendReport,
 *   input: ({ at }) => ({ day: at.toISOString() }),
 * })
 */
export function scheduleJob<Input>(
  name: string,
  options: ScheduleOptions,
  { queue, job, push = {}, input }: JobToPush<Input>,
): Schedule {
  return defineSchedule(name, options, async (run) => {
    const target = typeof queue === "function" ? await queue() : queue
    const unique = target.guarantees.unique ? { unique: { key: `schedule:${name}:${run.id}`, until: ONCE_MS } } : {}
    const args = [input?.(run), { ...push, ...unique }] as unknown as PushArguments<Input>
    await target.push(job, ...args)
  })
}
