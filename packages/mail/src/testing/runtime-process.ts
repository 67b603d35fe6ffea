/** Does once, on whatever runtime this is, what the suites do on Bun. */
import assert from "node:assert/strict"
import { createApp } from "@ashlar/http"
import { openQueue } from "@ashlar/queue"
import { mailPreview } from "../http/index.ts"
import { html, openMail } from "../index.ts"
import { createMailQueue } from "../queue/index.ts"

const { smtp, ses } = JSON.parse(process.argv[2] ?? "{}") as { smtp: string; ses: string }
const from = "Shop <shop@example.com>"
const message = {
  to: "Ana Ünal <ana@example.com>",
  subject: "Grüße",
  html: html`<p>${"<x>"}</p>`,
  attachments: [{ filename: "a.bin", content: new Uint8Array([0, 255]) }],
}

for (const url of [smtp, ses]) {
  const mail = openMail(url, { from, attempts: 1 })
  const sent = await mail.send(message, { key: "one" })
  assert.deepEqual([sent.rejected, await mail.send(message, { key: "one" })], [[], sent], url)
  await mail.close()
}

const mail = openMail("memory:", { from })
const queue = openQueue("memory:")
const letters = createMailQueue({ queue, mail })
await letters.send({ to: "ana@example.com", subject: "queued", text: "x" })
const worker = queue.work([letters.job])
for (let wait = 0; wait < 1_000 && (mail.outbox?.list().length ?? 0) === 0; wait++)
  await new Promise((done) => setTimeout(done, 10))
await worker.stop()
await queue.close()

const app = createApp()
app.scope("/mail", mailPreview({ mail }))
const { url } = await app.listen({ port: 0, host: "127.0.0.1" })
const page = await fetch(`${url.replace(/\/$/, "")}/mail`)
assert.deepEqual([page.status, (await page.text()).includes("queued")], [200, true])
await app.stop()
console.log("all is well")
process.exit(0)
