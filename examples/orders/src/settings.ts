import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Service, token } from "@ashlar/core"
import { createWebhookSecret } from "@ashlar/webhooks"

/** How long things take. Tests are in a hurry. */
export interface Pace {
  /** How long a job or a run is a worker's own without a word of it: after a crash it goes on elsewhere once that has passed. */
  readonly leaseMs: number
  /** How long the payment provider may take to answer. */
  readonly answerMs: number
  /** The first pause before it is asked again; twice as long each time. */
  readonly backoffMs: number
  /** How long a payment may stay undecided. */
  readonly decisionMs: number
  /** How long goods are picked from the shelves. */
  readonly pickingMs: number
  /** The pauses between the tries of a webhook; nothing: those that its senders agreed on. */
  readonly webhookRetryMs?: readonly number[]
}

export const PACE: Pace = {
  leaseMs: 15_000,
  answerMs: 5_000,
  backoffMs: 1_000,
  decisionMs: 15 * 60_000,
  pickingMs: 3_000,
}

export interface ShopSettings {
  /** `sqlite:…`, `postgres://…` or `mysql://…`: orders, stock, queue, runs, webhooks, schedules, all in one. */
  readonly databaseUrl: string
  /** Where reports are kept: `file:…`, `s3:…` or `memory:`. */
  readonly storageUrl: string
  /** `smtp://…`; `log:` and `memory:` send nothing. */
  readonly mailUrl: string
  /** Whom reports are sent to. */
  readonly reportsTo: string
  readonly paymentsUrl: string
  /** What the payment provider signs its webhooks with: `whsec_…`. */
  readonly paymentsSecret: string
  /** Whether webhooks may be sent over `http:` and into the own network: for tests and laptops. */
  readonly allowsLocalHooks: boolean
  readonly pace: Pace
}

/** Given by whoever starts the shop. */
export const Settings: Service<ShopSettings> = token<ShopSettings>("settings")

/** What the environment says. What it leaves out is in the folder: a SQLite file, reports, and a secret that was made up at the first start. */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Omit<ShopSettings, "paymentsUrl"> {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    databaseUrl: env.DATABASE_URL ?? `sqlite:${join(folder, "orders.db")}`,
    storageUrl: env.STORAGE_URL ?? `file:${join(folder, "files")}`,
    mailUrl: env.MAIL_URL ?? "log:",
    reportsTo: env.REPORTS_TO ?? "owner@shop.example",
    paymentsSecret: env.PAYMENTS_SECRET ?? keptSecret(join(folder, "payments-secret")),
    allowsLocalHooks: env.LOCAL_HOOKS === "true",
    pace: PACE,
  }
}

/** Of several processes that start at once, all take what the first wrote. */
function keptSecret(file: string): string {
  try {
    writeFileSync(file, createWebhookSecret(), { flag: "wx", mode: 0o600 })
  } catch (error) {
    if ((error as { code?: string }).code !== "EEXIST") throw error
  }
  return readFileSync(file, "utf8")
}
