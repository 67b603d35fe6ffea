import type { IRedisClient, IRedisTransaction } from "bullmq"
import type { NewJob } from "../store.ts"
import { type HeldRedisJob, type RedisJobData, RedisLane } from "./redis-lane.ts"
import { defineScripts, type ScriptName } from "./redis-scripts.ts"

/** How long a key is promised to a push that is under way. */
const PROMISE_MS = 30_000
const LOOK_MS = 20

/** That only one job of a key is there, whatever its kind: BullMQ has that for each of its queues alone. */
export class RedisUniques {
  readonly #client: IRedisClient
  readonly #prefix: string

  constructor(client: IRedisClient, prefix: string) {
    this.#client = client
    this.#prefix = prefix
    defineScripts(client)
  }

  /** The id of the job that has a job's key already, for each; those that have none get theirs promised. */
  async reserve(jobs: readonly NewJob[]): Promise<readonly (string | undefined)[]> {
    const held: (string | undefined)[] = []
    for (const [at, job] of jobs.entries()) {
      if (job.unique === undefined) continue
      // Of two in one call the first is kept.
      const twin = jobs
        .slice(0, at)
        .findIndex((other, index) => other.unique?.key === job.unique!.key && held[index] === undefined)
      held[at] = twin >= 0 ? jobs[twin]!.id : await this.#reserve(job)
    }
    return Array.from(jobs, (_, at) => held[at])
  }
  async #reserve(job: NewJob): Promise<string | undefined> {
    const args = [this.#key(job.unique!.key), this.#mark(job), PROMISE_MS, `${this.#prefix}:`]
    for (;;) {
      const answer = String(await this.#run("ashlarReserve", args))
      if (answer === "") return undefined
      if (answer !== "?") return answer
      await new Promise((done) => setTimeout(done, LOOK_MS))
    }
  }
  /** Together with the jobs. */
  confirm(transaction: IRedisTransaction, jobs: readonly NewJob[]): void {
    for (const job of jobs) {
      if (job.unique === undefined) continue
      const { key, until } = job.unique
      const ttlMs = typeof until === "number" ? until : 0
      transaction.runCommand("ashlarConfirm", [this.#key(key), this.#mark(job), ttlMs])
    }
  }

  async started(jobs: readonly HeldRedisJob[]): Promise<void> {
    for (const { data, id, lane } of jobs) {
      const { unique } = data
      if (unique?.until === "started") await this.#free(unique.key, { id, lane }, true)
    }
  }
  /** @param isSure It is gone, whatever is seen of it. */
  async ended(
    unique: RedisJobData["unique"],
    { id, lane }: { readonly id: string; readonly lane: RedisLane },
    isSure = false,
  ): Promise<void> {
    if (unique !== undefined && typeof unique.until !== "number") await this.#free(unique.key, { id, lane }, isSure)
  }
  async #free(
    key: string,
    { id, lane }: { readonly id: string; readonly lane: RedisLane },
    isSure: boolean,
  ): Promise<void> {
    const mark = `${id} ${lane.queue.name}`
    await this.#run("ashlarFree", [this.#key(key), lane.keyOf(id), mark, isSure ? 1 : 0])
  }

  #run(name: ScriptName, args: readonly (string | number)[]): Promise<unknown> {
    return this.#client.runCommand(name, [...args])
  }
  #key(key: string): string {
    return `${this.#prefix}:unique:${key}`
  }
  #mark({ id, name, priority }: NewJob): string {
    return `${id} ${RedisLane.queueName(name, RedisLane.sideOf(priority))}`
  }
}
