import { type ManualClock, manualClock } from "@ashlar/core"
import { defineWorkflow, openWorkflows, type WorkflowContext, type Workflows, type WorkflowsOptions } from "../index.ts"
import type { AnyWorkflow } from "../workflow.ts"
import type { WorkflowWorker } from "../workflows.ts"
import { until } from "./databases.ts"

/** Workflows in the memory, for what is the same wherever they are kept. */
export interface Stage {
  readonly flows: Workflows
  readonly clock: ManualClock
  /** Code of a new deploy takes the place of the old. */
  readonly deploy: (...workflows: AnyWorkflow[]) => Promise<void>
  readonly inState: (id: string, state: string) => Promise<void>
}

const opened: Workflows[] = []

export function stage(options: WorkflowsOptions = {}): Stage {
  const clock = manualClock()
  const flows = openWorkflows("memory:", { clock, ...options })
  opened.push(flows)
  let worker: WorkflowWorker | undefined
  return {
    flows,
    clock,
    async deploy(...workflows) {
      await worker?.stop()
      worker = flows.work(workflows, { pollMs: 5 })
    },
    inState: (id, state) => until(async () => (await flows.get(id))?.state === state, `${id} to be ${state}`),
  }
}

/** Closes all that were opened: after each test. */
export async function closeStages(): Promise<void> {
  for (const one of opened.splice(0)) await one.close()
}

export function flow(
  run: (ctx: WorkflowContext) => unknown,
  version = 1,
): ReturnType<typeof defineWorkflow<undefined, unknown>> {
  return defineWorkflow("flow", { version }, run)
}
