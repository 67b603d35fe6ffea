/**
 * Works on workflows that note each of their effects, and dies at the n-th boundary: before and after everything that is written, and
 * after every effect. Says how many there were when it lives to the end.
 */
import { openDatabase } from "@ashlar/orm"
import { type AnyWorkflow, defineWorkflow, openWorkflows, type WorkflowContext } from "../index.ts"
import { Store } from "../store.ts"

const { url, names, dieAt, isLater } = JSON.parse(process.argv[2] ?? "{}") as {
  url: string
  /** Of each workflow, which is also the id of its one run. Those that do not end with `completes` fail at their end. */
  names: string[]
  /** 0: never. */
  dieAt: number
  /** In the time when all leases of the dead are over. */
  isLater: boolean
}

let boundaries = 0
function boundary(): void {
  if (++boundaries === dieAt) process.kill(process.pid, "SIGKILL")
}
const own = Store.prototype.own
Store.prototype.own = async function counted<T>(this: Store, work: Parameters<Store["own"]>[0]): Promise<T> {
  boundary()
  const result = await own.call(this, work)
  boundary()
  return result as T
}

/** What undoes "left" in runs that end with `sticks` fails for good, until it is later. */
const isHindered = (name: string, what: string) => !isLater && name.endsWith("sticks") && what === "left"

/** Another pool, as another service would be. */
const outside = await openDatabase(`${url}${url.includes("?") ? "&" : "?"}acquireTimeoutMs=20000`)
/** Longer than all that those who died had waited for. */
let aheadMs = isLater ? 100 * 3_600_000 : 0
const clock = { now: () => Date.now() + aheadMs }

function free(ctx: WorkflowContext, name: string): Promise<string> {
  const call = async (key: string) => {
    await outside.sql`insert into calls (run, idem) values (${ctx.runId}, ${key})`.run()
    boundary()
    return key
  }
  return ctx.step(name, ({ idempotencyKey }) => call(idempotencyKey), {
    backoffMs: 0,
    undo: async (_result, { idempotencyKey }) => void (await call(idempotencyKey)),
  })
}
function bound(ctx: WorkflowContext, name: string): Promise<null> {
  return ctx.transaction(
    name,
    async (tx) => {
      await tx.sql`insert into effects (run, what) values (${ctx.runId}, ${name})`.run()
      boundary()
      return null
    },
    {
      backoffMs: 0,
      undo: async (tx) => {
        await tx.sql`insert into effects (run, what) values (${ctx.runId}, ${`undo ${name}`})`.run()
        boundary()
        if (isHindered(ctx.runId, name)) throw new RangeError("the bank is closed")
      },
    },
  )
}

const workflows: AnyWorkflow[] = names.flatMap((name) => {
  const child = defineWorkflow(`${name}-child`, {}, async (ctx) => {
    await bound(ctx, "in child")
    return "child done"
  })
  const flow = defineWorkflow(name, {}, async (ctx) => {
    await bound(ctx, "first")
    const key = await free(ctx, "call")
    await ctx.sleep("pause", 1)
    const said = await ctx.waitFor("go")
    const both = await Promise.all([bound(ctx, "left"), bound(ctx, "right")])
    const answer = await ctx.child("child", child, undefined, { id: `${name}-child` })
    await bound(ctx, "last")
    if (!name.endsWith("completes")) throw new RangeError("the end")
    return { key, said, both, answer }
  })
  return [flow, child]
})
const flows = openWorkflows(url, { clock })
for (const [at, name] of names.entries()) {
  const { isNew } = await flows.start(workflows[2 * at] as never, undefined as never, { id: name })
  if (isNew || isLater)
    await flows.signal(name, "go", "went", { id: "go" }).catch((error: { code: string }) => {
      if (error.code !== "WORKFLOW_RUN_ENDED") throw error
    })
}
boundaries = 0
const worker = flows.work(workflows, { pollMs: 5, leaseMs: 600_000, concurrency: 4 })
for (const name of names) {
  if (isLater) await flows.resume(name)
  else if (name.endsWith("sticks"))
    while ((await flows.get(name))?.state !== "stalled") {
      await worker.idle() // it is in no hand: no lease is shortened
      if ((await flows.get(name))?.state === "undoing") aheadMs += 3_600_000
    }
  if (isLater || !name.endsWith("sticks"))
    await flows.result(name, { timeoutMs: 120_000 }).catch((error: { code: string }) => {
      if (error.code !== "WORKFLOW_FAILED") throw error
    })
}
await worker.idle()
console.log(JSON.stringify({ boundaries }))
process.exit(0)
