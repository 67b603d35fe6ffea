export type { MailQueue, MailQueueOptions, QueuedAttachment, QueuedMessage, QueuedSender } from "./mail-queue.ts"
export { createMailQueue } from "./mail-queue.ts"
