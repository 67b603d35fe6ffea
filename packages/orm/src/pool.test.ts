import { expect, test } from "bun:test"
import type { Connection } from "./driver.ts"
import { OrmConnectFailed } from "./errors.ts"
import { Pool, type PoolOptions } from "./pool.ts"

/** Connections that count how many are open; the pool asks nothing else of them. */
function poolOf(options: Partial<PoolOptions> = {}) {
  const opened: { isUsable: boolean; isClosed: boolean }[] = []
  const connect = async () => {
    const one = {
      isUsable: true,
      isClosed: false,
      close: async () => {
        one.isClosed = true
      },
    }
    opened.push(one)
    return one as unknown as Connection
  }
  const all = { max: 2, acquireTimeoutMs: 50, maxWaiting: 10, idleTimeoutMs: 10_000, maxLifetimeMs: 10_000 }
  return { pool: new Pool({ ...all, connect, ...options }), opened }
}

test("a connection is used again, and one that is lost is not", async () => {
  const { pool, opened } = poolOf()
  const first = await pool.acquire()
  pool.release(first)
  expect(await pool.acquire()).toBe(first)
  opened[0]!.isUsable = false
  pool.release(first)
  expect(await pool.acquire()).not.toBe(first)
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([true, false])
})

test("one that is lost while nobody uses it is not given out", async () => {
  const { pool, opened } = poolOf({ max: 1 })
  pool.release(await pool.acquire())
  opened[0]!.isUsable = false
  const second = await pool.acquire()
  expect(second).toBe(opened[1] as unknown as Connection)
})

test("waiting callers are served in their order", async () => {
  const { pool } = poolOf({ max: 1 })
  const first = await pool.acquire()
  const order: number[] = []
  const waiting = [1, 2, 3].map(async (n) => {
    const one = await pool.acquire()
    order.push(n)
    pool.release(one)
  })
  pool.release(first)
  await Promise.all(waiting)
  expect(order).toEqual([1, 2, 3])
})

test("a connection that cannot be opened fails one caller, and the next tries again", async () => {
  let attempts = 0
  const { pool } = poolOf({
    max: 1,
    connect: async () => {
      attempts++
      throw new OrmConnectFailed()
    },
  })
  const outcomes = await Promise.allSettled([pool.acquire(), pool.acquire()])
  expect(outcomes.map((one) => (one as PromiseRejectedResult).reason.code)).toEqual([
    "ORM_CONNECT_FAILED",
    "ORM_CONNECT_FAILED",
  ])
  expect(attempts).toBe(2)
  expect(pool.status()).toMatchObject({ open: 0, idle: 0, waiting: 0, acquired: 0, opened: 0 })
})

test("a caller that is called off leaves the queue", async () => {
  const { pool } = poolOf({ max: 1 })
  const held = await pool.acquire()
  const controller = new AbortController()
  const waiting = Promise.resolve(pool.acquire(controller.signal))
  controller.abort("off")
  expect(await waiting.catch((reason) => reason)).toBe("off")
  expect(pool.status().waiting).toBe(0)
  pool.release(held)
  expect(pool.status()).toMatchObject({ open: 1, idle: 1, waiting: 0, acquired: 1, opened: 1, closed: 0 })
})

test("what is idle for too long, or too old, is closed", async () => {
  const idle = poolOf({ idleTimeoutMs: 10 })
  idle.pool.release(await idle.pool.acquire())
  while (!idle.opened[0]!.isClosed) await Bun.sleep(5)
  expect(idle.pool.status().open).toBe(0)
  const old = poolOf({ maxLifetimeMs: 5 })
  const one = await old.pool.acquire()
  await Bun.sleep(20)
  old.pool.release(one)
  expect(old.opened[0]!.isClosed).toBe(true)
})

test("closing waits for those who have a connection, and sends the others away", async () => {
  const { pool, opened } = poolOf({ max: 1 })
  const held = await pool.acquire()
  const waiting = Promise.resolve(pool.acquire()).catch((error) => error.code)
  let isClosed = false
  const closing = pool.close().then(() => {
    isClosed = true
  })
  expect(await waiting).toBe("ORM_CLOSED")
  expect(isClosed).toBe(false)
  pool.release(held)
  await closing
  expect(opened.every((one) => one.isClosed)).toBe(true)
  expect(() => pool.acquire()).toThrow(expect.objectContaining({ code: "ORM_CLOSED" }))
})
