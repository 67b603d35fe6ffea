export type { Backoff, ExponentialBackoff } from "./backoff.ts"
export {
  QueueChildFailed,
  QueueClosed,
  QueueFull,
  QueueInputInvalid,
  QueueJobLost,
  QueueJobRejected,
  QueueJobStalled,
  QueueJobTimeout,
  QueueOptionInvalid,
  QueueOutputInvalid,
  QueuePayloadTooLarge,
  QueueStoreFailed,
  QueueTransactionForeign,
  QueueUnsupported,
  QueueWorkerStopped,
} from "./errors.ts"
export type { JobEvent, QueueEvents } from "./events.ts"
export type { JobFailure } from "./failure.ts"
export type { QueueFeature, QueueGuarantees } from "./guarantees.ts"
export {
  type AnyHandledJob,
  defineJob,
  type HandledJob,
  handleJob,
  type Job,
  type JobItem,
  type PushArguments,
} from "./job.ts"
export type { ChildResult, JobContext } from "./job-context.ts"
export type { JobOptions, JobSettings } from "./job-options.ts"
export type { Histogram, JobMetrics, QueueMetrics } from "./metrics.ts"
export { defineQueue, openQueue, queueGuarantees } from "./open-queue.ts"
export type { PushOptions } from "./push-options.ts"
export type {
  BatchOptions,
  FlowNode,
  JobChoice,
  JobListing,
  JobPusher,
  JobStatus,
  Pushed,
  Queue,
} from "./queue.ts"
export type { QueueOptions } from "./queue-options.ts"
export type {
  Added,
  BatchCounts,
  ChildOutcome,
  ClaimedJob,
  ClaimLane,
  ClaimRequest,
  JobSelection,
  JobSink,
  JobState,
  LaneCounts,
  ListRequest,
  MaybePromise,
  NewBatch,
  NewJob,
  OpenStore,
  Outcome,
  QueueStore,
  RateRule,
  StoredJob,
  StoreSettings,
  UniqueRule,
} from "./store.ts"
export type { StopOptions, Worker, WorkerOptions, WorkerStopReport } from "./worker.ts"
