import { expect, test } from "bun:test"
import type { ClaimedJob, ClaimRequest, Outcome, SettledAndClaimed } from "../store.ts"
import { claim, claimAll, done, fail, ids, newJob, type Stage } from "./store-stage.ts"

/** What a store must do that settles and claims in one go; of one that does not, nothing is asked. */
export function describeReplacing(stage: Stage): void {
  const replacing = (name: string, work: () => Promise<void>): void => {
    test(`in place of what is done: ${name}`, async () => {
      if (stage.store.settleAndClaim !== undefined) await work()
    })
  }
  const replace = async (
    outcomes: readonly Outcome[],
    fields: Partial<ClaimRequest> = {},
  ): Promise<SettledAndClaimed> =>
    await stage.store.settleAndClaim!(outcomes, {
      lanes: [{ name: "work", max: 100 }],
      max: 100,
      leaseMs: 10_000,
      waitMs: 0,
      worker: "suite",
      ...fields,
    })
  const first = async (count = 1): Promise<ClaimedJob[]> => await claimAll(stage.store, count)

  replacing("the next ones are given, each once, and as if they were claimed", async () => {
    const jobs = Array.from({ length: 5 }, () => newJob())
    await stage.store.add(jobs)
    const { kept, claimed } = await replace((await first(2)).map((job) => done(job)))
    expect(kept).toEqual([true, true])
    expect(claimed).toHaveLength(2)
    for (const job of claimed) {
      const { input, attempts } = jobs.find(({ id }) => id === job.id)!
      expect(job).toMatchObject({ name: "work", input, attempt: 1, attempts })
    }
    const rest = await claimAll(stage.other, 1)
    expect(new Set(ids([...claimed, ...rest]))).toEqual(new Set(ids(jobs.slice(2))))
    expect((await replace(claimed.map((job) => done(job)))).kept).toEqual([true, true])
    expect(await claim(stage.other)).toEqual([])
  })
  replacing("none where nothing waits, of another kind, for more than was asked, or for what failed", async () => {
    await stage.store.add([newJob()])
    expect((await replace([done((await first())[0]!)])).claimed).toEqual([])
    await stage.store.add(Array.from({ length: 4 }, () => newJob()))
    const held = await first(3)
    expect((await replace([done(held[0]!)], { lanes: [{ name: "other", max: 5 }] })).claimed).toEqual([])
    expect((await replace([fail(held[1]!)])).claimed).toEqual([])
    expect((await replace([done(held[2]!)], { lanes: [{ name: "work", max: 0 }] })).claimed).toEqual([])
    expect(await claimAll(stage.other, 1)).toHaveLength(1)
  })
  replacing("none for who has lost the job", async () => {
    await stage.store.add([newJob(), newJob()])
    const [lost] = await first()
    await stage.pass(15_000)
    const [again] = await claimAll(stage.other, 2)
    expect(again).toBeDefined()
    expect(await replace([done(lost!)])).toEqual({ kept: [false], claimed: [] })
  })
  replacing("what is given is another's when its lease has ended", async () => {
    await stage.store.add([newJob(), newJob()])
    const { claimed } = await replace([done((await first())[0]!)])
    await stage.pass(15_000)
    const again = await claimAll(stage.other, 1)
    expect(again).toMatchObject([{ id: claimed[0]!.id, attempt: 2 }])
  })
  replacing("none while it is paused", async () => {
    if (!stage.store.guarantees.pause) return
    await stage.store.add([newJob(), newJob()])
    const [job] = await first()
    await stage.store.pause!("work")
    expect(await replace([done(job!)])).toEqual({ kept: [true], claimed: [] })
    await stage.store.resume!("work")
    expect(await claimAll(stage.store, 1)).toHaveLength(1)
  })
}
