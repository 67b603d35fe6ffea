import type { AppMailer, AppMessage, PersonMail } from "@ashlar/identity"
import { type Html, html, type Mail, type MailTransport, openMail, parseAddress } from "@ashlar/mail"
import { BackendInvalid } from "../errors.ts"
import type { Log } from "../log.ts"

export interface MailUrls {
  /**
   * What sends mail to users of apps, and invites: `smtp://…`, `smtps://…`, `sendgrid://…`, `mailgun://…`, `ses://…` or `resend://…`. Default: nothing
   * does, and while the platform listens on this machine alone its log shows what would have been sent. A transport of your own is taken
   * as well.
   */
  readonly mail?: string | MailTransport
  /** The address that mail is from. Needed with `mail`. */
  readonly mailFrom?: string
}

/** Mail of the install itself, in its own name. */
export interface InstallMail {
  send(message: {
    readonly to: string
    readonly subject: string
    readonly text: string
    readonly html: Html
    readonly tag: string
  }): Promise<unknown>
}

export interface OpenedMail {
  readonly mailer: AppMailer & { close(): Promise<void> }
  readonly onMailError: (error: unknown) => void
  /** Undefined where nothing sends mail. */
  readonly install: InstallMail | undefined
}

/**
 * Opens what takes users of apps their mail, and people their invites.
 *
 * @throws {SERVER_BACKEND_INVALID}
 */
export function openPlatformMail(
  { mail: url, mailFrom }: MailUrls,
  { host, log, nameOf }: { readonly host: string; readonly log: Log; readonly nameOf: (projectId: string) => string },
): OpenedMail {
  if (url !== undefined && mailFrom === undefined)
    throw new BackendInvalid(
      "Expected the address that mail is from, beside `mail`: `mailFrom`, as no-reply@example.com.",
    )
  const [mail, from] = opened(url, mailFrom)
  const isShown = url === undefined && LOOPBACK.has(host)
  const mailer: OpenedMail["mailer"] = {
    nameOf,
    async send(message) {
      const { kind, to, subject, paragraphs, replyTo, senderName } = message
      if (isShown) log.info("mail that would have been sent", { to, subject, text: paragraphs.join("\n\n") })
      await mail.send({
        from: { email: from, name: plain(senderName) },
        ...{ to, subject: plain(subject), text: paragraphs.join("\n\n"), html: toHtml(message) },
        ...(replyTo !== null && { replyTo }),
        headers: { "auto-submitted": "auto-generated" },
        tags: [kind],
      })
    },
    close: () => mail.close(),
  }
  const install: InstallMail = {
    send: ({ subject, tag, ...message }) =>
      mail.send({
        ...{ ...message, from: { email: from, name: "Ashlar" }, subject: plain(subject), tags: [tag] },
        headers: { "auto-submitted": "auto-generated" },
      }),
  }
  return {
    mailer,
    onMailError: (error) => log.error("mail was not sent", error),
    install: url === undefined ? undefined : install,
  }
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"])

function opened(
  url: string | MailTransport = "memory:",
  from = "no-reply@example.invalid",
): readonly [mail: Mail, from: string] {
  try {
    return [openMail(url), parseAddress(from, "mailFrom").email]
  } catch (cause) {
    // The URL may hold a password: what is wrong is in the cause, for the log.
    throw new BackendInvalid("Expected `mail` to be the URL of a mail service, and `mailFrom` an address.", { cause })
  }
}

/** Names of projects are of any text; headers are not. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ").slice(0, 200)
}

/** A message to a person of the install. */
export function toMessage(mail: PersonMail): Parameters<InstallMail["send"]>[0] {
  const { to, subject, paragraphs, kind: tag } = mail
  return { to, subject, text: paragraphs.join("\n\n"), html: toHtml(mail), tag }
}

function toHtml({ paragraphs, link }: Pick<AppMessage, "paragraphs" | "link">): Html {
  const shown = paragraphs.map((paragraph) => {
    const [before = "", ...after] = link === undefined ? [paragraph] : paragraph.split(link)
    return after.length === 0
      ? html`<p>${paragraph}</p>`
      : html`<p>${before}<a href="${link}">${link}</a>${after.join(link)}</p>`
  })
  return html`<!doctype html><html><body>${shown}</body></html>`
}
