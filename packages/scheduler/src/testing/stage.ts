import { expect } from "bun:test"
import type { ManualClock } from "@ashlar/core"
import type { LiveScheduler } from "../live-scheduler.ts"
import { createScheduler, type SchedulerOptions } from "../open-scheduler.ts"
import { defineSchedule, type Run, type Schedule, type ScheduleOptions } from "../schedule.ts"
import type { SchedulerStore } from "../store.ts"

export const START: number = Date.UTC(2026, 0, 1)
export const MINUTE: number = 60_000

/** What a test has: two nodes on one store, and a clock that it moves. */
export interface Stage {
  clock: ManualClock
  store: SchedulerStore
  other: SchedulerStore
  namespace: string
  runs: Run[]
  errors: unknown[]
  nodes: LiveScheduler[]
}

/** Two nodes that have the schedule. Only `turn` makes them look. */
export async function nodesWith(
  stage: Stage,
  schedule: Schedule,
  options: SchedulerOptions = {},
): Promise<LiveScheduler[]> {
  const { namespace, errors } = stage
  const settings = { namespace, schedules: [schedule], onError: (error: unknown) => errors.push(error), ...options }
  const nodes = [stage.store, stage.other].map((store) => createScheduler(viewOf(store), settings))
  stage.nodes.push(...nodes)
  for (const node of nodes) await node.register()
  return nodes
}
/** A schedule that notes its runs. */
export function noting(
  stage: Stage,
  options: ScheduleOptions,
  work: (run: Run) => unknown = () => undefined,
): Schedule {
  return defineSchedule("work", options, async (run) => {
    stage.runs.push(run)
    await work(run)
  })
}
/** All nodes look at once, again and again, until nothing is due; runs that were begun may go on. */
export async function look(nodes: readonly LiveScheduler[]): Promise<void> {
  for (let quiet = 0; quiet < 2; ) {
    const pauses = await Promise.all(nodes.map((node) => node.turn()))
    quiet = pauses.every((ms) => ms > 0) ? quiet + 1 : 0
  }
}
/** As {@link look}, and all that was begun ends. */
export async function settle(nodes: readonly LiveScheduler[]): Promise<void> {
  for (let quiet = 0; quiet < 2; ) {
    const pauses = await Promise.all(nodes.map((node) => node.turn()))
    await Promise.all(nodes.map((node) => node.allEnded()))
    quiet = pauses.every((ms) => ms > 0) ? quiet + 1 : 0
  }
}
export const minutes = (runs: readonly { readonly at: Date }[]): number[] =>
  runs.map(({ at }) => (at.getTime() - START) / MINUTE)
export async function outcomes(node: LiveScheduler): Promise<readonly (readonly [string, number])[]> {
  const records = await node.history("work")
  return records.map(({ outcome, at }) => [outcome, (at.getTime() - START) / MINUTE] as const).toReversed()
}

export async function settleUntil(nodes: readonly LiveScheduler[], isDone: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!isDone() && performance.now() < deadline) {
    await look(nodes)
    await new Promise((done) => setTimeout(done, 5))
  }
  expect(isDone()).toBe(true)
}
/** Each closes its own view of the store. */
export function viewOf(store: SchedulerStore): SchedulerStore {
  return {
    read: (prefix) => store.read(prefix),
    change: (key, keep, decide) => store.change(key, keep, decide),
    history: (key, limit) => store.history(key, limit),
    remove: (key) => store.remove(key),
    close: async () => undefined,
  }
}
