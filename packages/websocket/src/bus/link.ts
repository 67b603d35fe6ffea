import { BusFailed } from "../errors.ts"
import type { Bus, Unsubscribe } from "./bus.ts"
import { buses } from "./drivers.ts"

/** A subscription that is kept up as long as somebody needs it. */
export interface Listening {
  /** Ends when it stands, or when it failed for the first time. Never rejects. */
  readonly ready: Promise<void>
  end(): void
}

/** How long it takes until a subscription that failed is tried again. */
const RETRY_MS = 1_000

/**
 * A hub's way to its bus: opened at the first use, and told of in one place when it fails. Sockets of this process are
 * served whether or not the other processes can be reached.
 */
export class BusLink {
  readonly #open: () => Promise<Bus>
  readonly #report: (error: unknown) => void
  readonly #resumed: (() => void)[] = []
  #opening: Promise<Bus> | undefined
  #bus: Bus | undefined
  #isClosed = false

  constructor(bus: string | Bus, report: (error: unknown) => void) {
    if (typeof bus === "string") buses.guarantees(bus) // an unknown scheme is a mistake that should not wait
    this.#open = typeof bus === "string" ? () => buses.open(bus) : async () => bus
    this.#report = report
  }

  /** @throws {WEBSOCKET_BUS_FAILED} and what else the driver throws. */
  open(): Promise<Bus> {
    if (this.#isClosed) return Promise.reject(new BusFailed("The hub is closed"))
    this.#opening ??= this.#connect()
    return this.#opening
  }
  async #connect(): Promise<Bus> {
    try {
      const bus = await this.#open()
      bus.onResume(() => {
        for (const callback of this.#resumed) callback()
      })
      this.#bus = bus
      return bus
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }

  publish(topic: string, payload: string): void {
    const sent = this.#bus?.publish(topic, payload) ?? this.open().then((bus) => bus.publish(topic, payload))
    sent.catch((error: unknown) => this.#failed(error))
  }

  listen(topic: string, listener: (payload: string) => void): Listening {
    let isEnded = false
    let unsubscribe: Unsubscribe | undefined
    // Whoever can reach the bus can publish anything, and a client library does not expect its listener to throw.
    const careful = (payload: string): void => {
      try {
        listener(payload)
      } catch (error) {
        this.#failed(error)
      }
    }
    const begin = async (): Promise<void> => {
      try {
        const bus = await this.open()
        const end = await bus.subscribe(topic, careful)
        if (isEnded) await end()
        else unsubscribe = end
      } catch (error) {
        this.#failed(error)
        if (!isEnded && !this.#isClosed) setTimeout(() => void (isEnded || begin()), RETRY_MS).unref?.()
      }
    }
    return {
      ready: begin(),
      end: () => {
        isEnded = true
        unsubscribe?.().catch((error: unknown) => this.#failed(error))
      },
    }
  }

  onResume(callback: () => void): void {
    this.#resumed.push(callback)
  }
  async close(): Promise<void> {
    this.#isClosed = true
    const bus = await this.#opening?.catch(() => undefined)
    await bus?.close()
  }

  #failed(error: unknown): void {
    if (!this.#isClosed) this.#report(error)
  }
}
