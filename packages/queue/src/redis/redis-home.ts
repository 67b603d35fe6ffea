import { type OpenClient, RedisLink, type RedisOptions, type Reply, type Script } from "@ashlar/cache/redis"
import type { DriverUrl } from "@ashlar/core"
import { QueueClosed, QueueStoreFailed } from "../errors.ts"
import type { StoreSettings } from "../store.ts"

/** One queue in Redis: two connections, for one that listens can do nothing else. Every failure is one of a queue. */
export class RedisHome {
  readonly #link: RedisLink
  readonly #ear: RedisLink
  readonly #key: string
  readonly #settings: StoreSettings
  #isClosed = false

  private constructor(link: RedisLink, ear: RedisLink, prefix: string, settings: StoreSettings) {
    this.#link = link
    this.#ear = ear
    // In braces: one slot of a cluster for all of it.
    this.#key = `{${prefix}:${settings.queue}}`
    this.#settings = settings
  }

  /** @throws {QUEUE_STORE_FAILED} when nobody answers in time. */
  static async open(
    url: DriverUrl,
    options: RedisOptions,
    { client, settings }: { readonly client: OpenClient; readonly settings: StoreSettings },
  ): Promise<RedisHome> {
    try {
      const link = await RedisLink.open(url, options, client)
      try {
        return new RedisHome(link, await RedisLink.open(url, options, client), options.prefix, settings)
      } catch (error) {
        link.close()
        throw error
      }
    } catch (cause) {
      throw new QueueStoreFailed(`Redis does not answer at ${url}`, { cause })
    }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** @param args Behind the time. */
  async run(what: string, script: Script, args: readonly string[]): Promise<Reply> {
    const { clock } = this.#settings
    const now = clock === undefined ? "-1" : String(clock.now())
    return await this.#do(what, () => this.#link.run(script, [this.#key], [now, ...args]))
  }
  /** @param place What follows the name of the queue. */
  async send(what: string, command: string, place: string, ...args: readonly string[]): Promise<Reply> {
    return await this.#do(what, () => this.#link.send(command, `${this.#key}:${place}`, ...args))
  }

  /** What is rung while the connection is lost is missed. */
  async hear(ring: () => void): Promise<void> {
    await this.#do("subscribe", () => this.#ear.subscribe(`${this.#key}:bell`, ring))
    this.#ear.onState((isConnected) => isConnected && ring())
  }
  ring(): void {
    if (!this.#isClosed) this.#link.send("PUBLISH", `${this.#key}:bell`, "").catch(() => undefined) // others look now and then
  }

  close(): void {
    this.#isClosed = true
    this.#link.close()
    this.#ear.close()
  }

  async #do<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new QueueClosed("The queue was closed.")
    try {
      return await work()
    } catch (cause) {
      if (this.#isClosed) throw new QueueClosed("The queue was closed.")
      throw new QueueStoreFailed(`Redis did not ${what}`, { cause })
    }
  }
}
