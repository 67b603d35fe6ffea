import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createTestingApp, type TestingApp } from "../testing-app.ts"
import { runCli } from "../testing-io.ts"

const NODE = `import { defineWorkflow, openWorkflows } from "@ashlar/workflow"
const order = defineWorkflow("order", {}, async (ctx) => {
  await ctx.step("reserve", () => 1, { undo: () => 1 })
  const paid = await ctx.waitFor("paid")
  if (paid.amount < 0) throw new RangeError("too little")
  return paid
})
const workflows = openWorkflows("sqlite:./app.db")
await workflows.start(order, undefined, { id: "order-1" })
await workflows.start(order, undefined, { id: "order-2" })
await workflows.start(order, undefined, { id: "order-3" })
let isChanged = false
const trip = defineWorkflow("trip", {}, async (ctx) => {
  if (!isChanged) await ctx.step("flight", () => 1, { undo: () => 1 })
  await ctx.waitFor("confirmed")
})
await workflows.start(trip, undefined, { id: "trip-1" })
const worker = workflows.work([order, trip], { pollMs: 20 })
await worker.idle()
isChanged = true
console.log("ready")
process.stdin.once("data", async () => { await workflows.close(); process.exit(0) })
`

describe("ashlar workflow", () => {
  let app: TestingApp
  let node: ReturnType<typeof startNode>
  const startNode = () =>
    Bun.spawn([process.execPath, "--no-install", "node.ts"], { cwd: app.folder, stdin: "pipe", stdout: "pipe" })
  const run = (args: readonly string[], options: Parameters<typeof runCli>[1] = {}) =>
    runCli(["workflow", ...args], { cwd: app.folder, ...options })
  /** What is shown of a run once it is in a state. */
  const shown = async (id: string, state: string, workflow = "order") => {
    for (let at = 0; at < 60; at++) {
      const { stdout } = await run(["show", id])
      if (stdout.startsWith(`${id}: ${workflow} 1, ${state}\n`)) return stdout
      await Bun.sleep(100)
    }
    return "never"
  }

  beforeAll(async () => {
    app = createTestingApp({ "ashlar.toml": '[database]\nurl = "sqlite:./app.db"\n', "node.ts": NODE })
    node = startNode()
    expect(new TextDecoder().decode((await node.stdout.getReader().read()).value)).toBe("ready\n")
  })
  afterAll(async () => {
    node.stdin.write("stop\n")
    node.stdin.flush()
    expect(await node.exited).toBe(0)
    app[Symbol.dispose]()
  })

  test("lists runs by what they are and where they are", async () => {
    const listed = await run(["list", "--state", "waiting"])
    expect([listed.exitCode, listed.stderr]).toEqual([0, ""])
    expect(listed.stdout).toMatch(/order-1 +order 1 +waiting +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/)
    const { runs } = (await run(["list", "--workflow", "order", "--limit", "2", "--json"])).json() as {
      runs: { id: string }[]
    }
    expect(runs.length).toBe(2)
    const after = await run(["list", "--after", runs[1]!.id])
    expect(after.stdout.match(/order-\d/g)?.length).toBe(1)
    expect((await run(["list", "--state", "failed"])).stdout).toBe("No runs.\n")
  })
  test("sends signals, and shows what came of it", async () => {
    const sent = await run(["signal", "order-1", "paid", "--value", '{"amount":40}', "--id", "once"])
    expect([sent.exitCode, sent.stdout]).toEqual([0, "paid was sent to order-1.\n"])
    const text = await shown("order-1", "completed")
    expect(text).toContain('output {"amount":40}')
    expect(text).toMatch(/reserve +step +done/)
    expect(text).toMatch(/paid +signal +done/)
    const wrong = await run(["signal", "order-2", "paid", "--value", "{amount"])
    expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("CLI_USAGE")])
    const late = await run(["signal", "order-1", "paid"])
    expect([late.exitCode, late.stderr]).toEqual([2, expect.stringContaining("WORKFLOW_RUN_ENDED")])
  })
  test("cancels only when it is told to, and shows what was undone", async () => {
    expect((await run(["cancel", "order-2"])).stderr).toContain("CLI_CONFIRMATION_NEEDED")
    const cancelled = await run(["cancel", "order-2", "--reason", "too\u001b[31m expensive", "--yes"])
    expect(cancelled.stdout).toBe("order-2 will end: a worker undoes what it did.\n")
    const text = await shown("order-2", "cancelled")
    expect(text).toMatch(/undo:reserve +undo +done/)
    expect([text.includes("WORKFLOW_CANCELLED: too"), text.includes("\u001b")]).toEqual([true, false])
    expect((await run(["cancel", "order-2", "--yes"])).stdout).toBe("order-2 had ended already.\n")
  })
  test("lists what cannot be undone, and lets it go on once it was undone by hand", async () => {
    await run(["cancel", "trip-1", "--reason", "too far", "--yes"])
    const text = await shown("trip-1", "stalled", "trip")
    expect(text).toMatch(/error +WORKFLOW_NONDETERMINISTIC: .*"flight"/)
    expect(text).toContain("undone for WORKFLOW_CANCELLED: too far")
    expect((await run(["list", "--state", "stalled"])).stdout).toMatch(/trip-1 +trip 1 +stalled/)
    const wrong = await run(["resume", "trip-1", "--undone", "hotel"])
    expect([wrong.exitCode, wrong.stderr]).toEqual([expect.any(Number), expect.stringContaining('got "hotel"')])
    expect((await run(["resume", "trip-1", "--undone", "flight"])).stdout).toBe("trip-1 goes on.\n")
    expect(await shown("trip-1", "cancelled", "trip")).toMatch(/undo:flight +undo +done/)
  })
  test("lets go on what is stalled, and knows what is not there", async () => {
    expect((await run(["resume", "order-3"])).stdout).toBe("order-3 is not stalled.\n")
    for (const command of [["show"], ["resume"], ["cancel", "--yes"]]) {
      const unknown = await run([command[0]!, "order-9", ...command.slice(1)])
      expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining("WORKFLOW_RUN_UNKNOWN")])
    }
  })
})
