import { AshlarError } from "@ashlar/core"
import { errors } from "@ashlar/http"
import { v } from "@ashlar/validation"
import { defineSignal, defineWorkflow, type Workflow } from "@ashlar/workflow"
import type { Notices } from "./notices.ts"
import { advance, closeCancelled, condemn, findOrder, tryAdvance } from "./order-states.ts"
import type { Payments } from "./payments.ts"
import type { Pace } from "./settings.ts"

/** What the fulfilment of an order waits for: the word of the payment provider, or of a customer who does not want it any more. */
export const News = defineSignal("news", v.object({ outcome: v.enum(["paid", "declined", "cancelled"]) }))

export type Fulfilment = Workflow<{ order: string }, { order: string }, void>

/** From an order that was placed to one that is shipped, or to one for which all was taken back, the last first. */
export function createFulfilment(
  { payments, notices }: { readonly payments: Payments; readonly notices: Notices },
  pace: Pace,
): Fulfilment {
  const once = { retries: 5, backoffMs: pace.backoffMs, retryIf: isPassing }
  const asking = { ...once, retries: 8, timeoutMs: pace.answerMs + 1_000 }
  return defineWorkflow("fulfilment", { input: v.object({ order: v.string() }) }, async (ctx, { order: id }) => {
    // What placing the order held is this run's from here on: to give back, should it come to that.
    const { isPlaced, amountCents } = await ctx.transaction(
      "reserve",
      async (tx) => {
        const isPlaced = await tryAdvance(tx, id, { from: "placed", to: "reserved" })
        return { isPlaced, amountCents: (await findOrder(tx, id)).totalCents }
      },
      {
        retries: 1_000, // only the database can fail it
        backoffMs: pace.backoffMs,
        undo: async (tx) => await notices.tell(tx, "cancelled", await closeCancelled(tx, id)),
      },
    )
    if (!isPlaced) throw new errors.Gone("It was cancelled before anything was done.")

    // Opening moves no money. So there is always a payment to undo, whatever became of a charge that nobody answered.
    const payment = await ctx.step("payment", (step) => payments.open({ reference: id, amountCents }, step), {
      ...asking,
      undo: (payment, step) => payments.refund(payment, step),
    })
    await ctx.step("charge", (step) => payments.charge(payment, step), asking)
    const news = await ctx.waitFor(News, { timeoutMs: pace.decisionMs })
    if (news?.outcome !== "paid") {
      const reason = news === undefined ? "The payment was not decided in time." : `The payment was ${news.outcome}.`
      await ctx.transaction("give up", (tx) => condemn(tx, id, reason), once)
      throw new errors.PaymentRequired(reason)
    }
    const then = (from: "reserved" | "paid" | "packed", to: "paid" | "packed" | "shipped") =>
      ctx.transaction(
        to,
        async (tx) => {
          const order = await advance(tx, id, { from, to })
          if (to !== "packed") await notices.tell(tx, to, order)
        },
        once,
      )
    await then("reserved", "paid")
    // While the goods are picked, a customer may still think better of it.
    const late = await ctx.waitFor(News, { timeoutMs: pace.pickingMs })
    if (late?.outcome === "cancelled") throw new errors.Gone("It was cancelled while it was picked.")
    await then("paid", "packed")
    await then("packed", "shipped")
  })
}

/** What was refused will be refused again; what was not answered, or failed on the other side, may pass. */
function isPassing(error: unknown): boolean {
  return !(error instanceof AshlarError && error.status < 500)
}
