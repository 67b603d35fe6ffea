import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { SmsTransport } from "../sms.ts"

const memory: Driver<SmsTransport> = defineDriver<SmsTransport>()({
  schemes: ["memory", "log"],
  options: { keep: v.integer().min(1).max(10_000).default(200) },
  guarantees: { delivers: false },
  load: () => import("./memory.ts"),
})

const twilio: Driver<SmsTransport> = defineDriver<SmsTransport>()({
  schemes: ["twilio"],
  options: {
    from: v.string().min(1).max(16).optional(),
    service: v
      .string()
      .regex(/^MG[0-9a-zA-Z]{1,64}$/)
      .optional(),
    endpoint: v.string().min(1).max(2_000).optional(),
    timeoutMs: v.integer().min(100).max(120_000).default(15_000),
  },
  guarantees: { delivers: true },
  load: () => import("./twilio.ts"),
})

/** The drivers of text messages, by the scheme of their URL. */
export const smsDrivers: Drivers<SmsTransport> = createDrivers("SMS", [memory, twilio])
