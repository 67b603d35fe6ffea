import PQueue from "p-queue"
import { IN_FLIGHT, type OpenSubject, type QueueSubject } from "../subject.ts"

/** Runs functions, and keeps no jobs: neither written, nor checked, nor tried again. */
export const P_QUEUE: readonly QueueSubject[] = [{ engine: "memory", name: "p-queue", open }]

async function open(): Promise<OpenSubject> {
  const queue = new PQueue({ concurrency: IN_FLIGHT, autoStart: false })
  let onDone: () => void = () => undefined
  const run = async () => onDone()
  return {
    add: async () => void queue.add(run),
    async fill(payloads) {
      for (const _ of payloads) void queue.add(run)
    },
    async work(done) {
      onDone = done
      queue.start()
      return async () => {
        await queue.onIdle()
        queue.pause()
      }
    },
    close: async () => queue.clear(),
  }
}
