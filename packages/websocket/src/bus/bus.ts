import { BusPayloadTooLarge } from "../errors.ts"

/**
 * How processes tell each other of messages. What every driver must do is held by `describeBus`:
 *
 * - A payload is any text, up to the driver's `maxPayloadBytes` in UTF-8. It arrives as it was sent, once, at every
 *   subscription of its topic that stood when it was published, in the publishing process too.
 * - What one bus publishes arrives in the order in which it was published, over all its topics.
 * - Nothing is kept: who is not connected misses what was published. `onResume` tells that this may have happened.
 */
export interface Bus {
  /**
   * Ends when the payload is on its way. While a connection is lost a bus may keep it, or refuse it.
   * @throws {WEBSOCKET_BUS_FAILED} when it cannot be sent now, or the bus is closed.
   * @throws {WEBSOCKET_BUS_PAYLOAD_TOO_LARGE}
   */
  publish(topic: string, payload: string): Promise<void>
  /**
   * Ends once the subscription stands. Several on one topic stand each for itself; ending one twice does nothing.
   * @throws {WEBSOCKET_BUS_FAILED} when there is no connection now, or the bus is closed.
   */
  subscribe(topic: string, listener: (payload: string) => void): Promise<Unsubscribe>
  /** Called after a lost connection is back and all subscriptions stand again. */
  onResume(callback: () => void): void
  /** Gives the connections back. Nothing arrives after it. Closing twice does nothing. */
  close(): Promise<void>
}

export type Unsubscribe = () => Promise<void>

/** Refuses what a bus does not carry. @throws {WEBSOCKET_BUS_PAYLOAD_TOO_LARGE} */
export function checkPayload(payload: string, maxPayloadBytes: number): void {
  // No text has more than three bytes for each of its units, so most need no counting.
  if (payload.length * 3 <= maxPayloadBytes) return
  const bytes = new TextEncoder().encode(payload).byteLength
  if (bytes <= maxPayloadBytes) return
  const message = `A message of ${bytes} bytes is larger than the ${maxPayloadBytes} that the bus carries`
  throw new BusPayloadTooLarge(message, { details: { maxPayloadBytes } })
}
