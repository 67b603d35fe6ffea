import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { schedulerDrivers } from "./drivers/drivers.ts"
import { SchedulerOptionInvalid } from "./errors.ts"
import { LiveScheduler, type SchedulerSettings } from "./live-scheduler.ts"
import { checkName, checkWhole, type Schedule } from "./schedule.ts"
import type { Scheduler } from "./scheduler.ts"
import type { SchedulerStore } from "./store.ts"

export interface SchedulerOptions {
  /** What runs here. Without any it only looks, and asks others. */
  readonly schedules?: readonly Schedule[]
  /** Keeps apps apart that use one store: 1 to 80 of `A-Z a-z 0-9 . _ : -`. Default `"default"`. */
  readonly namespace?: string
  /** What the caller relies on: `{ crossProcess: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
  /** How long a run is held without a sign of life from its node: 100 to 3,600,000. A node that dies keeps it so long. Default 30,000. */
  readonly leaseMs?: number
  /** How often it is looked for what others asked for: 10 to 60,000. Times themselves are not polled for. Default 1,000. */
  readonly pollEveryMs?: number
  /** Runs at once on this node, 1 to 10,000. Default 100. */
  readonly maxRuns?: number
  /** Records that are kept of each schedule, 1 to 10,000. Default 100. */
  readonly maxHistory?: number
  /** How long a run may go on after its signal was aborted, 0 to 600,000; then it is left to itself. Default 5,000. */
  readonly abortGraceMs?: number
  /** Told of what a handler threw, and of a store that failed. The schedules go on. Default: not. */
  readonly onError?: (error: unknown, schedule: string | undefined) => void
}

const RANGES = {
  leaseMs: [100, 3_600_000],
  pollEveryMs: [10, 60_000],
  maxRuns: [1, 10_000],
  maxHistory: [1, 10_000],
  abortGraceMs: [0, 600_000],
} as const
const DEFAULTS: SchedulerSettings = {
  namespace: "default",
  leaseMs: 30_000,
  pollEveryMs: 1_000,
  maxRuns: 100,
  maxHistory: 100,
  abortGraceMs: 5_000,
  onError: () => undefined,
}
const MAX_SCHEDULES = 10_000

/**
 * Opens schedules: `memory:` for this process, `sqlite:path`, `postgres://…`, `mysql://…` or `redis://…` for all nodes that share it. The
 * store is opened at the first use; nothing runs before `start`.
 *
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING} {SCHEDULER_OPTION_INVALID}
 * @example
 * const scheduler = openScheduler("sqlite:./data/app.db", { schedules: [nightly] })
 * await scheduler.start()
 */
export function openScheduler(url: string | SchedulerStore, options: SchedulerOptions = {}): Scheduler {
  return createScheduler(url, options)
}

/** As `openScheduler`, with what suites look into. */
export function createScheduler(url: string | SchedulerStore, options: SchedulerOptions = {}): LiveScheduler {
  const { schedules = [], needs = {}, ...rest } = options
  const settings = { ...DEFAULTS, ...withoutUndefined(rest) }
  checkName(settings.namespace, "namespace")
  for (const [name, range] of Object.entries(RANGES)) checkWhole(settings[name as keyof typeof RANGES], range, name)
  const names = new Set(schedules.map(({ name }) => name))
  if (names.size !== schedules.length || names.size > MAX_SCHEDULES)
    throw new SchedulerOptionInvalid(
      `Expected at most ${MAX_SCHEDULES} schedules with a name each, got ${schedules.length} with ${names.size} names.`,
    )
  if (typeof url !== "string") return new LiveScheduler(async () => url, schedules, settings)
  schedulerDrivers.require(url, needs, "The scheduler") // a mistake in it should not wait
  return new LiveScheduler(() => schedulerDrivers.open(url), schedules, settings)
}

function withoutUndefined<T extends object>(values: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

/** What a scheduler behind a URL promises, as data. @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} */
export function schedulerGuarantees(url: string): Guarantees {
  return schedulerDrivers.guarantees(url)
}

/**
 * A scheduler as a service of an app: started when it is opened, drained while the app's last requests end, stopped with it.
 *
 * @param schedules Or what makes them of other services.
 * @example
 * export const AppScheduler = defineScheduler(() => process.env.DATABASE_URL ?? "sqlite:./data/app.db", [nightly, hourly])
 */
export function defineScheduler(
  url: (services: Services) => string | Promise<string>,
  schedules: readonly Schedule[] | ((services: Services) => readonly Schedule[] | Promise<readonly Schedule[]>),
  { name = "scheduler", ...options }: Omit<SchedulerOptions, "schedules"> & { readonly name?: string } = {},
): Service<Scheduler> {
  return defineService<Scheduler>({
    name,
    async open(services) {
      const given = typeof schedules === "function" ? await schedules(services) : schedules
      const scheduler = openScheduler(await url(services), { ...options, schedules: given })
      try {
        await scheduler.start()
      } catch (error) {
        await scheduler.stop({ graceMs: 0 })
        throw error
      }
      return scheduler
    },
    drain: (scheduler, signal) => scheduler.drain(signal),
    close: (scheduler) => scheduler.stop({ graceMs: 0 }),
    health: (scheduler) => scheduler.check(),
  })
}
