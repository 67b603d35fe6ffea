import { asBusFailed } from "../as-bus-failed.ts"
import type { Handle } from "../bus-driver.ts"
import { Doorbell } from "../doorbell.ts"
import type { Lane } from "../lanes/lane-keeper.ts"
import type { LaneState, SqlLanes } from "./sql-lanes.ts"
import type { LogRow, SqlLog } from "./sql-log.ts"

const BATCH = 64
/** How often it is noted how far a slow batch is: after a crash the rest of it comes again. */
const NOTE_EVERY_MS = 200
/** Should a ring have been lost. */
const LOOK_EVERY_MS = 2_000
const RETRY_MS = 200

/** Handles the events of one partition for one group, one after the other, as long as this process holds it. */
export class SqlLaneWorker {
  readonly bell: Doorbell = new Doorbell()
  readonly #log: SqlLog
  readonly #lanes: SqlLanes
  readonly #lane: Lane<LaneState>
  readonly #group: string
  readonly #handle: Handle
  readonly #over: AbortSignal
  /** Up to here all is done, and noted so. */
  #done: number
  #noted: number
  #notedAt = 0

  constructor(log: SqlLog, lanes: SqlLanes, lane: Lane<LaneState>, group: string, handle: Handle) {
    this.#log = log
    this.#lanes = lanes
    this.#lane = lane
    this.#group = group
    this.#handle = handle
    this.#done = lane.start.donePos
    this.#noted = lane.start.donePos
    this.#over = AbortSignal.any([lane.lost, lane.stopping])
    this.#over.addEventListener("abort", () => this.bell.ring(), { once: true })
  }

  /** Until the partition is lost, or to be given back. */
  async run(onError: (error: unknown) => void): Promise<void> {
    while (!this.#over.aborted)
      try {
        if (!(await this.#batch())) return
      } catch (error) {
        onError(error)
        await this.bell.wait(RETRY_MS)
      }
    if (!this.#lane.lost.aborted) await this.#note(this.#done)
  }

  /** @returns whether to go on. */
  async #batch(): Promise<boolean> {
    const { number } = this.#lane
    const rows = await asBusFailed("Reading events", () => this.#log.ofPart(this.#group, number, this.#done, BATCH))
    const last = rows.at(-1)
    if (last === undefined) {
      if (this.#noted !== this.#done && !(await this.#note(this.#done))) return false
      await this.bell.wait(LOOK_EVERY_MS)
      return true
    }
    // What the one before had begun with is noted until it is through.
    if (!(await this.#note(Math.max(last.pos, this.#lane.start.fetchedPos)))) return false
    for (const row of rows) {
      if (this.#over.aborted) return true
      const end = await this.#one(row)
      if (end === "lost") return false
      if (end === "released") {
        await this.bell.wait(RETRY_MS)
        return true
      }
      if (
        performance.now() - this.#notedAt > NOTE_EVERY_MS &&
        !(await this.#note(Math.max(last.pos, this.#lane.start.fetchedPos)))
      )
        return false
    }
    return true
  }

  async #one(row: LogRow): Promise<"done" | "released" | "lost"> {
    const { number, start, lost } = this.#lane
    const isDoubtful = row.pos <= start.fetchedPos
    const deliveries = isDoubtful
      ? await asBusFailed("Noting an attempt", () => this.#lanes.noteTry(number, row.pos))
      : 1
    if (deliveries === undefined) return "lost"
    const outcome = await this.#handle({ text: row.body, position: String(row.pos), deliveries, signal: lost })
    if (lost.aborted) return "lost"
    if (outcome === "released") return "released"
    if (outcome !== "done") {
      const isOwn = await asBusFailed("Keeping a dead letter", () => this.#lanes.bury(number, row, outcome.dead))
      if (!isOwn) return "lost"
    }
    this.#done = row.pos
    return "done"
  }

  async #note(fetchedPos: number): Promise<boolean> {
    const done = this.#done
    const isOwn = await asBusFailed("Noting what is done", () =>
      this.#lanes.note(this.#lane.number, done, Math.max(done, fetchedPos)),
    )
    this.#noted = done
    this.#notedAt = performance.now()
    return isOwn
  }
}
