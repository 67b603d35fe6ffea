export {
  defineQueuedListener,
  type QueuedEvent,
  type QueuedHandler,
  type QueuedListener,
  type QueuedListenerOptions,
} from "./queued-listener.ts"
