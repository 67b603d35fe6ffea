import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import { SmsRejected, SmsUnavailable } from "../errors.ts"
import { checkPhoneNumber } from "../phone-number.ts"
import type { SmsTransport } from "../sms.ts"

export interface TwilioOptions {
  readonly from: string | undefined
  readonly service: string | undefined
  readonly endpoint: string | undefined
  readonly timeoutMs: number
}

const FORM = "twilio://accountSid:authToken@/?from=%2B15550001111, or ?service=MG…"
const MAX_ANSWER = 100_000

/** Twilio's messages. @see https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource */
export function open(url: DriverUrl, { from, service, endpoint, timeoutMs }: TwilioOptions): SmsTransport {
  const { user, password, host } = url
  if (
    host !== "" ||
    password === undefined ||
    !/^AC[0-9a-zA-Z]{1,64}$/.test(user ?? "") ||
    (from === undefined) === (service === undefined)
  )
    throw new DriverUrlInvalid(`Expected ${FORM}, got ${url}.`)
  if (from?.startsWith("+")) checkPhoneNumber(from)
  const base = (endpoint ?? "https://api.twilio.com").replace(/\/+$/, "")
  if (!/^https?:\/\/[^/?#@]+$/.test(base)) throw new DriverUrlInvalid("Expected `endpoint` as https://host.")
  const address = `${base}/2010-04-01/Accounts/${user}/Messages.json`
  const authorization = `Basic ${Buffer.from(`${user}:${password.reveal()}`).toString("base64")}`
  return {
    async send({ to, text }, signal) {
      signal?.throwIfAborted()
      const body = new URLSearchParams({ To: to, Body: text })
      if (from !== undefined) body.set("From", from)
      if (service !== undefined) body.set("MessagingServiceSid", service)
      const late = AbortSignal.timeout(timeoutMs)
      let status: number
      let said: string
      try {
        const signals = signal === undefined ? late : AbortSignal.any([late, signal])
        const response = await fetch(address, {
          method: "POST",
          headers: { authorization },
          body,
          redirect: "manual",
          signal: signals,
        })
        status = response.status
        said = (await response.text()).slice(0, MAX_ANSWER)
      } catch (cause) {
        signal?.throwIfAborted()
        throw new SmsUnavailable("The provider cannot be reached, or broke off.", { cause })
      }
      if (status === 429 || status === 408 || status >= 500)
        throw new SmsUnavailable(`The provider answered ${status}: not now.`, { cause: said, details: { status } })
      if (status < 200 || status >= 300)
        throw new SmsRejected(`The provider answered ${status}.`, { cause: said, details: { status, ...codeIn(said) } })
      return { id: idIn(said) }
    },
    async close() {
      // Nothing is held between two messages.
    },
  }
}

/** Twilio's own numbers for what is wrong: 21211 is a number that is none, 21610 one that said STOP. */
function codeIn(said: string): { providerCode?: number } {
  const code = /"code":\s*(\d{1,6})\b/.exec(said)?.[1]
  return code === undefined ? {} : { providerCode: Number(code) }
}

function idIn(said: string): string {
  return /"sid":\s*"(\w{1,64})"/.exec(said)?.[1] ?? ""
}
