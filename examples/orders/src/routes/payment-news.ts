import { AshlarError } from "@ashlar/core"
import { type BaseContext, errors, post, routes } from "@ashlar/http"
import { onceByWebhookId, verifyWebhook } from "@ashlar/webhooks/http"
import { Db } from "../database.ts"
import { News } from "../fulfilment.ts"
import { PaymentEvent } from "../schemas.ts"
import { Flows, Keys } from "../services.ts"
import { Settings } from "../settings.ts"

/** Only what the provider signed, and not long ago; and of each event only the first. */
const verified = verifyWebhook({ keys: async (ctx: BaseContext) => (await ctx.use(Settings)).paymentsSecret })
const once = onceByWebhookId({ verified, store: Keys, sender: "payments", transaction: Db })

/** What the payment provider does. */
export const paymentRoutes = routes({
  news: post(
    "/hooks/payments",
    {
      summary: "What became of a payment",
      tags: ["payments"],
      layers: [verified, once],
      body: PaymentEvent,
      response: { 204: null },
      errors: [errors.NotFound],
    },
    async (ctx) => {
      const { type, data } = ctx.body
      const outcome = type === "payment.charged" ? "paid" : "declined"
      const flows = await ctx.use(Flows)
      await flows.signal(data.reference, News, { outcome }, { id: ctx.webhook.id }).catch((error) => {
        if (codeOf(error) === "WORKFLOW_RUN_UNKNOWN") throw new errors.NotFound("There is no such order.")
        if (codeOf(error) !== "WORKFLOW_RUN_ENDED") throw error // else nobody waits for it any more
      })
      return ctx.empty()
    },
  ),
})

function codeOf(error: unknown): string | undefined {
  return error instanceof AshlarError ? error.code : undefined
}
