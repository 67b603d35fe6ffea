import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { parseAddress } from "./address.ts"
import { mailDrivers } from "./drivers/drivers.ts"
import { LiveMail } from "./live-mail.ts"
import type { Mail, MailOptions } from "./mail.ts"
import type { MailTransport } from "./transport.ts"

/**
 * Opens mail: `smtp://user:password@host:587`, `smtps://…`, `sendgrid://:key@/`, `mailgun://:key@/domain`, `ses://id:secret@/?region=…`,
 * `resend://:key@/`, or `log:` and `memory:`, which send nothing. What is behind it is opened at the first message, or by `ready()`.
 *
 * @param url A transport of your own is taken as well; the mail closes it.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING} {MAIL_OPTION_INVALID} {MAIL_MESSAGE_INVALID}
 * @example
 * const mail = openMail(process.env.MAIL_URL ?? "log:", { from: "Shop <shop@example.com>" })
 * await mail.send({ to: user.email, subject: "Welcome", html: html`<p>Hello ${user.name}</p>` })
 */
export function openMail(url: string | MailTransport, options: MailOptions = {}): Mail {
  // A mistake should not wait for the first message.
  if (options.from !== undefined) parseAddress(options.from, "from")
  if (typeof url === "string") mailDrivers.require(url, options.needs ?? {}, "The mail")
  return new LiveMail(() => (typeof url === "string" ? mailDrivers.open(url) : Promise.resolve(url)), options)
}

/**
 * What mail behind a URL promises, as data. Opens nothing.
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN}
 */
export function mailGuarantees(url: string): Guarantees {
  return mailDrivers.guarantees(url)
}

/**
 * Mail as a service of an app: opened when it is first asked for, closed with the app.
 *
 * @example
 * export const AppMail = defineMail(() => process.env.MAIL_URL ?? "log:", { from: "Shop <shop@example.com>" })
 * const mail = await ctx.use(AppMail)
 */
export function defineMail(
  url: (services: Services) => string | Promise<string>,
  { name = "mail", ...options }: MailOptions & { readonly name?: string } = {},
): Service<Mail> {
  return defineService<Mail>({
    name,
    async open(services) {
      const mail = openMail(await url(services), options)
      await mail.ready()
      return mail
    },
    close: (mail) => mail.close(),
  })
}
