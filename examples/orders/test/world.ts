import { createWebhookSecret, verifyWebhookSignature } from "@ashlar/webhooks"
import { PaymentProvider } from "../src/payment-provider.ts"
import type { ShopSettings } from "../src/settings.ts"

/** What is around a shop, and outlives its processes: the payment provider, and somebody who hears of orders. */
export interface World {
  readonly provider: PaymentProvider
  readonly settings: ShopSettings
  /** Webhooks that were taken, by the order that they are about. */
  readonly heard: Map<string, { readonly type: string; readonly id: string }[]>
  readonly hookUrl: string
  /** Where the shop is, and the key that it signs with, once they are known. */
  readonly shop: { url: string; hookKey: string }
  stop(): Promise<void>
}

/** @param fails How likely somebody who hears of orders does not take a webhook. */
export async function startWorld(
  settings: Pick<ShopSettings, "databaseUrl" | "pace"> & { readonly folder: string },
  {
    random = Math.random,
    declines = 0,
    troubles = 0,
    fails = 0,
    decidesAfterMs = 50,
  }: { random?: () => number; declines?: number; troubles?: number; fails?: number; decidesAfterMs?: number } = {},
): Promise<World> {
  const shop = { url: "", hookKey: "" }
  const heard: World["heard"] = new Map()
  const secret = createWebhookSecret()
  const slowMs = settings.pace.answerMs + 300
  const notify = () => `${shop.url}/hooks/payments`
  const provider = new PaymentProvider({
    secret,
    notify,
    declines,
    troubles,
    decisionMs: decidesAfterMs,
    slowMs,
    random,
  })
  const { url: paymentsUrl } = await provider.app.listen({ port: 0 })
  const receiver = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { id } = verifyWebhookSignature(request.headers, await request.clone().text(), { keys: shop.hookKey })
      if (random() < fails) return new Response(null, { status: 500 })
      const { type, data } = (await request.json()) as { type: string; data: { id: string } }
      heard.set(data.id, [...(heard.get(data.id) ?? []), { type, id }])
      return new Response(null, { status: 204 })
    },
  })
  return {
    provider,
    heard,
    shop,
    hookUrl: `http://127.0.0.1:${receiver.port}/`,
    settings: {
      databaseUrl: settings.databaseUrl,
      storageUrl: `file:${settings.folder}/files`,
      mailUrl: "memory:",
      reportsTo: "owner@shop.example",
      paymentsUrl,
      paymentsSecret: secret,
      allowsLocalHooks: true,
      pace: settings.pace,
    },
    async stop() {
      await provider.app.stop(0)
      await receiver.stop(true)
    },
  }
}
