import type { ConfirmChannel } from "amqplib"
import { brokerName } from "../brokers/broker-name.ts"

/** The queues of RabbitMQ that a connection knows to be there, made when they are missing. */
export interface AmqpPlaces {
  /** Where a job of the kind is published: its queue, or one from which it comes there after so long. */
  of(name: string, delayMs: number): Promise<string>
  /** Where jobs of the kind are put that failed for good. */
  dead(name: string): Promise<string>
}

/** How long a queue of delayed jobs that nobody uses is kept, beyond its delay; it is declared anew twice as often. */
const UNUSED_MS = 600_000
/** How long what failed for good is kept. */
const KEEP_DEAD_MS = 14 * 86_400_000
/** RabbitMQ 4 would bury a message that was given back 20 times. */
const MANY_DELIVERIES = 100_000
const MAX_NAME = 200

/**
 * A queue for each kind, one for each delay, whose messages expire into the first, and one for the dead.
 *
 * @see https://www.rabbitmq.com/docs/ttl and https://www.rabbitmq.com/docs/dlx
 */
export function amqpPlaces(
  channel: ConfirmChannel,
  {
    queue,
    queueType,
    expiresMs,
  }: { readonly queue: string; readonly queueType: "quorum" | "classic"; readonly expiresMs: number },
): AmqpPlaces {
  const made = new Map<string, { readonly atMs: number; readonly done: Promise<string> }>()
  const make = (place: string, options: Readonly<Record<string, unknown>>): Promise<string> => {
    const known = made.get(place)
    if (known !== undefined && performance.now() - known.atMs < UNUSED_MS / 2) return known.done
    const done = channel
      .assertQueue(place, { durable: true, arguments: { "x-queue-type": queueType, ...options } })
      .then(() => place)
    made.set(place, { atMs: performance.now(), done })
    done.catch(() => made.delete(place))
    return done
  }
  /** A message that goes on is confirmed by where it goes, before it leaves where it was. */
  const onward = (place: string): Readonly<Record<string, unknown>> => ({
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": place,
    ...(queueType === "quorum" && { "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish" }),
  })
  const expires = expiresMs > 0 ? { "x-expires": expiresMs } : {}
  const base = (name: string): string => `${queue}.${brokerName(name, MAX_NAME)}`
  const places: AmqpPlaces = {
    async of(name, delayMs) {
      const limit = queueType === "quorum" ? { "x-delivery-limit": MANY_DELIVERIES } : {}
      const [main] = await Promise.all([
        make(base(name), { ...onward(`${base(name)}.dead`), ...limit, ...expires }),
        places.dead(name),
      ])
      if (delayMs <= 0) return main
      const ttlMs = roundUp(delayMs)
      const delay = { ...onward(main), "x-message-ttl": ttlMs, "x-expires": ttlMs + UNUSED_MS }
      return await make(`${main}.after-${ttlMs}`, delay)
    },
    dead: (name) => make(`${base(name)}.dead`, { "x-message-ttl": KEEP_DEAD_MS, ...expires }),
  }
  return places
}

/** To two digits, so that there are not more than ninety queues for each power of ten. */
export function roundUp(ms: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(ms)) - 1)
  return Math.ceil(ms / step) * step
}
