export { type JobToPush, scheduleJob } from "./schedule-job.ts"
