import type { StandardInput, StandardOutput, StandardSchemaV1 } from "@ashlar/core"
import type { MailMessage } from "@ashlar/mail"
import { NotificationInvalid } from "./errors.ts"

/** What a notification says, channel by channel. */
export interface NotificationContents {
  readonly mail?: Omit<MailMessage, "to" | "cc" | "bcc">
  readonly sms?: string
  readonly [channel: string]: unknown
}

export interface NotificationOptions<I extends StandardSchemaV1> {
  readonly input: I
  /** By which people choose what they want: `orders`, `news`. Default: the notification's name. */
  readonly category?: string
  /** Whether it is sent whatever somebody chose: a password was changed. Default false. */
  readonly mandatory?: boolean
}

/** Something that people are told, declared once. */
export interface Notification<Input = unknown> {
  readonly name: string
  readonly category: string
  readonly mandatory: boolean
  /** @throws {NOTIFICATIONS_INPUT_INVALID} */
  render(input: Input): Promise<NotificationContents>
}

/**
 * Declares a notification: what it takes, and what of that each channel says.
 *
 * @example
 * const shipped = defineNotification("order.shipped", { input: v.object({ order: v.string() }), category: "orders" }, ({ order }) => ({
 *   mail: { subject: `Order ${order} is on its way`, html: html`<p>Order ${order} is on its way.</p>` },
 *   sms: `Order ${order} is on its way`,
 *   push: { title: `Order ${order}` },
 * }))
 */
export function defineNotification<I extends StandardSchemaV1>(
  name: string,
  { input: schema, category = name, mandatory = false }: NotificationOptions<I>,
  make: (input: StandardOutput<I>) => NotificationContents | Promise<NotificationContents>,
): Notification<StandardInput<I>> {
  return {
    name,
    category,
    mandatory,
    async render(input) {
      const result = await schema["~standard"].validate(input)
      if (result.issues === undefined) return await make(result.value as StandardOutput<I>)
      throw new NotificationInvalid(`The input of "${name}" does not fit: ${result.issues[0]?.message}.`, {
        details: { issues: result.issues.map(({ message, path }) => ({ message, path: path?.map(String) })) },
      })
    },
  }
}
