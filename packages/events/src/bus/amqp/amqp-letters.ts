import type { GetMessage } from "amqplib"
import type { DeadLetter, DeadLetterPage } from "../bus-driver.ts"
import type { AmqpLink } from "./amqp-link.ts"

/** So many are looked at: a queue has no other way to its middle. */
const MAX_LOOKED_AT = 10_000

export const REASON_HEADER = "ashlar-reason"
export const QUEUE_HEADER = "ashlar-queue"
export const DEAD_MS_HEADER = "ashlar-dead-ms"

/** Dead letters in a queue. They are taken out to be looked at, and put back. */
export class AmqpLetters {
  readonly #link: AmqpLink

  constructor(link: AmqpLink) {
    this.#link = link
  }

  async list(queue: string, { limit, after = "" }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const letters: DeadLetter[] = []
    await this.#each(queue, async ({ properties, content }) => {
      const { headers = {}, messageId } = properties
      letters.push({
        id: String(messageId),
        text: content.toString(),
        reason: String(headers[REASON_HEADER] ?? ""),
        deadMs: Number(headers[DEAD_MS_HEADER] ?? 0),
      })
      return false
    })
    const inOrder = letters.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return inOrder.filter(({ id }) => id > after).slice(0, limit)
  }

  /** Takes letters away once the work is done with each. @returns how many were there. */
  async take(queue: string, ids: readonly string[], work: (letter: GetMessage) => Promise<void>): Promise<number> {
    const wanted = new Set(ids)
    let count = 0
    await this.#each(queue, async (letter) => {
      if (!wanted.delete(String(letter.properties.messageId))) return false
      await work(letter)
      count++
      return true
    })
    return count
  }

  async #each(queue: string, visit: (letter: GetMessage) => Promise<boolean>): Promise<void> {
    const channel = await this.#link.channel()
    try {
      if (!(await this.#isThere(queue))) return
      for (let at = 0; at < MAX_LOOKED_AT; at++) {
        const letter = await this.#link.inTime("give a dead letter", () => channel.get(queue))
        if (letter === false) return
        if (await visit(letter)) channel.ack(letter)
      }
    } finally {
      // What was not acknowledged is there again.
      await channel.close().catch(() => undefined)
    }
  }
  async #isThere(queue: string): Promise<boolean> {
    const channel = await this.#link.channel()
    try {
      await channel.checkQueue(queue)
      await channel.close()
      return true
    } catch {
      return false // which has closed the channel
    }
  }
}
