import type { CloudEvent } from "../envelope/cloud-event.ts"
import { parseCloudEvent } from "../envelope/json-format.ts"
import { wholeNumber } from "../option.ts"
import type { BusDriver, DeadLetter } from "./bus-driver.ts"

/** An event that a group could not handle. */
export interface DeadEvent {
  /** Of the letter; the event has its own. */
  readonly id: string
  /** `undefined`: what came was no event. Its text is then in `text`. */
  readonly event: CloudEvent | undefined
  readonly text: string
  /** What the last attempt failed with: its code or name, and its message. */
  readonly reason: string
  readonly at: Date
}

/** The dead letters of one group. They are kept until they are redriven or discarded, or the bus's time of retention is over. */
export interface DeadLetters {
  /** A page of them, the oldest first. */
  list(options?: { readonly limit?: number; readonly after?: string }): Promise<readonly DeadEvent[]>
  /**
   * Hands letters to the group again, and to no other: after what it has before it, so out of the order of their keys.
   * @returns how many were there.
   */
  redrive(ids: readonly string[] | "all"): Promise<number>
  /** @returns how many were there. */
  discard(ids: readonly string[] | "all"): Promise<number>
}

const PAGE = 100
const MAX_PAGE = 1_000

/** What keeps them: a bus, or an outbox. */
export type LetterStore = Pick<BusDriver, "deadLetters" | "redrive" | "discard">

export class LiveDeadLetters implements DeadLetters {
  readonly #driver: () => Promise<LetterStore>
  readonly #group: string

  constructor(driver: () => Promise<LetterStore>, group: string) {
    this.#driver = driver
    this.#group = group
  }

  async list({
    limit = PAGE,
    after,
  }: {
    readonly limit?: number
    readonly after?: string
  } = {}): Promise<readonly DeadEvent[]> {
    wholeNumber("limit", limit, 1, MAX_PAGE)
    const letters = await (await this.#driver()).deadLetters(this.#group, { limit, after })
    return letters.map(toDeadEvent)
  }
  async redrive(ids: readonly string[] | "all"): Promise<number> {
    const driver = await this.#driver()
    return await this.#each(ids, (some) => driver.redrive(this.#group, some))
  }
  async discard(ids: readonly string[] | "all"): Promise<number> {
    const driver = await this.#driver()
    return await this.#each(ids, (some) => driver.discard(this.#group, some))
  }

  /** Of all, those that are there now: one that dies again meanwhile is not taken twice. */
  async #each(ids: readonly string[] | "all", act: (ids: readonly string[]) => Promise<number>): Promise<number> {
    const all = ids === "all" ? await this.#ids() : ids
    let count = 0
    for (let at = 0; at < all.length; at += PAGE) count += await act(all.slice(at, at + PAGE))
    return count
  }
  async #ids(): Promise<string[]> {
    const driver = await this.#driver()
    const ids: string[] = []
    for (;;) {
      const page = await driver.deadLetters(this.#group, { limit: MAX_PAGE, after: ids.at(-1) })
      ids.push(...page.map(({ id }) => id))
      if (page.length < MAX_PAGE) return ids
    }
  }
}

function toDeadEvent({ id, text, reason, deadMs }: DeadLetter): DeadEvent {
  let event: CloudEvent | undefined
  try {
    event = parseCloudEvent(text, { maxBytes: Number.MAX_SAFE_INTEGER })
  } catch {
    // What was no event when it died is none now.
  }
  return { id, event, text, reason, at: new Date(deadMs) }
}
