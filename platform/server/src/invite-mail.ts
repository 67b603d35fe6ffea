import { openRateLimits, type RateLimits } from "@ashlar/cache/rate-limits"
import { html } from "@ashlar/mail"
import type { InstallMail } from "./backends/open-mail.ts"

/** An invite to a project or an organization, for whom it is. */
export interface InviteMail {
  readonly to: string
  /** Of the link `/invite/<token>`. */
  readonly token: string
  /** What it is to, by its name. */
  readonly place: string
  readonly role: string
  /** The address of whoever asks. */
  readonly invitedBy: string
  /** RFC 3339. */
  readonly expiresAt: string
}

/** Takes people their invites. */
export interface InviteMailer {
  /**
   * Sends it without waiting for it. Whoever asks has the link as well: at most 3 go to an address in an hour, and at most 50 come from
   * one who asks in a day, so that nobody's mailbox is filled by this install.
   *
   * @returns whether it is on its way
   */
  send(invite: InviteMail): Promise<boolean>
  /** Resolves when what was to be sent has been, or failed. */
  settled(): Promise<void>
}

export interface InviteMailerOptions {
  /** Undefined where the install sends no mail. */
  readonly mail: InstallMail | undefined
  /** Where mail is counted for all nodes. Undefined: there is one node. */
  readonly limits: RateLimits | undefined
  /** Where people open the console. */
  readonly consoleUrl: () => string
  readonly onError: (error: unknown) => void
}

export function createInviteMailer({ mail, limits, consoleUrl, onError }: InviteMailerOptions): InviteMailer {
  const shared = limits ?? openRateLimits("memory:?maxKeys=10000")
  const perAddress = shared.slidingWindow("invite-mail.to", { limit: 3, window: "1h" })
  const perSender = shared.slidingWindow("invite-mail.by", { limit: 50, window: "24h" })
  const going = new Set<Promise<unknown>>()

  return {
    async send(invite) {
      if (mail === undefined) return false
      try {
        if (!(await perSender.take(invite.invitedBy)).allowed) return false
        if (!(await perAddress.take(invite.to)).allowed) return false
      } catch (error) {
        // What cannot be counted is not sent: the link does as well.
        onError(error)
        return false
      }
      const sending = mail
        .send(word(invite, `${consoleUrl()}/invite/${invite.token}`))
        .catch(onError)
        .finally(() => going.delete(sending))
      going.add(sending)
      return true
    },
    settled: async () => void (await Promise.all(going)),
  }
}

function word({ to, place, role, invitedBy, expiresAt }: InviteMail, link: string): Parameters<InstallMail["send"]>[0] {
  const asks = `${invitedBy} asks you to join “${place}”, with the role ${role}.`
  const until = `It works once, until ${expiresAt.slice(0, 10)}, and for this address alone.`
  const ignore = "If you do not know who asks, ignore this message: nothing happens without you."
  return {
    ...{ to, subject: `${invitedBy} asks you to join ${place}`, tag: "invite" },
    text: [asks, `Open ${link}`, `${until} ${ignore}`].join("\n\n"),
    html: html`<!doctype html><html><body><p>${asks}</p><p><a href="${link}">Join</a></p><p>${until} ${ignore}</p></body></html>`,
  }
}
