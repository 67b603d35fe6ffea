import type { RedisLink } from "@ashlar/cache/redis"
import { uuidv7 } from "@ashlar/core"
import type { LaneReport, LaneStore } from "../lanes/lane-keeper.ts"
import type { RedisKeys } from "./redis-keys.ts"
import { BEAT, RELEASE } from "./redis-scripts.ts"

/** The partitions of one group, as keys that run out. */
export class RedisLanes implements LaneStore<true> {
  readonly member: string = uuidv7()
  readonly #link: RedisLink
  readonly #keys: RedisKeys
  readonly #group: string
  readonly #leaseMs: string

  constructor(link: RedisLink, keys: RedisKeys, group: string, leaseMs: number) {
    this.#link = link
    this.#keys = keys
    this.#group = group
    this.#leaseMs = String(leaseMs)
  }

  async beat(): Promise<LaneReport> {
    const keys = [this.#keys.members(this.#group), ...this.#keys.lanes(this.#group)]
    const [members, held, free] = (await this.#link.run(BEAT, keys, [this.member, this.#leaseMs])) as [
      string[],
      number[],
      number[],
    ]
    return { members: members.toSorted(), held: held.map(Number), free: free.map(Number) }
  }
  async take(lane: number): Promise<true | undefined> {
    const key = this.#keys.lane(this.#group, lane)
    const taken = await this.#link.send("SET", key, this.member, "NX", "PX", this.#leaseMs)
    return taken === null ? undefined : true
  }
  async release(lane: number): Promise<void> {
    await this.#link.run(RELEASE, [this.#keys.lane(this.#group, lane)], [this.member])
  }
  async leave(): Promise<void> {
    await this.#link.send("ZREM", this.#keys.members(this.#group), this.member)
  }
}
