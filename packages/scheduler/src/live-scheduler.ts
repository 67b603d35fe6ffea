import { hostname } from "node:os"
import { type AshlarError, detach, uuidv7 } from "@ashlar/core"
import { ActiveRun } from "./active-run.ts"
import { askFor, claim, dueMs, type Ending, finish, jitterOf, pause, register, renew, resume } from "./decide.ts"
import { SchedulerClosed, SchedulerStoreFailed, SchedulerUnknown } from "./errors.ts"
import { checkWhole, type Schedule } from "./schedule.ts"
import type { RunRecord, ScheduleInfo, Scheduler, StopOptions } from "./scheduler.ts"
import type { Decision, Ended, Running, ScheduleState } from "./state.ts"
import type { SchedulerStore } from "./store.ts"
import { timingOf } from "./timing.ts"

/** The options of a scheduler, with their defaults. */
export interface SchedulerSettings {
  readonly namespace: string
  readonly leaseMs: number
  readonly pollEveryMs: number
  readonly maxRuns: number
  readonly maxHistory: number
  readonly abortGraceMs: number
  readonly onError: (error: unknown, schedule: string | undefined) => void
}

/** Schedules that are asked about at once. */
const CONCURRENCY = 8
/** Tries to note how a run ended, each a third of a lease after the last one. */
const NOTE_TRIES = 3
/** Polls without an answer until the scheduler is not healthy. */
const SILENT_POLLS = 10

export class LiveScheduler implements Scheduler {
  readonly node: string = `${hostname()}:${process.pid}:${crypto.randomUUID().slice(0, 8)}`
  readonly #settings: SchedulerSettings
  readonly #schedules: ReadonlyMap<string, Schedule>
  readonly #open: () => Promise<SchedulerStore>
  readonly #active = new Map<ActiveRun, Promise<void>>()
  #opening: Promise<SchedulerStore> | undefined
  #looping: Promise<void> | undefined
  #reserved = 0
  #isDraining = false
  #isClosed = false
  #stopping: Promise<void> | undefined
  #wake: () => void = () => undefined
  #heardMs = performance.now()

  constructor(open: () => Promise<SchedulerStore>, schedules: readonly Schedule[], settings: SchedulerSettings) {
    const outside = detach()
    this.#open = () => outside(open)
    this.#schedules = new Map(schedules.map((schedule) => [schedule.name, schedule]))
    this.#settings = settings
  }

  async start(): Promise<void> {
    if (this.#isDraining) throw new SchedulerClosed()
    if (this.#looping !== undefined) return
    await this.register()
    if (this.#isDraining) throw new SchedulerClosed()
    this.#looping ??= this.#loop()
  }
  /** Makes its schedules known. */
  async register(): Promise<void> {
    for (const schedule of this.#schedules.values())
      await this.#change(schedule.name, (state, nowMs) => register(schedule, state, nowMs))
    this.#heardMs = performance.now()
  }

  async list(): Promise<readonly ScheduleInfo[]> {
    const store = await this.#use()
    const { states } = await store.read(this.#key(""))
    return [...states]
      .map(([key, state]) => infoOf(key.slice(this.#key("").length), state))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }
  async next(name: string, count: number = 5): Promise<readonly Date[]> {
    checkWhole(count, [1, 1_000], "count")
    return await this.#ask(name, (state, nowMs) => {
      const timing = timingOf(state.definition.when, state.anchorMs)
      const times: Date[] = []
      for (let at = timing.next(nowMs); at !== undefined && times.length < count; at = timing.next(at))
        times.push(new Date(at))
      return { answer: times }
    })
  }
  async history(name: string, limit: number = 20): Promise<readonly RunRecord[]> {
    checkWhole(limit, [1, 10_000], "limit")
    const store = await this.#use()
    const runs = await store.history(this.#key(name), limit)
    if (runs.length === 0) await this.#ask(name, () => ({ answer: undefined }))
    return runs.map((run) => recordOf(name, run))
  }
  async runNow(name: string): Promise<string> {
    const id = uuidv7()
    await this.#ask(name, (state, nowMs) => askFor(name, id, state, nowMs))
    this.#wake()
    return id
  }
  async pause(name: string): Promise<void> {
    await this.#ask(name, pause)
  }
  async resume(name: string): Promise<void> {
    await this.#ask(name, resume)
    this.#wake()
  }
  async remove(name: string): Promise<void> {
    const store = await this.#use()
    if (!(await store.remove(this.#key(name)))) throw unknown(name)
  }
  async check(): Promise<void> {
    if (this.#isClosed) throw new SchedulerClosed()
    const silentMs = performance.now() - this.#heardMs
    if (this.#looping !== undefined && silentMs > SILENT_POLLS * this.#settings.pollEveryMs)
      throw new SchedulerStoreFailed(`The store was not heard of for ${Math.round(silentMs)} ms.`)
  }

  async drain(signal?: AbortSignal): Promise<void> {
    this.#isDraining = true
    this.#wake()
    const { promise: over, resolve } = Promise.withResolvers<void>()
    signal?.addEventListener("abort", () => resolve(), { once: true })
    if (signal?.aborted) resolve()
    await Promise.race([this.allEnded(), over])
  }
  async stop({ graceMs = 10_000 }: StopOptions = {}): Promise<void> {
    checkWhole(graceMs, [0, 86_400_000], "graceMs")
    this.#stopping ??= this.#stop(graceMs)
    await this.#stopping
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
  async #stop(graceMs: number): Promise<void> {
    await this.drain(AbortSignal.timeout(graceMs))
    for (const run of this.#active.keys()) run.interrupt()
    await this.allEnded()
    await this.#looping
    this.#isClosed = true
    const store = await this.#opening?.catch(() => undefined)
    await store?.close().catch((error) => this.#tell(error, undefined))
  }
  /** Waits for all runs of this node, also those that a round which is under way still begins. */
  async allEnded(): Promise<void> {
    await this.#looping
    await Promise.all(this.#active.values())
  }

  /** Round after round, each as soon as something is to do. */
  async #loop(): Promise<void> {
    while (!this.#isDraining) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      let pauseMs = this.#settings.pollEveryMs
      try {
        pauseMs = Math.min(pauseMs, await this.turn())
      } catch (error) {
        this.#tell(error, undefined)
      }
      if (this.#isDraining) return
      const timer = setTimeout(resolve, Math.max(1, pauseMs))
      await promise
      clearTimeout(timer)
    }
  }

  /** Looks once at what is due, and begins it. @returns in how many milliseconds something is due. */
  async turn(): Promise<number> {
    const store = await this.#use()
    const { nowMs, states } = await store.read(this.#key(""))
    this.#heardMs = performance.now()
    const due: string[] = []
    let nextMs = Number.POSITIVE_INFINITY
    for (const name of this.#schedules.keys()) {
      const state = states.get(this.#key(name))
      if (state === undefined) continue
      this.#passOn(state)
      const at = dueMs(name, state)
      if (at <= nowMs) due.push(name)
      else nextMs = Math.min(nextMs, at)
    }
    let again = false
    for (let from = 0; from < due.length; from += CONCURRENCY) {
      const outcomes = await Promise.all(due.slice(from, from + CONCURRENCY).map((name) => this.#take(name)))
      again ||= outcomes.includes(true)
    }
    return again ? 0 : nextMs - nowMs
  }
  /** @returns whether it changed, so that it may be due again. */
  async #take(name: string): Promise<boolean> {
    const slots = this.#reserve(this.#schedules.get(name)!)
    try {
      const decider = { node: this.node, leaseMs: this.#settings.leaseMs, slots }
      const claimedMs = performance.now()
      const { begun, isChanged } = await this.#change(name, (state, nowMs) => {
        const { answer, ...rest } = claim(name, decider, state, nowMs)
        return { answer: { begun: answer, isChanged: rest.next !== undefined }, ...rest }
      })
      for (const running of begun) this.#begin(name, running, claimedMs)
      return isChanged
    } catch (error) {
      this.#tell(error, name)
      return false
    } finally {
      this.#reserved -= slots
    }
  }
  /** Room for what a schedule may begin, while it is asked about beside others. */
  #reserve({ definition: { policies } }: Schedule): number {
    const most = policies.overlap === "allow" ? policies.maxConcurrent : 1
    const slots = Math.max(0, Math.min(most, this.#settings.maxRuns - this.#active.size - this.#reserved))
    this.#reserved += slots
    return slots
  }
  #begin(name: string, claimed: Running, claimedMs: number): void {
    const { leaseMs, abortGraceMs } = this.#settings
    const schedule = this.#schedules.get(name)!
    const run = new ActiveRun(claimed, {
      schedule: name,
      handler: schedule.handler,
      timeoutMs: schedule.definition.policies.timeoutMs,
      leaseMs,
      abortGraceMs,
      claimedMs,
      renew: () => this.#change(name, (state, nowMs) => renew(claimed, leaseMs, state, nowMs)),
      onError: (error) => this.#tell(error, name),
    })
    const ended = run.run().then(async (ending) => {
      await this.#note(name, claimed, ending)
      this.#active.delete(run)
      this.#wake()
    })
    this.#active.set(run, ended)
  }
  /** Runs of this node that another asked to end. */
  #passOn({ running }: ScheduleState): void {
    for (const { id, fence, isCancelled } of running)
      if (isCancelled)
        for (const run of this.#active.keys()) if (run.claim.id === id && run.claim.fence === fence) run.cancel()
  }
  /** What cannot be noted is taken for lost when its lease is over. */
  async #note(name: string, run: Running, ending: Ending): Promise<void> {
    if (ending.outcome === "lost") return
    for (let attempt = 1; attempt <= NOTE_TRIES; attempt++)
      try {
        await this.#change(name, (state, nowMs) => finish(name, run, ending, state, nowMs))
        return
      } catch (error) {
        this.#tell(error, name)
        if (attempt < NOTE_TRIES) await new Promise((done) => setTimeout(done, this.#settings.leaseMs / 4))
      }
  }

  #key(name: string): string {
    return `${this.#settings.namespace}/${name}`
  }
  #tell(error: unknown, schedule: string | undefined): void {
    try {
      this.#settings.onError(error, schedule)
    } catch {
      // Whoever is told may fail too; the schedules go on.
    }
  }
  async #change<R>(name: string, decide: (state: ScheduleState | undefined, nowMs: number) => Decision<R>): Promise<R> {
    return await (await this.#use()).change(this.#key(name), this.#settings.maxHistory, decide)
  }
  async #ask<R>(name: string, decide: (state: ScheduleState, nowMs: number) => Decision<R>): Promise<R> {
    return await this.#change(name, (state, nowMs) => {
      if (state === undefined) throw unknown(name)
      return decide(state, nowMs)
    })
  }
  async #use(): Promise<SchedulerStore> {
    if (this.#isClosed) throw new SchedulerClosed()
    this.#opening ??= this.#open()
    try {
      return await this.#opening
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }
}

function unknown(name: string): AshlarError {
  return new SchedulerUnknown(
    `No schedule is named ${JSON.stringify(name.slice(0, 100))}. One is known once a scheduler that has it was started.`,
  )
}

function infoOf(name: string, state: ScheduleState): ScheduleInfo {
  const { definition, pausedMs, nextMs, running, waiting, last } = state
  return {
    name,
    when: definition.when,
    policies: definition.policies,
    isPaused: pausedMs !== null,
    next: pausedMs !== null || nextMs === null ? undefined : new Date(nextMs + jitterOf(name, nextMs, definition)),
    running: running.map(({ id, atMs, startedMs, node, attempt }) => ({
      id,
      at: new Date(atMs),
      startedAt: new Date(startedMs),
      node,
      attempt,
    })),
    waiting: waiting.length,
    last: last === undefined ? undefined : recordOf(name, last),
  }
}

function recordOf(schedule: string, { atMs, startedMs, endedMs, ...rest }: Ended): RunRecord {
  return {
    schedule,
    at: new Date(atMs),
    endedAt: new Date(endedMs),
    ...rest,
    ...(startedMs === undefined ? {} : { startedAt: new Date(startedMs), durationMs: endedMs - startedMs }),
  }
}
