import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { Claim, LockStore } from "../locks/lock-store.ts"
import type { Locks } from "../locks/locks.ts"
import { openLocks } from "../locks/open-locks.ts"

export interface LockSuiteOptions {
  /** Opens the store once more, as another process would: on the same locks. */
  readonly open: () => Promise<LockStore>
}

interface Stage {
  here: Locks
  there: Locks
  store: LockStore
  other: LockStore
  name: string
}

/** The suite that every store of locks passes. @example describeLockStore("redis", { open: () => openMyStore(url) }) */
export function describeLockStore(what: string, { open }: LockSuiteOptions): void {
  describe(`locks in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const [store, other] = await Promise.all([open(), open()])
      Object.assign(stage, {
        store,
        other,
        here: openLocks(store),
        there: openLocks(other),
        name: `suite é ${crypto.randomUUID()}`,
      })
    })
    afterEach(async () => {
      await Promise.all([stage.here.close(), stage.there.close()])
    })
    describeHolding(stage)
    describeLosing(stage)
    describeStore(stage)
  })
}

function describeHolding(stage: Stage): void {
  test("are held by one at a time, and free when they are released", async () => {
    const { here, there, name } = stage
    const lock = (await here.try(name))!
    expect([lock.isHeld, lock.signal.aborted]).toEqual([true, false])
    expect([await here.try(name), await there.try(name)]).toEqual([undefined, undefined])
    const other = (await there.try(`${name} other`))!
    expect(await lock.release()).toBe(true)
    expect([lock.isHeld, lock.signal.aborted, await lock.release()]).toEqual([false, false, false])
    const next = (await there.try(name))!
    expect(next.fence).toBeGreaterThan(lock.fence)
    await Promise.all([next.release(), other.release()])
  })
  test("let those who wait in one after the other, with fences that grow", async () => {
    const { here, there, name } = stage
    let inside = 0
    const fences: number[] = []
    const all = Array.from({ length: 12 }, (_, at) =>
      (at % 2 ? here : there).with(name, { wait: "20s" }, async ({ fence }) => {
        expect(++inside).toBe(1)
        fences.push(fence)
        await Bun.sleep(2)
        inside--
      }),
    )
    await Promise.all(all)
    expect(fences).toHaveLength(12)
    expect(fences.every((fence, at) => at === 0 || fence > fences[at - 1]!)).toBe(true)
  })
  test("give up waiting in time, or when they are told to", async () => {
    const { here, there, name } = stage
    const lock = await here.acquire(name)
    expect(await there.acquire(name, { wait: "50ms" }).catch((error) => error)).toMatchObject({
      code: "CACHE_LOCK_TIMEOUT",
    })
    const controller = new AbortController()
    const waiting = there.acquire(name, { signal: controller.signal }).catch((error) => error)
    controller.abort(new RangeError("enough"))
    expect(await waiting).toBeInstanceOf(RangeError)
    await lock.release()
    const next = await there.acquire(name)
    await next.release()
  })
  test("are released when the work throws, and say what it said", async () => {
    const { here, there, name } = stage
    expect(
      await here.with(name, {}, () => Promise.reject(new RangeError("no"))).catch((error) => error),
    ).toBeInstanceOf(RangeError)
    await using lock = await there.acquire(name, { wait: "1s" })
    expect(lock.isHeld).toBe(true)
  })
}

function describeLosing(stage: Stage): void {
  test("run out, say so to their holder, and are the next one's", async () => {
    const { here, there, name } = stage
    const lock = (await here.try(name, { ttl: "80ms" }))!
    const lost = new Promise<unknown>((resolve) =>
      lock.signal.addEventListener("abort", () => resolve(lock.signal.reason)),
    )
    expect(await lost).toMatchObject({ code: "CACHE_LOCK_LOST" })
    const next = await there.acquire(name, { wait: "5s" })
    expect([lock.isHeld, next.fence > lock.fence]).toEqual([false, true])
    expect(await lock.extend().catch((error) => error)).toMatchObject({ code: "CACHE_LOCK_LOST" })
    expect(await lock.release()).toBe(false)
    expect(await here.try(name)).toBe(undefined) // the next one's lock still stands
    expect(await next.release()).toBe(true)
  })
  test("are held on while work goes on, and longer when they are extended", async () => {
    const { here, there, name } = stage
    const result = await here.with(name, { ttl: "900ms" }, async (lock) => {
      await Bun.sleep(1_200)
      expect([lock.isHeld, await there.try(name)]).toEqual([true, undefined])
      return "done"
    })
    expect(result).toBe("done")
    const lock = (await here.try(name, { ttl: "900ms" }))!
    await lock.extend("10s")
    await Bun.sleep(1_000)
    expect([lock.isHeld, await there.try(name)]).toEqual([true, undefined])
    await lock.release()
  })
  test("refuse what was done when the lock was lost meanwhile", async () => {
    const { here, name } = stage
    const error = await here
      .with(name, { ttl: "60ms" }, async () => {
        const until = performance.now() + 120
        while (performance.now() < until); // nothing can be extended meanwhile
        return "done alone?"
      })
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: "CACHE_LOCK_LOST" })
  })
}

function describeStore(stage: Stage): void {
  test("give a hundred who try at once one holder", async () => {
    const { store, other, name } = stage
    const tries = Array.from({ length: 100 }, (_, at) =>
      (at % 2 ? store : other).attempt({ name, owner: `owner ${at}` }, 10_000),
    )
    const held = (await Promise.all(tries)).filter((attempt) => "fence" in attempt)
    expect(held).toHaveLength(1)
  })
  test("give the owner who asks again the same lock, and nobody else anything", async () => {
    const { store, other, name } = stage
    const [a, b, nobody] = ["a", "b", ""].map((owner) => ({ name, owner })) as never as readonly [Claim, Claim, Claim]
    const first = await store.attempt(a, 10_000)
    expect(await store.attempt(a, 20_000)).toEqual(first)
    const attempt = (await other.attempt(b, 10_000)) as { heldForMs: number }
    expect([attempt.heldForMs > 10_000, attempt.heldForMs <= 20_000]).toEqual([true, true])
    expect([await other.extend(b, 10), await other.release(b), await other.extend(nobody, 10)]).toEqual([
      false,
      false,
      false,
    ])
    expect([await other.extend(a, 10_000), await other.release(a), await store.release(a)]).toEqual([true, true, false])
  })
}
