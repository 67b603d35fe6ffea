import { expectTypeOf } from "bun:test"
import { v } from "@ashlar/validation"
import { defineTemplate, html, type MailTemplate, openMail } from "./index.ts"

const welcome = defineTemplate("welcome", { input: v.object({ name: v.string() }) }, ({ name }) => {
  expectTypeOf(name).toEqualTypeOf<string>()
  return { subject: name, html: html`<p>${name}</p>` }
})
expectTypeOf(welcome).toEqualTypeOf<MailTemplate<{ name: string }>>()
// @ts-expect-error: the input is what the schema takes
void welcome.render({ nome: "x" })
// @ts-expect-error: an object is no value of a template
html`<p>${{ name: "x" }}</p>`
// @ts-expect-error: nobody gets it
void openMail("memory:").send({ subject: "x", text: "x" })
