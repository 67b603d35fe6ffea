import { afterEach, expect, test } from "bun:test"
import { html, openMail } from "@ashlar/mail"
import { openQueue, type Queue } from "@ashlar/queue"
import { v } from "@ashlar/validation"
import { createNotifier, defineChannel, defineNotification, openSms, SmsUnavailable } from "./index.ts"
import { createNotificationQueue } from "./queue/index.ts"

const shipped = defineNotification(
  "order.shipped",
  { input: v.object({ order: v.string().min(1) }), category: "orders" },
  ({ order }) => ({
    mail: { subject: `Order ${order}`, html: html`<p>Order ${order} is on its way.</p>` },
    sms: `Order ${order} is on its way`,
    push: { title: order },
  }),
)
const recipient = { id: "7", mail: "Ana <ana@example.com>", sms: "+491701234567", targets: { push: "token" } }

function stage(): {
  mail: ReturnType<typeof openMail>
  sms: ReturnType<typeof openSms>
  pushed: unknown[]
  push: ReturnType<typeof defineChannel<string, { title: string }>>
} {
  const pushed: unknown[] = []
  const push = defineChannel<string, { title: string }>("push", async ({ target, content, key }) => {
    pushed.push([target, content, key])
  })
  return { mail: openMail("memory:", { from: "shop@example.com" }), sms: openSms("memory:"), pushed, push }
}

test("a notification goes by every channel that says something, is wanted, and reaches somebody", async () => {
  const { mail, sms, pushed, push } = stage()
  const notifier = createNotifier({
    mail,
    sms,
    channels: [push],
    preferences: ({ id }, { category }) => (id === "quiet" && category === "orders" ? ["mail"] : undefined),
  })
  const sent = await notifier.notify(shipped, recipient, { order: "7" }, { key: "shipped-7" })
  expect(sent).toEqual(["mail", "sms", "push"].map((channel) => ({ channel, status: "sent" })))
  expect(pushed).toEqual([["token", { title: "7" }, "shipped-7:push"]])
  expect([mail.outbox!.list()[0]!.message.subject, sms.outbox![0]!.text]).toEqual(["Order 7", "Order 7 is on its way"])
  await notifier.notify(shipped, recipient, { order: "7" }, { key: "shipped-7" })
  expect(mail.outbox!.list().length).toBe(1) // under its key once
  expect(await notifier.notify(shipped, { ...recipient, id: "quiet" }, { order: "8" })).toEqual([
    { channel: "mail", status: "sent" },
    { channel: "sms", status: "skipped", why: "not wanted" },
    { channel: "push", status: "skipped", why: "not wanted" },
  ])
  expect(await notifier.notify(shipped, { id: "nobody" }, { order: "9" })).toEqual(
    ["mail", "sms", "push"].map((channel) => ({ channel, status: "skipped", why: "no target" })),
  )
  const alarm = defineNotification("alarm", { input: v.object({}), category: "orders", mandatory: true }, () => ({
    sms: "Your password was changed",
  }))
  expect(await notifier.notify(alarm, { ...recipient, id: "quiet" }, {})).toEqual([{ channel: "sms", status: "sent" }])
})

test("one channel that fails keeps no other from it", async () => {
  const { mail, push } = stage()
  const sms = openSms({ send: () => Promise.reject(new SmsUnavailable()), close: async () => undefined })
  const outcomes = await createNotifier({ mail, sms, channels: [push] }).notify(shipped, recipient, { order: "7" })
  expect(outcomes.map(({ channel, status }) => [channel, status])).toEqual([
    ["mail", "sent"],
    ["sms", "failed"],
    ["push", "sent"],
  ])
})

test("what does not fit is refused before anything is sent", async () => {
  const { mail, sms, push } = stage()
  await mail.ready()
  const notifier = createNotifier({ mail, sms })
  await expect(notifier.notify(shipped, recipient, { order: "7" })).rejects.toMatchObject({
    code: "NOTIFICATIONS_OPTION_INVALID",
  })
  await expect(
    createNotifier({ mail, sms, channels: [push] }).notify(shipped, recipient, { order: "" }),
  ).rejects.toMatchObject({ code: "NOTIFICATIONS_INPUT_INVALID" })
  expect(mail.outbox!.list()).toEqual([])
  for (const name of ["mail", "sms", "Push", "", "push"]) {
    const channel = defineChannel<string, string>(name, async () => undefined)
    expect(() => createNotifier({ channels: [push, channel] as never })).toThrow(
      expect.objectContaining({ code: "NOTIFICATIONS_OPTION_INVALID" }),
    )
  }
})

const open: Queue[] = []
afterEach(async () => {
  for (const queue of open.splice(0)) await queue.close()
})
test("by a queue each channel is a job of its own, once under one key", async () => {
  const { mail, sms, pushed } = stage()
  let failures = 2
  const push = defineChannel<string, { title: string }>("push", async ({ target, content }) => {
    if (failures-- > 0) throw new SmsUnavailable()
    pushed.push([target, content])
  })
  const gone = defineChannel<string, string>("gone", () =>
    Promise.reject(Object.assign(new RangeError("gone"), { status: 410 })),
  )
  const queue = openQueue("memory:")
  open.push(queue)
  const notifier = createNotifier({ mail, sms, channels: [push, gone] })
  const told = createNotificationQueue({ queue, notifier, backoffMs: 5 })
  const first = await told.notify(shipped, recipient, { order: "7" }, { key: "shipped-7" })
  const again = await told.notify(shipped, recipient, { order: "7" }, { key: "shipped-7" })
  expect([first.map(({ isNew }) => isNew), again.map(({ isNew }) => isNew)]).toEqual([
    [true, true, true],
    [false, false, false],
  ])
  const other = defineNotification("other", { input: v.object({}) }, () => ({ gone: "x" }))
  const [lost] = await told.notify(other, { id: "7", targets: { gone: "x" } }, {})
  expect(await told.notify(other, { id: "7" }, {})).toEqual([])
  queue.work([told.job])
  for (let wait = 0; wait < 1_000 && !(pushed.length === 1 && (await queue.job(lost!.id))?.state === "failed"); wait++)
    await Bun.sleep(10)
  expect(pushed).toEqual([["token", { title: "7" }]])
  expect((await queue.job(lost!.id))!.attempt).toBe(1)
  expect(mail.outbox!.list().map(({ message }) => message.html)).toEqual(["<p>Order 7 is on its way.</p>"])
  expect(sms.outbox!.length).toBe(1)
})
