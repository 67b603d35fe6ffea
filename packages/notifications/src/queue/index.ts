export type { NotificationQueue, NotificationQueueOptions, QueuedNotifier } from "./notification-queue.ts"
export { createNotificationQueue } from "./notification-queue.ts"
