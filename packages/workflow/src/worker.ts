import { detach } from "@ashlar/core"
import type { ActivationHome } from "./activation.ts"
import { checkInteger } from "./check.ts"
import { WorkflowCancelled, WorkflowDeadline, WorkflowLeaseLost, WorkflowOptionInvalid } from "./errors.ts"
import type { Emitter } from "./events.ts"
import { goOn } from "./go-on.ts"
import type { WorkflowsPlan } from "./plan.ts"
import type { RunRow } from "./rows.ts"
import type { Store } from "./store.ts"
import type { AnyWorkflow } from "./workflow.ts"
import type { WorkerOptions, WorkflowWorker } from "./workflows.ts"

/** Claims between two looks for what is old. */
const SWEEP_EVERY = 500
/** Why a worker leaves a run where it is. */
const STOPPING = "the worker stops"

interface Held {
  readonly signal: AbortController
  readonly stopping: AbortController
  readonly ended: Promise<void>
}

/** Goes on with runs that are due, a number of them at a time. */
export class LiveWorker implements WorkflowWorker {
  readonly #store: Store
  readonly #plan: WorkflowsPlan
  readonly #emitter: Emitter
  readonly #workflows: ReadonlyMap<string, AnyWorkflow>
  readonly #concurrency: number
  readonly #leaseMs: number
  readonly #pollMs: number
  readonly #held = new Map<string, Held>()
  readonly #loop: Promise<void>
  #ring: (() => void) | undefined
  #isRung = false
  #idle: (() => void)[] = []
  #claims = 0
  #stopping: Promise<{ readonly clean: boolean }> | undefined

  constructor(
    home: { readonly store: Store; readonly plan: WorkflowsPlan; readonly emitter: Emitter },
    workflows: readonly AnyWorkflow[],
    options: WorkerOptions,
  ) {
    this.#store = home.store
    this.#plan = home.plan
    this.#emitter = home.emitter
    this.#concurrency = checkInteger("concurrency", options.concurrency ?? 20, 1, 1_000)
    this.#leaseMs = checkInteger("leaseMs", options.leaseMs ?? 30_000, 500, 3_600_000)
    this.#pollMs = checkInteger("pollMs", options.pollMs ?? 250, 1, 60_000)
    this.#workflows = byVersion(workflows)
    this.#loop = detach()(() => this.#work())
  }

  get running(): number {
    return this.#held.size
  }
  /** Something may be due. */
  ring(): void {
    this.#isRung = true
    this.#ring?.()
  }
  async idle(): Promise<void> {
    this.ring()
    await new Promise<void>((resolve) => this.#idle.push(resolve))
  }
  stop({ graceMs = 10_000 }: { readonly graceMs?: number } = {}): Promise<{ readonly clean: boolean }> {
    this.#stopping ??= this.#stop(graceMs)
    this.ring()
    return this.#stopping
  }
  async #stop(graceMs: number): Promise<{ readonly clean: boolean }> {
    await Promise.resolve() // so that the loop sees it
    for (const { stopping } of this.#held.values()) stopping.abort(STOPPING)
    await this.#loop
    for (const { stopping } of this.#held.values()) stopping.abort(STOPPING)
    const ended = Promise.all([...this.#held.values()].map((held) => held.ended))
    const { promise, resolve } = Promise.withResolvers<false>()
    const timer = setTimeout(() => resolve(false), graceMs)
    const clean = (await Promise.race([ended, promise])) !== false
    clearTimeout(timer)
    if (!clean) for (const { signal } of this.#held.values()) signal.abort(STOPPING)
    await ended
    for (const tell of this.#idle.splice(0)) tell()
    return { clean }
  }

  async #work(): Promise<void> {
    while (this.#stopping === undefined) {
      this.#isRung = false
      const free = this.#concurrency - this.#held.size
      const claimed = free > 0 ? await this.#claim(free) : []
      for (const run of claimed) this.#begin(run)
      if (claimed.length > 0 && claimed.length === free) continue
      if (this.#held.size === 0 && claimed.length === 0 && !this.#isRung)
        for (const tell of this.#idle.splice(0)) tell()
      if (this.#stopping === undefined && !this.#isRung) await this.#pause()
    }
  }
  async #claim(max: number): Promise<readonly RunRow[]> {
    try {
      if (++this.#claims % SWEEP_EVERY === 0) await this.#store.sweep(this.#plan.keepMs)
      return await this.#store.claim([...this.#workflows.values()], { max, leaseMs: this.#leaseMs })
    } catch (error) {
      this.#emitter.emit("error", error)
      return []
    }
  }
  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, this.#pollMs)
    this.#ring = resolve
    if (this.#isRung) resolve()
    await promise
    clearTimeout(timer)
    this.#ring = undefined
  }

  #begin(run: RunRow): void {
    const [signal, stopping, ending] = [new AbortController(), new AbortController(), new AbortController()]
    const home: ActivationHome = {
      store: this.#store,
      plan: this.#plan,
      emitter: this.#emitter,
      signal: signal.signal,
      leaving: AbortSignal.any([stopping.signal, ending.signal]),
      stopping: stopping.signal,
    }
    const beat = this.#heartbeat(run, { signal, ending })
    const ended = goOn(run, this.#workflows.get(keyOf(run.workflow, run.version))!, home).finally(() => {
      clearInterval(beat)
      this.#held.delete(`${run.id} ${run.fence}`)
      this.ring()
    })
    this.#held.set(`${run.id} ${run.fence}`, { signal, stopping, ended })
    if (this.#stopping !== undefined) stopping.abort(STOPPING)
  }
  #heartbeat(
    run: RunRow,
    { signal, ending }: { signal: AbortController; ending: AbortController },
  ): ReturnType<typeof setInterval> {
    let aliveMs = performance.now()
    const beat = async (): Promise<void> => {
      const askedMs = performance.now()
      try {
        const cancel = await this.#store.extend(run, this.#leaseMs)
        aliveMs = askedMs
        const isLate = run.deadline_ms !== null && run.deadline_ms <= this.#store.clock.now()
        if (cancel !== null) ending.abort(new WorkflowCancelled(cancel))
        else if (isLate) ending.abort(new WorkflowDeadline())
      } catch (error) {
        // Silent for as long as the lease: another may have it.
        if (error instanceof WorkflowLeaseLost) signal.abort(error)
        else if (performance.now() - aliveMs > this.#leaseMs) signal.abort(new WorkflowLeaseLost())
      }
    }
    const timer = setInterval(() => void beat(), this.#leaseMs / 3)
    timer.unref?.()
    return timer
  }
}

function keyOf(name: string, version: number): string {
  return `${version} ${name}`
}

/** @throws {WORKFLOW_OPTION_INVALID} */
function byVersion(workflows: readonly AnyWorkflow[]): ReadonlyMap<string, AnyWorkflow> {
  if (workflows.length === 0) throw new WorkflowOptionInvalid("Expected at least one workflow to work on, got none.")
  const all = new Map<string, AnyWorkflow>()
  for (const workflow of workflows) {
    const key = keyOf(workflow.name, workflow.version)
    if (all.has(key) && all.get(key) !== workflow)
      throw new WorkflowOptionInvalid(
        `Two workflows are named "${workflow.name}" with the version ${workflow.version}.`,
      )
    all.set(key, workflow)
  }
  return all
}
