export { type ReadCloudEventsOptions, readCloudEvents } from "./read-cloud-events.ts"
export { type CloudEventMessage, type ContentMode, toHttp, toHttpBatch } from "./to-http.ts"
