/** The counts of a batch, after one more of its jobs has ended. */
export interface BatchState {
  readonly total: number
  readonly completed: number
  readonly failed: number
  readonly ifFailed: "drop" | "fail"
}

/** Which jobs follow a batch. */
export type Follower = "success" | "failure" | "end"

/** What becomes of one that is still blocked. */
export interface FollowerStep {
  readonly follower: Follower
  readonly act: "release" | "drop" | "fail"
}

export function isSettled({ total, completed, failed }: BatchState): boolean {
  return completed + failed === total
}

/** What follows the end of one job of a batch. Steps for followers that are no longer blocked, or never were, are none. */
export function stepsAfter(batch: BatchState, ended: "completed" | "failed"): readonly FollowerStep[] {
  const steps: FollowerStep[] = []
  if (ended === "failed" && batch.failed === 1) steps.push({ follower: "failure", act: "release" })
  if (!isSettled(batch)) return steps
  if (batch.failed === 0) steps.push({ follower: "success", act: "release" })
  else steps.push({ follower: "success", act: batch.ifFailed })
  steps.push({ follower: "failure", act: "drop" }, { follower: "end", act: "release" })
  return steps
}
