import { expect, test } from "bun:test"
import { type Stage, settle } from "./cache-suite.ts"

/** What `remember` promises over every store. */
export function describeMaking(stage: Stage): void {
  describeSharing(stage)
  describeStaleness(stage)
}

function describeSharing(stage: Stage): void {
  test("makes a value once for all who ask at once, in both processes", async () => {
    let makes = 0
    const make = async () => {
      makes++
      await Bun.sleep(30)
      return { list: [makes] }
    }
    const asked = Array.from({ length: 40 }, (_, at) =>
      (at % 2 ? stage.here : stage.there).remember(stage.prefix, "1h", make),
    )
    const values = await Promise.all(asked)
    expect(makes).toBe(1)
    for (const value of values) expect(value).toEqual({ list: [1] })
    values[0]!.list.push(2)
    expect(values[1]).toEqual({ list: [1] })
    expect(await stage.there.remember(stage.prefix, "1h", make)).toEqual({ list: [1] })
  })
  test("tells all who wait when making fails, keeps nothing, and makes it the next time", async () => {
    const failing = () => Bun.sleep(5).then(() => Promise.reject(new RangeError("no")))
    const asked = Array.from({ length: 5 }, () =>
      stage.here.remember(stage.prefix, "1h", failing).catch((error) => error),
    )
    for (const error of await Promise.all(asked)) expect(error).toBeInstanceOf(RangeError)
    expect(await stage.there.remember(stage.prefix, "1h", () => 7)).toBe(7)
  })
  test("does not keep what was made of what has been changed since", async () => {
    let source = "old"
    const tag = `${stage.prefix} tag`
    const [isRead, isChanged] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const reading = stage.here.remember(stage.prefix, { ttl: "1h", tags: [tag] }, async () => {
      const read = source
      isRead.resolve()
      await isChanged.promise
      return read
    })
    await isRead.promise
    source = "new"
    await stage.there.invalidate(tag)
    isChanged.resolve()
    expect(await reading).toBe("old")
    await settle(stage)
    expect(await stage.here.remember(stage.prefix, { ttl: "1h", tags: [tag] }, () => source)).toBe("new")
  })
  test("remembers that there is nothing only as long as it is told to", async () => {
    let makes = 0
    const find = (): string | undefined => void makes++ as undefined
    const ask = () => stage.here.remember(stage.prefix, { ttl: "1h", negativeTtl: "500ms" }, find)
    expect([await ask(), await ask(), makes, await stage.here.has(stage.prefix)]).toEqual([
      undefined,
      undefined,
      1,
      false,
    ])
    await Bun.sleep(520)
    expect([await ask(), makes]).toEqual([undefined, 2])
    await stage.here.delete(stage.prefix)
    const plain = () => stage.here.remember(stage.prefix, "1h", find)
    expect([await plain(), await plain(), makes]).toEqual([undefined, undefined, 4])
  })
}

function describeStaleness(stage: Stage): void {
  test("serves the former value while one makes it anew", async () => {
    let makes = 0
    const make = async () => {
      await Bun.sleep(10)
      return ++makes
    }
    const ask = () => stage.here.remember(stage.prefix, { ttl: "40ms", staleWhileRevalidate: "1h" }, make)
    expect(await ask()).toBe(1)
    await Bun.sleep(60)
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
    while (makes < 2 || stage.here.stats().writes < 2) await Bun.sleep(5)
    expect([makes, stage.here.stats().staleHits]).toEqual([2, 3])
    await stage.here.delete(stage.prefix)
  })
  test("lets the former value stand in when making fails, and tries again after a while", async () => {
    let fails = false
    let makes = 0
    const make = (): number => {
      makes++
      if (fails) throw new RangeError("the database is away")
      return makes
    }
    const ask = () => stage.here.remember(stage.prefix, { ttl: "40ms", grace: "10s", graceBackoff: "1s" }, make)
    expect(await ask()).toBe(1)
    fails = true
    await Bun.sleep(50)
    expect([await ask(), await ask(), makes]).toEqual([1, 1, 2])
    await Bun.sleep(1_050)
    fails = false
    expect([await ask(), makes]).toEqual([3, 3])
  })
  test("gives making its time, and lets what is late stand for nothing", async () => {
    let aborted = false
    const error = await stage.here
      .remember(stage.prefix, { ttl: "1h", timeout: "40ms" }, async ({ signal }) => {
        signal.addEventListener("abort", () => {
          aborted = true
        })
        await Bun.sleep(100)
        return "late"
      })
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: "CACHE_MAKE_TIMEOUT" })
    expect(aborted).toBe(true)
    await Bun.sleep(80)
    expect(await stage.here.get(stage.prefix)).toBe(undefined)
  })
}
