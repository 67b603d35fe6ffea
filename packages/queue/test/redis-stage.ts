import { afterAll, afterEach, beforeEach, describe } from "bun:test"
import { RedisLink, redisClients, type Script } from "@ashlar/cache/redis"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock, parseDriverUrl } from "@ashlar/core"
import { queueDrivers } from "../src/drivers/drivers.ts"
import { deleteKeys } from "../src/testing/brokers.ts"
import { type Stage, uniqueName } from "../src/testing/store-stage.ts"

export interface RedisStage extends Stage {
  /** Asks the server past the store. */
  send: (command: string, ...args: readonly string[]) => Promise<unknown>
  /** Runs a script past the store. */
  run: (script: Script, args: readonly string[]) => Promise<unknown>
  /** Of the key that all others begin with. */
  home: string
}

/** Where the server is, and what all keys of these tests begin with. */
export interface RedisPlace {
  readonly port: number
  readonly prefix: string
}

/** What the store of Redis has to bear beyond what the suite asks of every store; nothing where there is no server. */
export async function describeRedis(
  name: string,
  cases: (stage: RedisStage, place: RedisPlace) => void,
): Promise<void> {
  const port = await findServer("Redis")
  if (port === undefined) return
  describe(name, () => {
    const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
    const url = `redis://127.0.0.1:${port}?prefix=${prefix}`
    const stage = {} as RedisStage
    let link: RedisLink
    beforeEach(async () => {
      const clock = manualClock(Date.now())
      const settings = { queue: uniqueName(), clock, pollMs: 20, onError: (error: unknown) => console.error(error) }
      const open = async () => await (await queueDrivers.open(url))(settings)
      const [store, other] = [await open(), await open()]
      await store.ready?.()
      await other.ready?.()
      const options = { prefix, connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 }
      link = await RedisLink.open(parseDriverUrl(url), options, await redisClients())
      const pass = async (ms: number) => {
        clock.advance(ms)
        await Bun.sleep(30) // it is not looked for what is due at every claim
      }
      const home = `{${prefix}:${settings.queue}}`
      const run = (script: Script, args: readonly string[]) => link.run(script, [home], ["-1", ...args])
      Object.assign(stage, { store, other, clock, pass, home, run, send: link.send.bind(link) })
    })
    afterEach(async () => {
      await Promise.all([stage.store.close(), stage.other.close()])
      link.close()
    })
    afterAll(() => deleteKeys(port, prefix))
    cases(stage, { port, prefix })
  })
}
