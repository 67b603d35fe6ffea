import { defineService, type Service } from "@ashlar/core"
import { defineIdempotency, type Idempotency } from "@ashlar/idempotency"
import { defineMail, type Mail } from "@ashlar/mail"
import { createMailQueue, type MailQueue } from "@ashlar/mail/queue"
import { defineQueue, type Queue } from "@ashlar/queue"
import { defineScheduler, type Scheduler } from "@ashlar/scheduler"
import { defineStorage, type Storage } from "@ashlar/storage"
import { defineWebhooks, type Webhooks } from "@ashlar/webhooks/sending"
import { defineWorkflows, type Workflows } from "@ashlar/workflow"
import { Db } from "./database.ts"
import { createFulfilment, type Fulfilment } from "./fulfilment.ts"
import { Notices } from "./notices.ts"
import { Ops } from "./ops.ts"
import type { Desk } from "./orders.ts"
import { Payments } from "./payments.ts"
import { dailyReport } from "./reports.ts"
import { Settings, type ShopSettings } from "./settings.ts"

type Get = { get<T>(service: Service<T>): Promise<T> }

const from = (setting: keyof ShopSettings) => async (services: Get) => (await services.get(Settings))[setting] as string
/** One database for all: what belongs together is committed together. */
const database = from("databaseUrl")

export const Jobs: Service<Queue> = defineQueue(database)
export const Flows: Service<Workflows> = defineWorkflows(database)
export const Keys: Service<Idempotency> = defineIdempotency(database)
export const ReportFiles: Service<Storage> = defineStorage(from("storageUrl"))
export const ShopMail: Service<Mail> = defineMail(from("mailUrl"), { from: "The Shop <orders@shop.example>" })

export const Hooks: Service<Webhooks> = defineWebhooks(async (services) => {
  const { databaseUrl: url, allowsLocalHooks, pace } = await services.get(Settings)
  return {
    url,
    queue: await services.get(Jobs),
    ...(allowsLocalHooks && { allowsHttp: true, allowsAddress: () => true }),
    ...(pace.webhookRetryMs !== undefined && { retryMs: pace.webhookRetryMs }),
  }
})

export const Letters: Service<MailQueue> = defineService({
  name: "letters",
  open: async (services) =>
    createMailQueue({
      queue: await services.get(Jobs),
      mail: await services.get(ShopMail),
      storages: { reports: await services.get(ReportFiles) },
    }),
})

export const ShopNotices: Service<Notices> = defineService({
  name: "notices",
  open: async (services) => new Notices(await services.get(Hooks), await services.get(Letters)),
})

export const ShopFulfilment: Service<Fulfilment> = defineService({
  name: "fulfilment",
  async open(services) {
    const { paymentsUrl, pace } = await services.get(Settings)
    const payments = new Payments(paymentsUrl, pace.answerMs)
    return createFulfilment({ payments, notices: await services.get(ShopNotices) }, pace)
  },
})

/** What taking an order needs. */
export const ShopDesk: Service<Desk> = defineService({
  name: "desk",
  open: async (services) => ({
    db: await services.get(Db),
    flows: await services.get(Flows),
    fulfilment: await services.get(ShopFulfilment),
    notices: await services.get(ShopNotices),
  }),
})

export const ShopOps: Service<Ops> = defineService({
  name: "ops",
  open: async (services) =>
    new Ops({
      db: await services.get(Db),
      queue: await services.get(Jobs),
      flows: await services.get(Flows),
      hooks: await services.get(Hooks),
    }),
})

/** Starts when it is opened: only those who work ask for it. */
export const Schedules: Service<Scheduler> = defineScheduler(database, async (services) => [
  dailyReport({
    db: await services.get(Db),
    storage: await services.get(ReportFiles),
    letters: await services.get(Letters),
    reportsTo: (await services.get(Settings)).reportsTo,
  }),
])
