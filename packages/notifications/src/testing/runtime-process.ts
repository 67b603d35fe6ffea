/** Does once, on whatever runtime this is, what the suites do on Bun. */
import assert from "node:assert/strict"
import { openMail } from "@ashlar/mail"
import { openQueue } from "@ashlar/queue"
import { v } from "@ashlar/validation"
import { createNotifier, defineChannel, defineNotification, openSms } from "../index.ts"
import { createNotificationQueue } from "../queue/index.ts"

const pushed: string[] = []
const push = defineChannel<string, string>("push", async ({ target, content }) => {
  pushed.push(`${target}: ${content}`)
})
const shipped = defineNotification("shipped", { input: v.object({ order: v.string() }) }, ({ order }) => ({
  mail: { subject: order, text: order },
  sms: `Order ${order}`,
  push: order,
}))
const mail = openMail("memory:", { from: "shop@example.com" })
const sms = openSms(process.argv[2] ?? "", { countries: ["+49"] })
const notifier = createNotifier({ mail, sms, channels: [push] })
const recipient = { id: "7", mail: "ana@example.com", sms: "+491701234567", targets: { push: "token" } }
const outcomes = await notifier.notify(shipped, recipient, { order: "1" })
assert.deepEqual(
  outcomes.map(({ status }) => status),
  ["sent", "sent", "sent"],
)
const queue = openQueue("memory:")
const told = createNotificationQueue({ queue, notifier })
await told.notify(shipped, recipient, { order: "2" })
const worker = queue.work([told.job])
for (let wait = 0; wait < 1_000 && (pushed.length < 2 || mail.outbox!.list().length < 2); wait++)
  await new Promise((done) => setTimeout(done, 10))
await worker.stop()
await queue.close()
assert.deepEqual(pushed, ["token: 1", "token: 2"])
await sms.close()
console.log("all is well")
process.exit(0)
