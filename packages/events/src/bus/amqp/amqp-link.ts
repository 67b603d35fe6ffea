import { type DriverUrl, withDeadline } from "@ashlar/core"
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from "amqplib"
import { BusClosed, BusFailed } from "../../errors.ts"
import type { AmqpOptions } from "./amqp-names.ts"

/** A connection that is made anew when it is lost, and channels that are asked for when they are needed. */
export class AmqpLink {
  readonly #url: string
  readonly #shown: string
  readonly #options: AmqpOptions
  #connecting: Promise<ChannelModel> | undefined
  #confirming: Promise<ConfirmChannel> | undefined
  #isClosed = false

  /** @param leaseMs After about so long without a sign of life the server gives what this process had to another. */
  constructor(url: DriverUrl, options: AmqpOptions, leaseMs: number) {
    // Two that are missing are the end of a connection.
    const heartbeatSeconds = Math.max(1, Math.round(leaseMs / 2_000))
    this.#url = `${url.reveal().replace(/\?.*$/, "")}?heartbeat=${heartbeatSeconds}`
    this.#shown = url.toString()
    this.#options = options
  }

  get timeoutMs(): number {
    return this.#options.commandTimeoutMs
  }

  /** A channel of its own. What goes wrong on it closes it, and no other. @throws {EVENTS_BUS_FAILED} {EVENTS_BUS_CLOSED} */
  async channel(): Promise<Channel> {
    const connection = await this.#connection()
    return quiet(await this.inTime("open a channel", () => connection.createChannel()))
  }

  /** The one for what has to be confirmed. */
  confirmChannel(): Promise<ConfirmChannel> {
    this.#confirming ??= this.#openConfirming()
    return this.#confirming
  }
  async #openConfirming(): Promise<ConfirmChannel> {
    const forget = (): void => {
      this.#confirming = undefined
    }
    try {
      const connection = await this.#connection()
      const channel = quiet(await this.inTime("open a channel", () => connection.createConfirmChannel()))
      channel.on("close", forget)
      return channel
    } catch (error) {
      forget()
      throw error
    }
  }

  #connection(): Promise<ChannelModel> {
    if (this.#isClosed) return Promise.reject(new BusClosed())
    this.#connecting ??= this.#connect()
    return this.#connecting
  }
  async #connect(): Promise<ChannelModel> {
    const failed = (cause?: unknown) => new BusFailed(`RabbitMQ does not answer at ${this.#shown}.`, { cause })
    try {
      const opening = connect(this.#url, { timeout: this.#options.connectTimeoutMs })
      const connection = await withDeadline(() => opening, this.#options.connectTimeoutMs, failed)
      connection.on("error", () => undefined) // what is wrong comes back from what met it
      connection.on("close", () => {
        this.#connecting = undefined
        this.#confirming = undefined
      })
      return connection
    } catch (cause) {
      this.#connecting = undefined
      throw cause instanceof BusFailed ? cause : failed(cause)
    }
  }

  async inTime<T>(what: string, work: () => Promise<T>): Promise<T> {
    const failed = (cause?: unknown) => new BusFailed(`RabbitMQ did not ${what}.`, { cause })
    try {
      return await withDeadline(work, this.timeoutMs, failed)
    } catch (cause) {
      throw cause instanceof BusFailed ? cause : failed(cause)
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const connection = await this.#connecting?.catch(() => undefined)
    await connection?.close().catch(() => undefined)
  }
}

function quiet<C extends Channel>(channel: C): C {
  channel.on("error", () => undefined)
  return channel
}
