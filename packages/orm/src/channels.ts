import type { ChannelListener, Engine, StopListening } from "./driver.ts"
import { OrmConnectFailed, OrmUnsupported } from "./errors.ts"
import { quoteName } from "./sql.ts"

/** The channels that one open database listens on. */
export class Channels {
  readonly #engine: Engine
  readonly #open: Set<StopListening> = new Set()

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** @throws {ORM_UNSUPPORTED} {ORM_IDENTIFIER_INVALID} {ORM_CONNECT_FAILED} */
  async listen(channel: string, listener: ChannelListener): Promise<StopListening> {
    const { listen, dialect } = this.#engine
    if (listen === undefined)
      throw new OrmUnsupported(
        `Only PostgreSQL tells of notices, and this is ${dialect}. Look for what you wait for now and then.`,
      )
    quoteName(channel, dialect)
    let end: StopListening
    try {
      end = await listen(channel, listener)
    } catch (cause) {
      throw new OrmConnectFailed(undefined, { cause })
    }
    let ending: Promise<void> | undefined
    const stop: StopListening = () => {
      this.#open.delete(stop)
      ending ??= end()
      return ending
    }
    this.#open.add(stop)
    return stop
  }
  async close(): Promise<void> {
    await Promise.allSettled([...this.#open].map((stop) => stop()))
  }
}
