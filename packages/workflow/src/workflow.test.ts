import { afterEach, describe, expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { v } from "@ashlar/validation"
import { defineSignal, defineWorkflow, openWorkflows, type Workflows, type WorkflowsOptions } from "./index.ts"
import { testDatabases, until } from "./testing/databases.ts"
import type { AnyWorkflow } from "./workflow.ts"
import type { WorkerOptions } from "./workflows.ts"

const databases = [["memory", "memory:"] as const, ...(await testDatabases())]
const opened: Workflows[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
interface Stage {
  readonly flows: Workflows
  readonly clock: ManualClock
}
function stage(url: string, workflows: readonly AnyWorkflow[], options: WorkflowsOptions & WorkerOptions = {}): Stage {
  const clock = manualClock(Date.now())
  const { concurrency = 20, leaseMs = 30_000, ...rest } = options
  const flows = openWorkflows(url, { clock, ...rest })
  opened.push(flows)
  if (workflows.length > 0) flows.work(workflows, { pollMs: 5, concurrency, leaseMs })
  return { flows, clock }
}
let names = 0
/** A name of this case's own, for databases that several cases share. */
const named = (name: string) => `${name} ${++names} ${crypto.randomUUID().slice(0, 8)}`
const inState = (flows: Workflows, id: string, state: string) =>
  until(async () => (await flows.get(id))?.state === state, `${id} to be ${state}`)
const Paid = defineSignal("paid", v.object({ amount: v.integer() }))

describe.each(databases)("a workflow in %s", (_database, url) => {
  test("does each step once, whatever wakes it, and gives its output", async () => {
    const done: string[] = []
    const order = defineWorkflow(named("order"), { input: v.object({ item: v.string() }) }, async (ctx, { item }) => {
      const a = await ctx.step("a", () => {
        done.push(`a ${item}`)
        return { n: 1, at: new Date(0) }
      })
      await ctx.sleep("a day", 86_400_000)
      const [b, c] = await Promise.all([
        ctx.step("b", () => done.push("b")),
        ctx.step("c", async ({ idempotencyKey, attempt }) => {
          done.push("c")
          return { idempotencyKey, attempt }
        }),
      ])
      const paid = await ctx.waitFor(Paid)
      return { a, b, c, paid, undone: undefined }
    })
    const { flows, clock } = stage(url, [order])
    const { id, isNew } = await flows.start(order, { item: "é" })
    await inState(flows, id, "sleeping")
    clock.advance(86_399_999)
    await Bun.sleep(50)
    expect([isNew, done, (await flows.get(id))?.state]).toEqual([true, ["a é"], "sleeping"])
    clock.advance(1)
    await inState(flows, id, "waiting")
    await flows.signal(id, Paid, { amount: 7 })
    const c = { idempotencyKey: `${id}:c`, attempt: 1 }
    const output = { a: { n: 1, at: "1970-01-01T00:00:00.000Z" }, b: 2, c, paid: { amount: 7 } }
    expect(await flows.result(id)).toEqual(output)
    expect(done.toSorted()).toEqual(["a é", "b", "c"])
    const run = (await flows.get(id))!
    expect(run).toMatchObject({ state: "completed", input: { item: "é" }, output, version: 1, parent: undefined })
    const history = await flows.history(id)
    expect(history.map(({ name, kind, state }) => [name, kind, state])).toEqual([
      ["a", "step", "done"],
      ["a day", "sleep", "done"],
      ["b", "step", "done"],
      ["c", "step", "done"],
      ["paid", "signal", "done"],
    ])
  })
  test("keeps a step and its effect in one transaction", async () => {
    if (url === "memory:") return
    const database = await openDatabase(url)
    const table = `effects_${crypto.randomUUID().replaceAll("-", "").slice(0, 10)}`
    const { sql } = await import("@ashlar/orm")
    const name = sql.id(table)
    await database.sql`create table ${name} (id integer primary key)`.run()
    let tries = 0
    const flow = defineWorkflow(named("bound"), {}, async (ctx) => {
      const first = await ctx.transaction(
        "insert",
        async (tx) => {
          await tx.sql`insert into ${name} (id) values (${++tries})`.run()
          if (tries < 3) throw new RangeError("not yet")
          return tries
        },
        { backoffMs: 0 },
      )
      await ctx
        .transaction("twice", (tx) => tx.sql`insert into ${name} (id) values (3)`.run().then(() => null), {
          retries: 0,
        })
        .catch(() => undefined)
      return first
    })
    const { flows } = stage(url, [flow])
    const { id } = await flows.start(flow, undefined)
    expect(await flows.result(id)).toBe(3)
    expect(await database.sql`select id from ${name}`.all()).toEqual([{ id: 3 }])
    const [insert, twice] = await flows.history(id)
    expect([insert, twice]).toMatchObject([
      { state: "done", attempts: 3 },
      { state: "failed", error: { code: "ORM_UNIQUE_VIOLATION" } },
    ])
    await database.close()
  })
  test("starts once for one id, and with its row or not at all", async () => {
    const ran: string[] = []
    const flow = defineWorkflow(
      named("once"),
      { input: v.string() },
      (ctx, input) => void ran.push(`${ctx.runId} ${input}`),
    )
    const { flows } = stage(url, [flow])
    const id = `own-${crypto.randomUUID()}`
    const started = await Promise.all(Array.from({ length: 5 }, (_, at) => flows.start(flow, `${at}`, { id })))
    expect([started.filter(({ isNew }) => isNew).length, new Set(started.map((one) => one.id))]).toEqual([
      1,
      new Set([id]),
    ])
    await flows.result(id)
    expect(ran.length).toBe(1)
    const upper = await flows.start(flow, "other", { id: id.toUpperCase() })
    expect(upper.isNew).toBe(true)
    if (url === "memory:") return
    const database = await openDatabase(url)
    const [kept, undone] = [`${id}-kept`, `${id}-undone`]
    await database.transaction((tx) => flows.in(tx).start(flow, "in", { id: kept }))
    await database
      .transaction(async () => {
        await flows.start(flow, "in", { id: undone })
        throw new RangeError("undone")
      })
      .catch(() => undefined)
    await flows.result(kept)
    expect(await flows.get(undone)).toBe(undefined)
    await database.close()
  })
  test("takes signals in their order, also those that came early, each by one wait", async () => {
    const flow = defineWorkflow(named("signals"), {}, async (ctx) => {
      await ctx.sleep("first", 1_000)
      const two = [await ctx.waitFor("s"), await ctx.waitFor("s")]
      const none = await ctx.waitFor(Paid, { timeoutMs: 5_000 })
      const later = await ctx.waitFor("s", { timeoutMs: 5_000 })
      return { two, none: none === undefined, later }
    })
    const { flows, clock } = stage(url, [flow])
    const { id } = await flows.start(flow, undefined)
    await inState(flows, id, "sleeping")
    await flows.signal(id, "s", 1, { id: "one" })
    await flows.signal(id, "s", 1, { id: "one" })
    clock.advance(1)
    await flows.signal(id, "s", undefined)
    clock.advance(1_000)
    await until(async () => (await flows.history(id)).length === 4, "the wait for paid")
    clock.advance(5_001)
    await until(async () => (await flows.history(id)).length === 5, "the last wait")
    await flows.signal(id, "s", "late")
    expect(await flows.result(id)).toEqual({ two: [1, null], none: true, later: "late" })
    expect(await flows.signal(id, "s", 1).catch((error) => error)).toMatchObject({ code: "WORKFLOW_RUN_ENDED" })
  })
  test("undoes what it did, the last first and each once, when it fails", async () => {
    const done: string[] = []
    let refunds = 0
    const flow = defineWorkflow(named("saga"), {}, async (ctx) => {
      await ctx.step("a", () => done.push("a"), { undo: (n) => void done.push(`undo a ${n}`) })
      await Promise.all([
        ctx.step("b", () => done.push("b"), { undo: () => void done.push("undo b") }),
        ctx.step(
          "b",
          async () => {
            await Bun.sleep(20)
            return done.push("b2")
          },
          {
            undo: (_n, { attempt, idempotencyKey }) => {
              if (++refunds < 3) throw new RangeError("not yet")
              done.push(`undo b2 ${attempt} ${idempotencyKey.split(":").at(-1)}`)
            },
          },
        ),
      ])
      await ctx.sleep("a while", 1_000)
      await ctx.step("no undo", () => done.push("no undo"))
      await ctx.step("c", () => Promise.reject(new RangeError("sold out")), {
        retries: 1,
        backoffMs: 10,
        undo: () => void done.push("undo c"),
      })
    })
    const { flows, clock } = stage(url, [flow])
    const { id } = await flows.start(flow, undefined)
    await inState(flows, id, "sleeping")
    clock.advance(1_000)
    await until(async () => {
      clock.advance(2_000)
      return (await flows.get(id))?.state === "failed"
    }, "it to fail")
    expect(done).toEqual(["a", "b", "b2", "no undo", "undo b2 3 b#2", "undo b", "undo a 1"])
    expect(await flows.result(id).catch((error) => error)).toMatchObject({
      code: "WORKFLOW_FAILED",
      details: { state: "failed", code: "WORKFLOW_STEP_FAILED" },
    })
    expect(
      (await flows.history(id)).filter(({ kind }) => kind === "undo").map(({ name, state }) => [name, state]),
    ).toEqual([
      ["undo:b#2", "done"],
      ["undo:b", "done"],
      ["undo:a", "done"],
    ])
  })
  test("that is not undone for good is listed, and resumed where it stood", async () => {
    const done: string[] = []
    let isClosed = true
    const flow = defineWorkflow(named("hindered"), {}, async (ctx) => {
      for (const name of ["a", "b", "c"])
        await ctx.transaction(name, () => done.push(name), {
          undo: () => {
            if (name !== "a" && isClosed) throw new RangeError("the bank is closed")
            done.push(`undo ${name}`)
          },
        })
      await ctx.waitFor("never")
    })
    const { flows, clock } = stage(url, [flow])
    const { id } = await flows.start(flow, undefined)
    await inState(flows, id, "waiting")
    await flows.cancel(id, "too expensive")
    await until(async () => {
      const { state, dueAt } = (await flows.get(id))!
      if (dueAt !== undefined && dueAt.getTime() > clock.now()) clock.advance(3_600_000) // no worker has it
      return state === "stalled"
    }, "it to be stalled")
    const [listed] = await flows.list({ state: "stalled", workflow: flow.name })
    expect([listed?.id, listed?.error?.code, listed?.error?.cause?.message]).toEqual([
      id,
      "WORKFLOW_UNDO_FAILED",
      "too expensive",
    ])
    isClosed = false
    expect(await flows.resume(id, { undone: ["c"] })).toBe(true)
    await inState(flows, id, "cancelled")
    expect(done).toEqual(["a", "b", "c", "undo a", "undo b"])
    expect((await flows.get(id))?.error).toEqual({ code: "WORKFLOW_CANCELLED", message: "too expensive" })
  })
  test("is cancelled with its children, and undone", async () => {
    const done: string[] = []
    const child = defineWorkflow(named("child"), {}, async (ctx) => {
      await ctx.step("c", () => done.push("c"), { undo: () => void done.push("undo c") })
      await ctx.waitFor("never")
    })
    const flow = defineWorkflow(named("parent"), {}, async (ctx) => {
      await ctx.step("p", () => done.push("p"), { undo: () => void done.push("undo p") })
      try {
        await ctx.child("child", child, undefined)
      } finally {
        done.push("never said: nobody waits for this code any more")
      }
    })
    const { flows } = stage(url, [flow, child])
    const { id } = await flows.start(flow, undefined)
    await until(async () => (await flows.get(`${id}/child`))?.state === "waiting", "the child to wait")
    expect(await flows.cancel(id, "no more money")).toBe(true)
    await inState(flows, id, "cancelled")
    await inState(flows, `${id}/child`, "cancelled")
    expect(done.toSorted()).toEqual(["c", "p", "undo c", "undo p"])
    expect((await flows.get(id))?.error).toEqual({ code: "WORKFLOW_CANCELLED", message: "no more money" })
    expect((await flows.get(`${id}/child`))?.parent).toBe(id)
    expect(await flows.cancel(id)).toBe(false)
  })
  test("waits for its children, and is told how they ended", async () => {
    const child = defineWorkflow(named("child"), { input: v.integer() }, async (ctx, n) => {
      await ctx.sleep("a while", 1_000)
      if (n < 0) throw new RangeError("negative")
      return n * 2
    })
    const flow = defineWorkflow(named("parent"), {}, async (ctx) => {
      const sums = await Promise.all([1, 2, 3].map((n) => ctx.child("double", child, n)))
      const failed = await ctx.child("bad", child, -1, { id: `${ctx.runId}-bad` }).catch((error) => error)
      return { sums, code: failed.code, inner: failed.details }
    })
    const { flows, clock } = stage(url, [flow, child])
    const { id } = await flows.start(flow, undefined)
    await until(async () => {
      clock.advance(1_000)
      return (await flows.get(id))?.state === "completed"
    }, "all to end")
    expect(await flows.result(id)).toMatchObject({
      sums: [2, 4, 6],
      code: "WORKFLOW_CHILD_FAILED",
      inner: { message: "negative" },
    })
    expect((await flows.get(`${id}-bad`))?.state).toBe("failed")
  })
  test("has its time, and not more, and is then undone: WORKFLOW_DEADLINE", async () => {
    const done: string[] = []
    const flow = defineWorkflow(named("slow"), { timeoutMs: 10_000 }, async (ctx) => {
      await ctx.step("a", () => done.push("a"), { undo: () => void done.push("undo a") })
      await ctx.waitFor("never")
    })
    const { flows, clock } = stage(url, [flow])
    const { id } = await flows.start(flow, undefined, { delayMs: 1_000 })
    clock.advance(1_000)
    await inState(flows, id, "waiting")
    clock.advance(9_999)
    await Bun.sleep(30)
    expect((await flows.get(id))?.state).toBe("waiting")
    clock.advance(1)
    await inState(flows, id, "failed")
    expect([done, (await flows.get(id))?.error?.code]).toEqual([["a", "undo a"], "WORKFLOW_DEADLINE"])
  })
  test("is run by one worker at a time, of many", async () => {
    const inside = new Map<string, number>()
    const seen: string[] = []
    const flow = defineWorkflow(named("many"), {}, async (ctx) => {
      for (let at = 0; at < 3; at++) {
        await ctx.step("s", async () => {
          inside.set(ctx.runId, (inside.get(ctx.runId) ?? 0) + 1)
          expect(inside.get(ctx.runId)).toBe(1)
          await Bun.sleep(2)
          inside.set(ctx.runId, inside.get(ctx.runId)! - 1)
          seen.push(`${ctx.runId} ${at}`)
        })
        await ctx.sleep("zero", 0)
      }
    })
    const { flows } = stage(url, [flow])
    flows.work([flow], { pollMs: 3 })
    flows.work([flow], { pollMs: 2, concurrency: 3 })
    const ids = await Promise.all(Array.from({ length: 20 }, () => flows.start(flow, undefined)))
    for (const { id } of ids) await flows.result(id)
    expect([seen.length, new Set(seen).size]).toEqual([60, 60])
  })
  test("is listed by what it is and where it is, and taken away when it is old", async () => {
    const flow = defineWorkflow(named("listed"), {}, () => "done")
    const { flows, clock } = stage(url, [], { keepMs: 1_000 })
    const ids: string[] = []
    for (let at = 0; at < 3; at++) {
      ids.unshift((await flows.start(flow, undefined)).id)
      clock.advance(1)
    }
    const found = async (listing: object) => (await flows.list({ workflow: flow.name, ...listing })).map(({ id }) => id)
    expect(await found({})).toEqual(ids)
    expect([await found({ limit: 1 }), await found({ after: ids[0]! }), await found({ state: "completed" })]).toEqual([
      [ids[0]!],
      ids.slice(1),
      [],
    ])
    const worker = flows.work([flow], { pollMs: 5 })
    for (const id of ids) await flows.result(id)
    expect((await found({ state: "completed" })).length).toBe(3)
    clock.advance(1_001)
    await until(async () => {
      await flows.sweep()
      return (await found({})).length === 0
    }, "them to be gone")
    await worker.stop()
  })
})
