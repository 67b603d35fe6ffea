import type { QueueGuarantees } from "../guarantees.ts"

/** A job on its way to a broker. */
export interface Outgoing {
  /** The kind of job, by which workers ask. */
  readonly name: string
  readonly id: string
  readonly body: string
  readonly delayMs: number
}

/** A message in this process's hands. */
export interface Delivery {
  readonly body: string
  /** Which time it is delivered, from 1, as far as the broker knows. */
  readonly count: number
  /** Whether the broker has taken it back by now, as far as is known here. */
  isGone?(): boolean
}

/**
 * What a message broker does for a queue: a place for each kind of job, from which a message is given to one process at a time, and
 * again when that one does not say that it is done. {@link BrokerStore} makes a store of it.
 *
 * Each call resolves when the broker has confirmed it, and rejects otherwise.
 */
export interface Broker<D extends Delivery = Delivery> {
  readonly guarantees: QueueGuarantees
  ready(): Promise<void>
  publish(jobs: readonly Outgoing[]): Promise<void>
  /** Messages that are there, without waiting. */
  fetch(name: string, max: number, leaseMs: number): Promise<readonly D[]>
  /** Holds them for so long from now. A broker that holds them as long as the connection lives does nothing. */
  extend(deliveries: readonly D[], leaseMs: number): Promise<void>
  /** Takes them away: they are done. */
  complete(deliveries: readonly D[]): Promise<void>
  /**
   * Has it delivered again after so long, its next delivery counted.
   * @param body Where a new message takes its place: with the attempts that are used up in it.
   */
  retry(delivery: D, delayMs: number, again: Outgoing): Promise<void>
  /** Gives it back at once. */
  release(delivery: D): Promise<void>
  /** Puts it away where people find it, and takes it from the queue. */
  bury(delivery: D, dead: Outgoing): Promise<void>
  /** Its lease has ended, and nobody may be told: the broker is, if it does not know by itself. */
  expire?(delivery: D): void
  /** Lets other processes know that there are jobs. */
  ring(): void
  onRing(callback: () => void): void
  close(): Promise<void>
}
