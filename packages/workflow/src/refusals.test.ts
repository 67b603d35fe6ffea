import { afterEach, describe, expect, test } from "bun:test"
import { createContainer } from "@ashlar/core"
import { v } from "@ashlar/validation"
import {
  defineSignal,
  defineWorkflow,
  defineWorkflows,
  openWorkflows,
  type WorkflowContext,
  type Workflows,
} from "./index.ts"
import { closeStages, flow, stage } from "./testing/stage.ts"

afterEach(closeStages)

describe("what is refused", () => {
  const Amount = defineSignal("amount", v.integer())
  test.each<[string, (flows: Workflows, id: string) => unknown, string]>([
    [
      "an input that does not fit",
      (flows) =>
        flows.start(
          defineWorkflow("i", { input: v.integer() }, () => 1),
          "x" as never,
        ),
      "WORKFLOW_INPUT_INVALID",
    ],
    [
      "an input that is no JSON",
      (flows) =>
        flows.start(
          defineWorkflow("i", { input: v.unknown() }, () => 1),
          1n,
        ),
      "WORKFLOW_VALUE_INVALID",
    ],
    [
      "an input that is too large",
      (flows) =>
        flows.start(
          defineWorkflow("i", { input: v.unknown() }, () => 1),
          "x".repeat(300_000),
        ),
      "WORKFLOW_VALUE_TOO_LARGE",
    ],
    [
      "an id with spaces",
      (flows) =>
        flows.start(
          flow(() => 1),
          undefined,
          { id: "a b" },
        ),
      "WORKFLOW_OPTION_INVALID",
    ],
    [
      "a delay without end",
      (flows) =>
        flows.start(
          flow(() => 1),
          undefined,
          { delayMs: 1e15 },
        ),
      "WORKFLOW_OPTION_INVALID",
    ],
    ["a signal that does not fit", (flows, id) => flows.signal(id, Amount, "x" as never), "WORKFLOW_INPUT_INVALID"],
    ["a signal to nobody", (flows) => flows.signal("nobody", Amount, 1), "WORKFLOW_RUN_UNKNOWN"],
    ["the end of nobody", (flows) => flows.cancel("nobody"), "WORKFLOW_RUN_UNKNOWN"],
    ["to resume nobody", (flows) => flows.resume("nobody"), "WORKFLOW_RUN_UNKNOWN"],
    ["the result of nobody", (flows) => flows.result("nobody"), "WORKFLOW_RUN_UNKNOWN"],
    ["a result that does not come", (flows, id) => flows.result(id, { timeoutMs: 10 }), "WORKFLOW_WAIT_TIMEOUT"],
    ["a page without end", (flows) => flows.list({ limit: 1_001 }), "WORKFLOW_OPTION_INVALID"],
    ["a worker without workflows", (flows) => flows.work([]), "WORKFLOW_OPTION_INVALID"],
    ["two workflows of one name", (flows) => flows.work([flow(() => 1), flow(() => 2)]), "WORKFLOW_OPTION_INVALID"],
    ["a lease without time", (flows) => flows.work([flow(() => 1)], { leaseMs: 1 }), "WORKFLOW_OPTION_INVALID"],
    ["a version that is none", () => flow(() => 1, 0), "WORKFLOW_OPTION_INVALID"],
    ["a name with a #", () => defineWorkflow("a#2", {}, () => 1), "WORKFLOW_OPTION_INVALID"],
    ["bounds without bound", () => openWorkflows("memory:", { maxSteps: 1e9 }), "WORKFLOW_OPTION_INVALID"],
    [
      "a database that is not there",
      () => openWorkflows("postgres://user:hidden@127.0.0.1:1/d").ready(),
      "WORKFLOW_STORE_FAILED",
    ],
  ])("%s", async (_what, act, code) => {
    const { flows } = stage()
    const { id } = await flows.start(
      flow(() => 1),
      undefined,
    )
    const error = (await (async () => await act(flows, id))().catch((cause) => cause)) as {
      code: string
      message: string
    }
    expect([error.code, String(error.message).includes("hidden")]).toEqual([code, false])
  })
  test("more signals than may wait: WORKFLOW_SIGNALS_FULL", async () => {
    const { flows } = stage({ maxSignals: 2 })
    const { id } = await flows.start(
      flow(() => 1),
      undefined,
    )
    for (const at of [1, 2]) await flows.signal(id, "s", at)
    expect(await flows.signal(id, "s", 3).catch((error) => error)).toMatchObject({ code: "WORKFLOW_SIGNALS_FULL" })
  })
  test("names and times within a workflow that do not fit, as its own failure", async () => {
    const { flows, deploy } = stage()
    const wrong: ((ctx: WorkflowContext) => Promise<unknown>)[] = [
      async (ctx) => ctx.step("", () => 1),
      async (ctx) => ctx.step("a ", () => 1),
      async (ctx) => ctx.step("a", () => 1, { retries: -1 }),
      async (ctx) => ctx.sleep("a", -1),
      async (ctx) => ctx.sleepUntil("a", new Date(Number.NaN)),
      async (ctx) =>
        ctx.child(
          "a",
          defineWorkflow("i", { input: v.integer() }, () => 1),
          "x" as never,
        ),
    ]
    const one = defineWorkflow("flow", { input: v.integer() }, (ctx, at) => wrong[at]!(ctx))
    await deploy(one)
    const codes = []
    for (const at of wrong.keys()) {
      const { id } = await flows.start(one, at)
      codes.push(await flows.result(id).catch((error) => error.details.code))
    }
    expect(codes).toEqual([...Array(5).fill("WORKFLOW_OPTION_INVALID"), "WORKFLOW_CHILD_FAILED"])
  })
  test("anything once it is closed", async () => {
    const container = createContainer()
    const flows = await container.get(defineWorkflows(async () => "memory:"))
    await container.close()
    expect(await flows.list().catch((error) => error)).toMatchObject({ code: "WORKFLOW_STORE_FAILED" })
  })
})
