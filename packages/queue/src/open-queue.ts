import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { Core } from "./core.ts"
import { queueDrivers } from "./drivers/drivers.ts"
import { QueueUnsupported } from "./errors.ts"
import type { QueueGuarantees } from "./guarantees.ts"
import { LiveQueue } from "./live-queue.ts"
import type { Queue } from "./queue.ts"
import { planQueue, type QueueOptions } from "./queue-options.ts"
import type { QueueStore } from "./store.ts"

/**
 * Opens a queue: `memory:`, `sqlite:path`, `postgres://…`, `mysql://…`. The store is opened at the first use, or by `ready()`.
 *
 * @param url A store of your own is taken as well; the queue closes it.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING} {QUEUE_OPTION_INVALID}
 * @throws {QUEUE_UNSUPPORTED} when a store of your own does not promise what is needed.
 * @example
 * const queue = openQueue("sqlite:./app.db")
 * await queue.push(sendWelcome, { userId: "7" }, { delayMs: 60_000 })
 * const worker = queue.work([sendWelcome], { concurrency: 20 })
 */
export function openQueue(url: string | QueueStore, options: QueueOptions = {}): Queue {
  const plan = planQueue(options)
  const { needs = {} } = options
  if (typeof url !== "string") {
    checkNeeds(url.guarantees, needs)
    return new LiveQueue(plan.name, url.guarantees, new Core(plan, () => url))
  }
  queueDrivers.require(url, needs, "The queue") // a mistake in it should not wait
  const open = async () => {
    const openStore = await queueDrivers.open(url)
    const { name, pollMs, onError, clock } = plan
    return await openStore({ queue: name, pollMs, onError, ...(clock !== undefined && { clock }) })
  }
  return new LiveQueue(plan.name, queueGuarantees(url), new Core(plan, open))
}

/**
 * What a queue behind a URL promises, as data. Opens nothing.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN}
 */
export function queueGuarantees(url: string): QueueGuarantees {
  return queueDrivers.guarantees(url) as unknown as QueueGuarantees
}

function checkNeeds(guarantees: QueueGuarantees, needs: Guarantees): void {
  for (const [name, need] of Object.entries(needs)) {
    const given = (guarantees as unknown as Guarantees)[name]
    const isGiven = need === false || (need === true ? given === true : typeof given === "number" && given >= need)
    if (!isGiven) throw new QueueUnsupported(`The queue needs the guarantee "${name}", which its store does not give.`)
  }
}

/**
 * A queue as a service of an app: opened when it is first asked for, closed with the app.
 *
 * @example
 * export const Jobs = defineQueue(() => process.env.QUEUE_URL ?? "sqlite:./app.db")
 * const queue = await ctx.use(Jobs)
 */
export function defineQueue(
  url: (services: Services) => string | Promise<string>,
  {
    service = "queue",
    ...options
  }: QueueOptions & { /** For messages and health checks. Default: `queue`. */ readonly service?: string } = {},
): Service<Queue> {
  return defineService<Queue>({
    name: service,
    async open(services) {
      const queue = openQueue(await url(services), options)
      await queue.ready()
      return queue
    },
    close: (queue) => queue.close(),
    health: (queue) => queue.health(),
  })
}
