export { describeQueue, type QueueSuiteOptions } from "./queue-cases.ts"
export { describeQueueStore, type StoreSuiteOptions } from "./store-suite.ts"
