import type { Reply } from "@ashlar/cache/redis"
import type { BatchCounts, ChildOutcome, JobSelection, JobState, LaneCounts, ListRequest, StoredJob } from "../store.ts"
import { readRecord } from "./record.ts"
import type { RedisHome } from "./redis-home.ts"
import { COUNT, SHOW } from "./scripts/look.ts"

/** Ids that one script has to do with. */
const PAGE = 200
/** Kinds that one script counts. */
const KINDS = 50
/** Values of one job, as `SHOW` gives them. */
const SHOWN = 9
/** Values of one kind, as `COUNT` gives them. */
const COUNTED = 9

type Selection = JobSelection & { readonly state?: JobState | undefined }

/** Looks at the jobs of a queue, page by page. */
export class RedisLooker {
  readonly #home: RedisHome

  constructor(home: RedisHome) {
    this.#home = home
  }

  async get(id: string): Promise<StoredJob | undefined> {
    return (await this.#show("", [id]))[0]
  }

  async list({ state, name, after = "", limit }: ListRequest): Promise<readonly StoredJob[]> {
    const all: StoredJob[] = []
    for (const lane of name === undefined ? await this.kinds() : [name]) {
      let count = 0
      for await (const ids of this.#pages(indexOf(state), lane, after)) {
        const shown = await this.#show(state, ids)
        all.push(...shown)
        count += shown.length
        if (count >= limit) break
      }
    }
    return all.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit)
  }

  async counts(): Promise<readonly LaneCounts[]> {
    const names = await this.kinds()
    const counts: LaneCounts[] = []
    for (let at = 0; at < names.length; at += KINDS) {
      const some = names.slice(at, at + KINDS)
      const numbers = (await this.#home.run("count", COUNT, some)) as readonly number[]
      for (const [index, name] of some.entries())
        counts.push(countsOf(name, numbers.slice(index * COUNTED, (index + 1) * COUNTED)))
    }
    return counts
  }

  /** The kinds that the queue has had. */
  async kinds(): Promise<readonly string[]> {
    const names = (await this.#home.send("look", "SMEMBERS", "kinds")) as readonly string[]
    return names.toSorted()
  }

  /** Pages of ids among which those of a selection are. */
  async *select({ ids, name, state }: Selection): AsyncGenerator<readonly string[]> {
    if (ids !== undefined) {
      for (let at = 0; at < ids.length; at += PAGE) yield ids.slice(at, at + PAGE)
      return
    }
    const indexes = state === undefined ? ["alive", "blocked", "completed-ids", "failed-ids"] : [indexOf(state)]
    for (const lane of name === undefined ? await this.kinds() : [name])
      for (const index of indexes) yield* this.#pages(index, lane, "")
  }
  async *#pages(index: string, lane: string, after: string): AsyncGenerator<readonly string[]> {
    for (let last = after; ; ) {
      const from = last === "" ? "-" : `(${last}`
      const page = [from, "+", "LIMIT", "0", String(PAGE)]
      const ids = (await this.#home.send("look", "ZRANGEBYLEX", `${index}/${lane}`, ...page)) as readonly string[]
      if (ids.length > 0) yield ids
      if (ids.length < PAGE) return
      last = ids.at(-1)!
    }
  }

  async #show(state: JobState | "", ids: readonly string[]): Promise<readonly StoredJob[]> {
    const jobs: StoredJob[] = []
    for (let from = 0; from < ids.length; ) {
      const reply = await this.#home.run("look", SHOW, [state, ...ids.slice(from)])
      const [looked, values] = reply as readonly [number, readonly string[]]
      for (let at = 0; at < values.length; at += SHOWN) jobs.push(toStored(values.slice(at, at + SHOWN)))
      from += looked
    }
    return jobs
  }

  async batch(id: string): Promise<BatchCounts | undefined> {
    const fields = ["total", "completed", "failed", "created", "settled"]
    const values = await this.#home.send("look", "HMGET", `batch/${id}`, ...fields)
    const [total, completed, failed, createdMs, settledMs] = (values as readonly Reply[]).map((value) =>
      value === null ? undefined : Number(value),
    )
    if (total === undefined || completed === undefined || failed === undefined || createdMs === undefined)
      return undefined
    const pending = total - completed - failed
    return { id, total, completed, failed, pending, createdMs, ...(settledMs !== undefined && { settledMs }) }
  }
  async children(batch: string): Promise<readonly ChildOutcome[]> {
    const ids = ((await this.#home.send("look", "HKEYS", `children/${batch}`)) as readonly string[]).toSorted()
    const children: ChildOutcome[] = []
    for (let at = 0; at < ids.length; at += PAGE) {
      const some = ids.slice(at, at + PAGE)
      const texts = (await this.#home.send("look", "HMGET", `children/${batch}`, ...some)) as readonly Reply[]
      for (const [index, text] of texts.entries())
        if (typeof text === "string") children.push(toChild(some[index]!, text))
    }
    return children
  }
}

/** Which set of ids, in their order, has those of a state. */
function indexOf(state: JobState): string {
  if (state === "completed" || state === "failed") return `${state}-ids`
  return state === "blocked" ? "blocked" : "alive"
}

function toStored(values: readonly string[]): StoredJob {
  const [id = "", state, until, text = "", again = "", mark = "", progress, output, error] = values
  const { name, input, attempts, priority, createdMs, extra, keepCompletedMs, keepFailedMs } = readRecord(text)
  const keepMs = state === "completed" ? keepCompletedMs : keepFailedMs
  return {
    id,
    name,
    state: state as JobState,
    input,
    attempt: Number((mark === "" ? again : mark).split(/[:/]/)[0]),
    attempts,
    priority,
    createdMs,
    ...(extra.g !== undefined && { group: extra.g }),
    ...(extra.b !== undefined && { batch: extra.b }),
    ...(progress !== "" && progress !== undefined && { progress }),
    ...(output !== "" && output !== undefined && { output }),
    ...(error !== "" && error !== undefined && { error }),
    ...(state === "delayed" && { runAtMs: Number(until) }),
    ...((state === "completed" || state === "failed") && { finishedMs: Number(until) - keepMs }),
  }
}

function countsOf(name: string, numbers: readonly number[]): LaneCounts {
  const [alive = 0, delayed = 0, active = 0, blocked = 0, completed = 0, failed = 0, held = 0, oldestWaitingMs = 0] =
    numbers
  const waiting = Math.max(0, alive - delayed - active - held)
  const isPaused = numbers[COUNTED - 1] === 1
  return { name, waiting, delayed, held, blocked, active, completed, failed, oldestWaitingMs, isPaused }
}

/** `c` or `f`, its kind, and what it gave. */
function toChild(id: string, text: string): ChildOutcome {
  const at = text.indexOf("/", 2)
  const [name, rest] = [text.slice(2, at), text.slice(at + 1)]
  return text.startsWith("c")
    ? { id, name, state: "completed", output: rest }
    : { id, name, state: "failed", output: "", error: rest }
}
