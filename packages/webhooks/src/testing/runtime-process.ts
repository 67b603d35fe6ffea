/** Sends and receives once, on whatever runtime this is, over the databases that it is given, over http and https. */
import assert from "node:assert/strict"
import { createApp } from "@ashlar/http"
import { createConnect } from "@ashlar/http/outbound"
import { openIdempotency } from "@ashlar/idempotency"
import { openQueue } from "@ashlar/queue"
import { onceByWebhookId, verifyWebhook } from "../http/index.ts"
import { createWebhookKeyPair, createWebhookSecret } from "../index.ts"
import { openWebhooks } from "../sending/index.ts"

const { urls, secure } = JSON.parse(process.argv[2] ?? "{}") as {
  urls: string[]
  secure: { port: number; certificate: string }
}

for (const url of urls) {
  const pair = createWebhookKeyPair()
  const secret = createWebhookSecret()
  const verified = verifyWebhook({ keys: [secret, pair.publicKey] })
  const once = onceByWebhookId({ verified, store: openIdempotency("memory:") })
  const received: unknown[] = []
  let failures = 1
  const app = createApp()
  app.post("/hooks", { layers: [verified, once] }, async (ctx) => {
    if (failures-- > 0) return ctx.text("not now", 500)
    received.push(await ctx.read("json"))
    return null
  })
  const server = await app.listen({ port: 0, host: "127.0.0.1" })
  const queue = openQueue("memory:")
  const webhooks = openWebhooks(url, {
    queue,
    allowsHttp: true,
    allowsAddress: (address) => address === "127.0.0.1",
    resolve: async () => ["127.0.0.1"],
    connect: createConnect([secure.certificate]),
    retryMs: [10, 10],
  })
  const worker = queue.work([webhooks.job])
  const owner = crypto.randomUUID()
  await webhooks.endpoints.create({ owner, url: `${server.url.replace(/\/$/, "")}/hooks`, key: pair.secretKey })
  await webhooks.endpoints.create({ owner, url: `https://hooks.example.com:${secure.port}/a?b=1` })
  const wrong = await webhooks.endpoints.create({ owner, url: `https://other.example.com:${secure.port}/` })
  const { id, deliveries } = await webhooks.send({ owner, type: "a.b", data: { text: "é" } })
  assert.equal(deliveries, 3, url)
  for (let at = 0; at < 1_000; at++) {
    if ((await webhooks.deliveries({ event: id })).every(({ state }) => state !== "pending")) break
    await new Promise((done) => setTimeout(done, 20))
  }
  const ended = await webhooks.deliveries({ event: id })
  for (const { endpoint, state } of ended)
    assert.equal(state, endpoint === wrong.id ? "failed" : "delivered", `${url} ${JSON.stringify(ended)}`)
  assert.equal(received.length, 1, url)
  assert.deepEqual((received[0] as { data: unknown }).data, { text: "é" }, url)
  await worker.stop()
  await queue.close()
  await webhooks.close()
  await app.stop()
}
console.log("all is well")
process.exit(0)
