import type { Worker } from "./worker.ts"

const FOR_EVER_MS = 2_147_483_647

/** A worker as a part of an app's lifecycle, whose time is the one that counts: what is not done by then is given back. */
export function workerPart(worker: Pick<Worker, "id" | "stop">, giveUp: () => void): ReturnType<Worker["part"]> {
  return {
    name: `worker ${worker.id}`,
    drain: async (signal) => {
      signal.addEventListener("abort", giveUp, { once: true })
      await worker.stop({ graceMs: FOR_EVER_MS })
    },
    stop: async () => void (await worker.stop({ graceMs: 0 })),
  }
}
