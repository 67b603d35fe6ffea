import type { Channel } from "../channel.ts"
import { type Exchange, failureOf } from "../exchange.ts"
import { type DataQuestion, type GuestQuestion, maxDataBytes } from "../messages.ts"

/** At most so many questions are under way; the rest wait here, so that `Promise.all` over a thousand reads just works. */
const MAX_UNDER_WAY = 64

/** Asks the platform on behalf of a function. */
export class Asking {
  readonly #channel: Channel
  #underWay = 0
  readonly #waiting: (() => void)[] = []

  constructor(channel: Channel) {
    this.#channel = channel
  }

  /** Opens a question; its place is free again when the exchange is over. */
  async open(question: GuestQuestion, first: Uint8Array, end: boolean): Promise<Exchange> {
    if (this.#underWay >= MAX_UNDER_WAY) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#underWay++
    const exchange = this.#channel.open(question, first, end)
    void exchange.closed.then(() => {
      this.#underWay--
      this.#waiting.shift()?.()
    })
    return exchange
  }

  /** One `ctx.db` call: JSON text in, JSON text out. @throws the platform's error, with its code. */
  async data(question: Omit<DataQuestion, "kind">, argumentsJson: string): Promise<string> {
    const exchange = await this.open({ kind: "data", ...question }, Buffer.from(argumentsJson), true)
    const failure = failureOf(await exchange.reply)
    if (failure) throw failure
    return Buffer.from(await exchange.inbox.collect(maxDataBytes)).toString()
  }
}
