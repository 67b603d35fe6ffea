import type { Services } from "@ashlar/core"
import { Db } from "./database.ts"
import { beginPulse } from "./pulse.ts"
import { Flows, Hooks, Jobs, Letters, Schedules, ShopFulfilment } from "./services.ts"
import { Settings } from "./settings.ts"

/** Whatever goes on behind the requests. */
export interface Work {
  /** Takes nothing new, and lets end what is under way. */
  stop(): Promise<void>
}

/** Begins to deliver webhooks, send mail, fulfil orders and write reports. In any number of processes, on any number of machines. */
export async function beginWork(services: Services): Promise<Work> {
  const { leaseMs } = (await services.get(Settings)).pace
  const [queue, flows] = [await services.get(Jobs), await services.get(Flows)]
  const jobs = [(await services.get(Hooks)).job, (await services.get(Letters)).job]
  const workers = [
    queue.work(jobs, { leaseMs, concurrency: 20 }),
    flows.work([await services.get(ShopFulfilment)], { leaseMs, concurrency: 20 }),
    await beginPulse(await services.get(Db), { queue, flows }),
  ]
  const scheduler = await services.get(Schedules)
  return {
    stop: async () => void (await Promise.all([scheduler.drain(), ...workers.map((worker) => worker.stop())])),
  }
}
