import { expectTypeOf } from "bun:test"
import { v } from "@ashlar/validation"
import { createNotifier, defineChannel, defineNotification, type Notification } from "./index.ts"

const shipped = defineNotification("shipped", { input: v.object({ order: v.string() }) }, ({ order }) => {
  expectTypeOf(order).toEqualTypeOf<string>()
  return { sms: order }
})
expectTypeOf(shipped).toEqualTypeOf<Notification<{ order: string }>>()
// @ts-expect-error: the input is what the schema takes
void createNotifier({}).notify(shipped, { id: "7" }, { order: 7 })
// @ts-expect-error: a text message is text
defineNotification("x", { input: v.object({}) }, () => ({ sms: { text: "x" } }))
defineChannel<string, { title: string }>("push", async ({ target, content }) => {
  expectTypeOf(target).toEqualTypeOf<string>()
  expectTypeOf(content).toEqualTypeOf<{ title: string }>()
})
