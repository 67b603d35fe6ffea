import { type ManualClock, uuidv7 } from "@ashlar/core"
import type { ClaimedJob, ClaimRequest, NewJob, Outcome, QueueStore, StoreSettings } from "../store.ts"

export interface StoreSuiteOptions {
  /** Opens the store of a queue once more, as another process would where the store is `crossProcess`. */
  readonly open: (settings: StoreSettings) => Promise<QueueStore> | QueueStore
  /** For a store that keeps the time by itself: waits for it. Default: the clock that the store was given is moved. */
  readonly pass?: (ms: number) => Promise<void>
}

/** A queue of one test alone. */
export interface Stage {
  store: QueueStore
  /** The same queue, in another process where the store is `crossProcess`. */
  other: QueueStore
  clock: ManualClock
  /** Lets time pass. */
  pass: (ms: number) => Promise<void>
}

let names = 0

/** A job to be, with as little as there is to say. */
export function newJob(fields: Partial<NewJob> = {}): NewJob {
  return {
    id: uuidv7(),
    name: "work",
    input: JSON.stringify({ at: ++names }),
    attempts: 3,
    priority: 0,
    delayMs: 0,
    keepCompletedMs: 0,
    keepFailedMs: 60_000,
    ...fields,
  }
}

/** A name that no other test has. */
export function uniqueName(): string {
  return `suite-${crypto.randomUUID().slice(0, 18)}`
}

export async function claim(
  store: QueueStore,
  fields: Partial<ClaimRequest> & { names?: readonly string[] } = {},
): Promise<readonly ClaimedJob[]> {
  const { names = ["work"], max = 100, ...rest } = fields
  return await store.claim({
    lanes: names.map((name) => ({ name, max })),
    max,
    leaseMs: 10_000,
    waitMs: 0,
    worker: "suite",
    ...rest,
  })
}

/** Claims until there are so many, for stores that give them one by one. */
export async function claimAll(
  store: QueueStore,
  count: number,
  fields: Partial<ClaimRequest> & { names?: readonly string[] } = {},
): Promise<ClaimedJob[]> {
  const all: ClaimedJob[] = []
  const deadline = performance.now() + 20_000
  while (all.length < count && performance.now() < deadline)
    all.push(...(await claim(store, { ...fields, max: count - all.length, waitMs: 200 })))
  return all
}

export async function settle(store: QueueStore, outcome: Outcome): Promise<boolean> {
  return (await store.settle([outcome]))[0]!
}

export const done = (job: ClaimedJob, output = ""): Outcome => ({ kind: "complete", job, output })
export const retry = (job: ClaimedJob, delayMs: number): Outcome => ({ kind: "retry", job, delayMs, error: FAILURE })
export const fail = (job: ClaimedJob): Outcome => ({ kind: "fail", job, error: FAILURE })
export const giveBack = (job: ClaimedJob): Outcome => ({ kind: "release", job })
export const FAILURE: string = JSON.stringify({ name: "Error", message: "it broke" })

export const ids = (jobs: readonly { readonly id: string }[]): string[] => jobs.map(({ id }) => id)
