import { createDrivers, type Driver, type Drivers, defineDriver, type StandardSchemaV1 } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { MailTransport } from "../transport.ts"
import type { ProviderOptions } from "./provider-url.ts"

/** What a provider that is asked by HTTP is told in its URL. */
const provider: { readonly [K in keyof ProviderOptions]: StandardSchemaV1<unknown, ProviderOptions[K]> } = {
  endpoint: v.string().min(1).max(2_000).optional(),
  timeoutMs: v.integer().min(100).max(300_000).default(20_000),
}
const kept = { keep: v.integer().min(1).max(10_000).default(200) }

const memory: Driver<MailTransport> = defineDriver<MailTransport>()({
  schemes: ["memory", "log"],
  options: kept,
  guarantees: { delivers: false, idempotent: false, reportsRecipients: false, preview: true },
  load: () => import("./memory.ts"),
})

const smtp: Driver<MailTransport> = defineDriver<MailTransport>()({
  schemes: ["smtp", "smtps"],
  options: {
    tls: v.enum(["required", "opportunistic", "off"]).default("required"),
    caFile: v.string().min(1).max(1_000).optional(),
    connections: v.integer().min(1).max(50).default(3),
    connectTimeoutMs: v.integer().min(100).max(120_000).default(10_000),
    timeoutMs: v.integer().min(100).max(600_000).default(60_000),
    name: v.string().min(1).max(253).optional(),
  },
  guarantees: { delivers: true, idempotent: false, reportsRecipients: true, preview: false },
  package: "nodemailer@10.6.1",
  load: () => import("./smtp.ts"),
})

const sendgrid: Driver<MailTransport> = defineDriver<MailTransport>()({
  schemes: ["sendgrid"],
  options: provider,
  guarantees: { delivers: true, idempotent: false, reportsRecipients: false, preview: false },
  load: () => import("./sendgrid.ts"),
})

const mailgun: Driver<MailTransport> = defineDriver<MailTransport>()({
  schemes: ["mailgun"],
  options: { ...provider, region: v.enum(["us", "eu"]).default("us") },
  guarantees: { delivers: true, idempotent: false, reportsRecipients: false, preview: false },
  load: () => import("./mailgun.ts"),
})

const ses: Driver<MailTransport> = defineDriver<MailTransport>()({
  schemes: ["ses"],
  options: { ...provider, region: v.string().min(1).max(40).default("us-east-1") },
  guarantees: { delivers: true, idempotent: false, reportsRecipients: false, preview: false },
  package: "nodemailer@10.6.1",
  load: () => import("./ses.ts"),
})

const resend: Driver<MailTransport> = defineDriver<MailTransport>()({
  schemes: ["resend"],
  options: provider,
  guarantees: { delivers: true, idempotent: true, reportsRecipients: false, preview: false },
  load: () => import("./resend.ts"),
})

/** The drivers of mail, by the scheme of their URL. */
export const mailDrivers: Drivers<MailTransport> = createDrivers("mail", [memory, smtp, sendgrid, mailgun, ses, resend])
