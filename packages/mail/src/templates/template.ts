import type { StandardInput, StandardOutput, StandardSchemaV1 } from "@ashlar/core"
import { MailTemplateInvalid } from "../errors.ts"
import type { MailMessage } from "../message.ts"
import type { Html } from "./html.ts"

/** What a template makes of a message. */
export interface Rendered {
  readonly subject: string
  readonly html?: Html | string
  readonly text?: string
  readonly attachments?: NonNullable<MailMessage["attachments"]>
}

/** A kind of message. */
export interface MailTemplate<Input> {
  readonly name: string
  /** @throws {MAIL_TEMPLATE_INVALID} when the input does not fit. */
  render(input: Input): Promise<Rendered & { readonly tags: readonly string[] }>
}

export interface TemplateOptions<I extends StandardSchemaV1> {
  readonly input: I
  /** Put around the HTML of the template. */
  readonly layout?: (content: Html | string, rendered: { readonly subject: string }) => Html
}

/**
 * Defines a kind of message: what it takes, and what is made of that.
 *
 * @param name Letters, digits, `_` and `-`; messages are tagged with it.
 * @example
 * const welcome = defineTemplate("welcome", { input: v.object({ name: v.string() }), layout }, ({ name }) => ({
 *   subject: `Welcome, ${name}`,
 *   html: html`<p>Hello ${name}</p>`,
 * }))
 * await mail.send({ to: user.email, ...(await welcome.render({ name: user.name })) })
 */
export function defineTemplate<I extends StandardSchemaV1>(
  name: string,
  { input: schema, layout }: TemplateOptions<I>,
  make: (input: StandardOutput<I>) => Rendered | Promise<Rendered>,
): MailTemplate<StandardInput<I>> {
  return {
    name,
    async render(input) {
      const result = await schema["~standard"].validate(input)
      if (result.issues !== undefined)
        throw new MailTemplateInvalid(
          `The input of the template "${name}" does not fit: ${result.issues[0]?.message}.`,
          {
            details: { issues: result.issues.map(({ message, path }) => ({ message, path: path?.map(String) })) },
          },
        )
      const rendered = await make(result.value as StandardOutput<I>)
      const { subject, html } = rendered
      const whole = html === undefined || layout === undefined ? html : layout(html, { subject })
      return { ...rendered, ...(whole !== undefined && { html: whole }), tags: [name] }
    },
  }
}
