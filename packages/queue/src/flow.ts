import { QueueOptionInvalid } from "./errors.ts"
import type { JobItem } from "./job.ts"
import type { FlowNode } from "./queue.ts"
import type { NewBatch, NewJob } from "./store.ts"

const MAX_NODES = 1_000

export interface FlowPlan {
  /** Of the job that waits for all others. */
  readonly id: string
  /** Those that wait for none. */
  readonly jobs: readonly NewJob[]
  /** One for each that waits. */
  readonly batches: readonly NewBatch[]
}

interface Planning {
  readonly newId: () => string
  readonly write: (item: JobItem, place: Pick<NewJob, "batch" | "continues">) => Promise<NewJob>
  readonly keepMs: number
}

/**
 * A tree of jobs as batches: the children of each job are one, and the job is what follows it.
 *
 * @throws {QUEUE_OPTION_INVALID} for more than 1,000 jobs.
 */
export async function planFlow(flow: FlowNode, { newId, write, keepMs }: Planning): Promise<FlowPlan> {
  const jobs: NewJob[] = []
  const batches: NewBatch[] = []
  let root: NewJob | undefined
  // By hand, for a chain is a tree as deep as it is long.
  const rest: { node: FlowNode; batch: string | undefined }[] = [{ node: flow, batch: undefined }]
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const { node, batch } = next
    const children = node.children ?? []
    if (jobs.length + batches.length + rest.length + children.length > MAX_NODES)
      throw new QueueOptionInvalid(`Expected a flow to have at most ${MAX_NODES} jobs.`)
    const place = { ...(batch !== undefined && { batch }) }
    if (children.length === 0) {
      const job = await write(node.job, place)
      root ??= job
      jobs.push(job)
      continue
    }
    const id = newId()
    const job = await write(node.job, { ...place, continues: id })
    root ??= job
    const follows = node.onChildFailure === "continue" ? { end: job } : { success: job }
    batches.push({ id, total: children.length, ifFailed: "fail", keepMs, ...follows })
    for (const child of children) rest.push({ node: child, batch: id })
  }
  return { id: root!.id, jobs, batches }
}
