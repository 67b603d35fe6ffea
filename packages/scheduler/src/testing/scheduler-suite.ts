import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { type Clock, manualClock } from "@ashlar/core"
import type { ScheduleState } from "../state.ts"
import type { SchedulerStore } from "../store.ts"
import { describeCommands, describeHistory } from "./command-cases.ts"
import { describeMissed, describeTakeover } from "./loss-cases.ts"
import { START, type Stage } from "./stage.ts"
import { describeOverlap, describeTimes } from "./time-cases.ts"

export interface SchedulerSuiteOptions {
  /** Opens the store once more, as another process would: on the same schedules, with this clock in place of its own. */
  readonly open: (clock: Clock) => Promise<SchedulerStore>
}

/** The suite that every store of schedules passes. @example describeSchedulerStore("redis", { open: (clock) => openMyStore(url, clock) }) */
export function describeSchedulerStore(what: string, { open }: SchedulerSuiteOptions): void {
  describe(`schedules in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const clock = manualClock(START)
      const [store, other] = await Promise.all([open(clock), open(clock)])
      Object.assign(stage, { clock, store, other, runs: [], errors: [], nodes: [] })
      stage.namespace = `suite-${crypto.randomUUID()}`
    })
    afterEach(async () => {
      await Promise.all(stage.nodes.map((node) => node.stop({ graceMs: 0 })))
      const { states } = await stage.store.read(`${stage.namespace}/`).catch(() => ({ states: new Map() }))
      for (const key of states.keys()) await stage.store.remove(key)
      await Promise.all([stage.store.close(), stage.other.close()])
    })
    describeTimes(stage)
    describeOverlap(stage)
    describeMissed(stage)
    describeTakeover(stage)
    describeCommands(stage)
    describeHistory(stage)
    describeStore(stage)
  })
}

function describeStore(stage: Stage): void {
  const key = (): string => `${stage.namespace}/counter`
  const counting = (state: ScheduleState | undefined): ScheduleState => ({
    ...((state ?? { waiting: [], running: [], records: 0 }) as ScheduleState),
    fence: (state?.fence ?? 0) + 1,
  })
  test("changes happen one after the other, however many at once", async () => {
    const { store, other } = stage
    const change = (at: number) =>
      (at % 2 ? store : other).change(key(), 10, (state) => {
        const next = counting(state)
        return { answer: next.fence, next }
      })
    const given = await Promise.all(Array.from({ length: 40 }, (_, at) => change(at)))
    expect(given.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1))
  })
  test("what throws in the middle of a decision changes nothing", async () => {
    const { store, namespace } = stage
    await store.change(key(), 10, (state) => ({ answer: 0, next: counting(state) }))
    const change = store.change<number>(key(), 10, () => {
      throw new RangeError("no")
    })
    const error = (await change.catch((cause: unknown) => cause)) as { readonly code?: string; readonly name: string }
    expect([error.code ?? error.name, (await store.read(`${namespace}/`)).states.get(key())?.fence]).toEqual([
      expect.stringMatching(/^(SCHEDULER_STORE_FAILED|RangeError)$/),
      1,
    ])
  })
  test("one namespace is not another, nor is a name that begins so", async () => {
    const { store, namespace } = stage
    await store.change(`${namespace}/a`, 10, (state) => ({ answer: 0, next: counting(state) }))
    await store.change(`${namespace}/A`, 10, (state) => ({ answer: 0, next: counting(state) }))
    await store.change(`${namespace}2/a`, 10, (state) => ({ answer: 0, next: counting(state) }))
    const { states, nowMs } = await store.read(`${namespace}/`)
    expect([[...states.keys()].toSorted(), nowMs]).toEqual([[`${namespace}/A`, `${namespace}/a`], START])
    expect(await store.remove(`${namespace}2/a`)).toBe(true)
    expect(await store.remove(`${namespace}2/a`)).toBe(false)
  })
}
