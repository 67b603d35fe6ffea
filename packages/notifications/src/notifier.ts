import { randomUUID } from "node:crypto"
import type { Address, Mail } from "@ashlar/mail"
import type { Channel } from "./channel.ts"
import { NotificationsOptionInvalid } from "./errors.ts"
import type { Notification, NotificationContents } from "./notification.ts"
import type { Sms } from "./sms.ts"

/** Somebody who is told something. A channel without a target does not reach them. */
export interface Recipient {
  readonly id: string
  readonly mail?: Address
  /** As E.164 has it. */
  readonly sms?: string
  /** For channels of your own, by their names. */
  readonly targets?: Readonly<Record<string, unknown>>
}

/** What somebody wants: which channels may bring what is of this category. All, when it says nothing. */
export type Preferences = (
  recipient: Recipient,
  notification: Notification<never>,
) => readonly string[] | undefined | Promise<readonly string[] | undefined>

export interface NotifierOptions {
  readonly mail?: Mail
  readonly sms?: Sms
  readonly channels?: readonly Channel<never, never>[]
  readonly preferences?: Preferences
}

/** What became of a notification on one channel. */
export type ChannelOutcome =
  | { readonly channel: string; readonly status: "sent" }
  | { readonly channel: string; readonly status: "skipped"; readonly why: "not wanted" | "no target" }
  | { readonly channel: string; readonly status: "failed"; readonly error: unknown }

/** One message of a notification, for one channel. As JSON, where its content is: what a queue keeps. */
export interface ChannelJob {
  readonly channel: string
  readonly target: unknown
  readonly content: unknown
  readonly key: string
}

export interface Notifier {
  /**
   * Tells somebody something, by all channels that it says something for, that they want, and that reach them. One that fails keeps no
   * other from it.
   *
   * @param options.key What this is, among all; each channel gets it with its own name behind it. Default: a new one.
   * @throws {NOTIFICATIONS_INPUT_INVALID} {NOTIFICATIONS_OPTION_INVALID} before anything is sent.
   */
  notify<Input>(
    notification: Notification<Input>,
    recipient: Recipient,
    input: Input,
    options?: { readonly key?: string; readonly signal?: AbortSignal },
  ): Promise<readonly ChannelOutcome[]>
  /** What `notify` would send, and to whom it would not. */
  plan<Input>(
    notification: Notification<Input>,
    recipient: Recipient,
    input: Input,
    options?: { readonly key?: string },
  ): Promise<{ readonly jobs: readonly ChannelJob[]; readonly skipped: readonly ChannelOutcome[] }>
  /** Sends one message of a plan. */
  deliver(job: ChannelJob, signal?: AbortSignal): Promise<void>
}

/**
 * Puts channels together.
 *
 * @throws {NOTIFICATIONS_OPTION_INVALID} when a channel's name does not fit, or two have one.
 * @example
 * const notifier = createNotifier({ mail, sms, channels: [push], preferences: (user) => settingsOf(user.id) })
 * await notifier.notify(shipped, { id: user.id, mail: user.email, sms: user.phone }, { order: "7" }, { key: "shipped-7" })
 */
export function createNotifier({ mail, sms, channels = [], preferences = () => undefined }: NotifierOptions): Notifier {
  const byName = new Map<string, Channel<never, never>>()
  if (mail !== undefined) byName.set("mail", mailChannel(mail) as Channel<never, never>)
  if (sms !== undefined) byName.set("sms", smsChannel(sms) as Channel<never, never>)
  for (const channel of channels) {
    if (
      !/^[a-z][a-z0-9-]{0,63}$/.test(channel.name) ||
      channel.name === "mail" ||
      channel.name === "sms" ||
      byName.has(channel.name)
    )
      throw new NotificationsOptionInvalid(
        `Expected channels of names of their own, got ${JSON.stringify(channel.name)}.`,
      )
    byName.set(channel.name, channel)
  }
  const notifier: Notifier = {
    async plan(notification, recipient, input, { key = randomUUID() } = {}) {
      const contents = Object.entries(await notification.render(input)).filter(([, content]) => content !== undefined)
      const unknown = contents.find(([name]) => !byName.has(name))
      if (unknown !== undefined)
        throw new NotificationsOptionInvalid(
          `"${notification.name}" says something for the channel "${unknown[0]}", which the notifier has not.`,
        )
      const wanted = notification.mandatory
        ? undefined
        : await preferences(recipient, notification as Notification<never>)
      const jobs: ChannelJob[] = []
      const skipped: ChannelOutcome[] = []
      for (const [channel, content] of contents) {
        const target = targetOf(recipient, channel)
        if (wanted !== undefined && !wanted.includes(channel))
          skipped.push({ channel, status: "skipped", why: "not wanted" })
        else if (target === undefined) skipped.push({ channel, status: "skipped", why: "no target" })
        else jobs.push({ channel, target, content, key: `${key}:${channel}` })
      }
      return { jobs, skipped }
    },
    async notify(notification, recipient, input, { key, signal } = {}) {
      const { jobs, skipped } = await notifier.plan(notification, recipient, input, {
        ...(key !== undefined && { key }),
      })
      const outcomes = await Promise.all(
        jobs.map(async (job): Promise<ChannelOutcome> => {
          try {
            await notifier.deliver(job, signal)
            return { channel: job.channel, status: "sent" }
          } catch (error) {
            return { channel: job.channel, status: "failed", error }
          }
        }),
      )
      return [...outcomes, ...skipped]
    },
    async deliver({ channel: name, target, content, key }, signal) {
      const channel = byName.get(name)
      if (channel === undefined) throw new NotificationsOptionInvalid(`The notifier has no channel "${name}".`)
      await channel.send({ target: target as never, content: content as never, key, signal })
    },
  }
  return notifier
}

function targetOf(recipient: Recipient, channel: string): unknown {
  if (channel === "mail" || channel === "sms") return recipient[channel]
  return recipient.targets !== undefined && Object.hasOwn(recipient.targets, channel)
    ? recipient.targets[channel]
    : undefined
}

function mailChannel(mail: Mail): Channel<Address, NonNullable<NotificationContents["mail"]>> {
  return {
    name: "mail",
    async send({ target, content, key, signal }) {
      await mail.send({ ...content, to: target }, { key, ...(signal !== undefined && { signal }) })
    },
  }
}

function smsChannel(sms: Sms): Channel<string, string> {
  return {
    name: "sms",
    async send({ target, content, signal }) {
      await sms.send({ to: target, text: content }, { ...(signal !== undefined && { signal }) })
    },
  }
}
