import { AshlarError } from "@ashlar/core"
import { WorkflowRunUnknown } from "./errors.ts"
import { openWorkflows } from "./open-workflows.ts"
import type { RunState, Workflows } from "./workflows.ts"

/**
 * The program behind `ashlar workflow`: a process of its own, so that runs are read by the app's own packages. It speaks JSON with its
 * parent, and works on nothing: what is asked for is done by a worker of the app.
 */
export interface WorkflowRequest {
  readonly command: "list" | "show" | "cancel" | "resume" | "signal"
  readonly url: string
  readonly run?: string
  readonly workflow?: string
  readonly state?: RunState
  readonly limit?: number
  readonly after?: string
  readonly reason?: string
  readonly signal?: string
  readonly value?: unknown
  readonly signalId?: string
  /** Steps that were taken back by hand. */
  readonly undone?: readonly string[]
}

process.once("message", async (request: WorkflowRequest) => {
  const answer = await answerRequest(request).then(
    (value) => ({ type: "done", value }),
    (error) => ({ type: "failed", error: describe(error) }),
  )
  process.send?.(answer, () => process.exit(0))
})
process.once("disconnect", () => process.exit(0))
process.send?.({ type: "ready" })

async function answerRequest(request: WorkflowRequest): Promise<unknown> {
  const workflows = openWorkflows(request.url)
  try {
    return await ask(workflows, request)
  } finally {
    await workflows.close()
  }
}

async function ask(workflows: Workflows, request: WorkflowRequest): Promise<unknown> {
  const { command, run = "", workflow, state, limit, after, reason, signal = "", value, signalId, undone } = request
  if (command === "list")
    return {
      runs: await workflows.list({
        ...(workflow !== undefined && { workflow }),
        ...(state !== undefined && { state }),
        ...(limit !== undefined && { limit }),
        ...(after !== undefined && { after }),
      }),
    }
  if (command === "show") {
    const found = await workflows.get(run)
    if (found === undefined) throw new WorkflowRunUnknown()
    return { run: found, steps: await workflows.history(run) }
  }
  if (command === "cancel") return { run, isChanged: await workflows.cancel(run, reason) }
  if (command === "resume")
    return { run, isChanged: await workflows.resume(run, undone === undefined ? {} : { undone }) }
  await workflows.signal(run, signal, value, signalId === undefined ? {} : { id: signalId })
  return { run, signal }
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof AshlarError))
    return { code: "INTERNAL", message: error instanceof Error ? error.message : String(error) }
  const { code, message, cause } = error
  // The database's own words: whoever sits at the terminal may read them.
  const reason = cause instanceof Error && !message.includes(cause.message) ? ` (${cause.message})` : ""
  return { code, message: `${message}${reason}` }
}
