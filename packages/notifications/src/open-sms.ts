import type { Duration } from "@ashlar/cache"
import { openRateLimits, type RateLimits } from "@ashlar/cache/rate-limits"
import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { smsDrivers } from "./drivers/drivers.ts"
import {
  NotificationsClosed,
  NotificationsOptionInvalid,
  SmsCountryRefused,
  SmsInvalid,
  SmsLimitExceeded,
} from "./errors.ts"
import { checkPhoneNumber } from "./phone-number.ts"
import { countSegments } from "./segments.ts"
import type { SentSms, Sms, SmsMessage, SmsOutboxEntry, SmsSendOptions, SmsTransport } from "./sms.ts"

export interface SmsOptions {
  /** The most messages that one text is sent as. Default 3. */
  readonly maxSegments?: number
  /** Beginnings of numbers that are sent to: `["+49", "+43"]`. Without it, to all: say it, or strangers choose what you pay for. */
  readonly countries?: readonly string[]
  /** Messages to one number in a time. Default 10 in an hour. */
  readonly perNumber?: { readonly messages: number; readonly window: Duration }
  /** Segments, which is what is paid, of all messages in a time. Default 1,000 in a day. */
  readonly total?: { readonly segments: number; readonly window: Duration }
  /** Where is counted, so that all processes count together: `redis://…`, `postgres://…`. Default `memory:`: each for itself. */
  readonly limitsUrl?: string
  readonly needs?: Guarantees
}

/**
 * Opens text messages: `twilio://accountSid:authToken@/?from=%2B1…`, or `log:` and `memory:`, which send nothing.
 *
 * @param url A transport of your own is taken as well.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING} {NOTIFICATIONS_OPTION_INVALID}
 * @example
 * const sms = openSms(process.env.SMS_URL ?? "log:", { countries: ["+49"] })
 * await sms.send({ to: user.phone, text: `Your code is ${code}` })
 */
export function openSms(url: string | SmsTransport, options: SmsOptions = {}): Sms {
  if (typeof url === "string") smsDrivers.require(url, options.needs ?? {}, "SMS")
  return new LiveSms(() => (typeof url === "string" ? smsDrivers.open(url) : Promise.resolve(url)), options)
}

class LiveSms implements Sms {
  readonly #open: () => Promise<SmsTransport>
  readonly #maxSegments: number
  readonly #countries: readonly string[] | undefined
  readonly #limits: RateLimits
  readonly #perNumber: ReturnType<RateLimits["slidingWindow"]>
  readonly #total: ReturnType<RateLimits["slidingWindow"]>
  #opening: Promise<SmsTransport> | undefined
  #transport: SmsTransport | undefined
  #isClosed = false

  constructor(open: () => Promise<SmsTransport>, options: SmsOptions) {
    const { maxSegments = 3, countries, limitsUrl = "memory:" } = options
    const { perNumber = { messages: 10, window: "1h" }, total = { segments: 1_000, window: "24h" } } = options
    if (!Number.isSafeInteger(maxSegments) || maxSegments < 1 || maxSegments > 10)
      throw new NotificationsOptionInvalid(
        `Expected \`maxSegments\` to be a whole number from 1 to 10, got ${maxSegments}.`,
      )
    if (countries?.some((one) => !/^\+[1-9]\d{0,5}$/.test(one)))
      throw new NotificationsOptionInvalid("Expected `countries` as the beginnings of numbers: +49.")
    this.#open = open
    this.#maxSegments = maxSegments
    this.#countries = countries
    this.#limits = openRateLimits(limitsUrl)
    this.#perNumber = this.#limits.slidingWindow("sms:number", { limit: perNumber.messages, window: perNumber.window })
    this.#total = this.#limits.slidingWindow("sms:total", { limit: total.segments, window: total.window })
  }

  get outbox(): readonly SmsOutboxEntry[] | undefined {
    return this.#transport?.outbox
  }

  async ready(): Promise<void> {
    if (this.#isClosed) throw new NotificationsClosed("SMS was closed.")
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined // the next use tries again
      throw error
    })
    this.#transport = await this.#opening
  }

  async send({ to, text }: SmsMessage, { signal }: SmsSendOptions = {}): Promise<SentSms> {
    checkPhoneNumber(to)
    if (typeof text !== "string" || text.trim() === "" || !text.isWellFormed())
      throw new SmsInvalid("Expected a text with something in it.")
    const segments = countSegments(text)
    if (segments > this.#maxSegments)
      throw new SmsInvalid(`Expected a text of at most ${this.#maxSegments} messages, got ${segments}.`, {
        details: { maxSegments: this.#maxSegments },
      })
    if (this.#countries !== undefined && !this.#countries.some((one) => to.startsWith(one)))
      throw new SmsCountryRefused()
    await this.ready()
    await this.#take(to, segments)
    const { id } = await this.#transport!.send({ to, text, segments }, signal)
    return { id, segments }
  }

  async #take(to: string, segments: number): Promise<void> {
    const own = await this.#perNumber.take(to)
    if (!own.allowed) throw limited("number", own.retryAfterMs)
    const all = await this.#total.take("all", segments)
    if (!all.allowed) throw limited("total", all.retryAfterMs)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const transport = await this.#opening?.catch(() => undefined)
    await transport?.close()
    await this.#limits.close()
  }
}

function limited(limit: "number" | "total", retryAfterMs: number | undefined): InstanceType<typeof SmsLimitExceeded> {
  return new SmsLimitExceeded(undefined, { details: { limit, ...(retryAfterMs !== undefined && { retryAfterMs }) } })
}

/** SMS as a service of an app. @example export const AppSms = defineSms(() => process.env.SMS_URL ?? "log:", { countries: ["+49"] }) */
export function defineSms(
  url: (services: Services) => string | Promise<string>,
  { name = "sms", ...options }: SmsOptions & { readonly name?: string } = {},
): Service<Sms> {
  return defineService<Sms>({
    name,
    async open(services) {
      const sms = openSms(await url(services), options)
      await sms.ready()
      return sms
    },
    close: (sms) => sms.close(),
  })
}
