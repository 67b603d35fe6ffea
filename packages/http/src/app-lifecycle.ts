import {
  type Container,
  DeadlineExceeded,
  type LifecycleFailure,
  type LifecycleState,
  type StopReport,
  stopOnSignals,
  withDeadline,
} from "@ashlar/core"
import { ListenFailed } from "./errors.ts"
import type { Server } from "./server.ts"
import { sleep } from "./sleep.ts"

/** How an app stops. */
export interface StopOptions {
  /**
   * How long the app serves on as before, while its state is `draining` and `/health/ready` says so: the time that a load
   * balancer needs to see it and to send no more, in milliseconds. Default 0: nobody looks.
   */
  readonly notReadyMs?: number
  /** How long requests, streams and the work of services may go on from then on, in milliseconds. Default 10,000. */
  readonly graceMs?: number
  /** How long each `onStop` hook and each service may take to close, after the last request, in milliseconds. Default 5,000. */
  readonly closeMs?: number
}

/** `idle` until the app listens, then `ready`; `draining` while requests end, `stopping` while services close, `stopped`. */
export type AppState = Exclude<LifecycleState, "starting">

type Hook = () => void | Promise<void>

/** From the first port that is listened on to the last service that is closed. */
export class AppLifecycle {
  state: AppState = "idle"
  readonly #container: Container | undefined
  readonly #draining = new AbortController()
  readonly #servers = new Set<Server>()
  readonly #hooks: Hook[] = []
  #work = new Set<Promise<void>>()
  #stopping: Promise<StopReport> | undefined

  /** @param container The services that end with the app. */
  constructor(container: Container | undefined) {
    this.#container = container
  }

  get draining(): AbortSignal {
    return this.#draining.signal
  }

  onStop(hook: Hook): void {
    this.#hooks.push(hook)
  }

  /** What goes on after its answer, and may still want services. */
  goesOn(work: Promise<void>): void {
    this.#work.add(work)
    void work.finally(() => this.#work.delete(work))
  }

  /** @throws {HTTP_LISTEN_FAILED} when the app is over. */
  refuseStopped(): void {
    if (this.#stopping !== undefined)
      throw new ListenFailed(`The app is ${this.state}. Create another one to listen again`)
  }

  /** @throws {HTTP_LISTEN_FAILED} when the app was stopped meanwhile: the server is closed again. */
  async listens(server: Server): Promise<void> {
    if (this.#stopping !== undefined) await server.stop(0)
    this.refuseStopped()
    this.#servers.add(server)
    this.state = "ready"
  }

  stop(options: StopOptions): Promise<StopReport> {
    this.#stopping ??= this.#stop(options)
    return this.#stopping
  }

  stopOnSignals(options: StopOptions): void {
    stopOnSignals(() => this.stop(options), { onStopped: showFailures })
  }

  async #stop({ notReadyMs = 0, graceMs = 10_000, closeMs = 5_000 }: StopOptions): Promise<StopReport> {
    this.state = "draining"
    if (notReadyMs > 0 && this.#servers.size > 0) await sleep(notReadyMs)
    this.#draining.abort()
    const drained = await Promise.all([this.#drainServers(graceMs), this.#drainServices(graceMs)])
    this.state = "stopping"
    const failures = [...drained.flat(), ...(await this.#runHooks(closeMs)), ...(await this.#closeServices(closeMs))]
    this.state = "stopped"
    return { clean: failures.length === 0, failures }
  }

  async #drainServers(graceMs: number): Promise<LifecycleFailure[]> {
    const beganMs = performance.now()
    const cuts = await Promise.all([...this.#servers].map((server) => server.stop(graceMs)))
    const cut = cuts.reduce((sum, one) => sum + one, 0)
    const failures: LifecycleFailure[] = []
    if (cut > 0)
      failures.push(
        late(`${cut} connections had requests under way ${graceMs} ms after the stop began, and were cut (graceMs)`),
      )
    // Cleanups of the last answers have services too, for what is left of the grace.
    const leftMs = Math.max(0, graceMs - (performance.now() - beganMs))
    try {
      const tooLate = () =>
        new DeadlineExceeded(`Cleanups were under way ${graceMs} ms after the stop began (graceMs).`)
      await withDeadline(() => Promise.all(this.#work), leftMs, tooLate)
    } catch (error) {
      failures.push({ part: "http", phase: "drain", error })
    }
    return failures
  }

  async #drainServices(graceMs: number): Promise<LifecycleFailure[]> {
    const failures = (await this.#container?.drain(graceMs)) ?? []
    return failures.map(({ service, error }) => ({ part: service, phase: "drain", error }))
  }

  async #runHooks(closeMs: number): Promise<LifecycleFailure[]> {
    const failures: LifecycleFailure[] = []
    for (const hook of this.#hooks.reverse()) {
      try {
        await withDeadline(
          hook,
          closeMs,
          () => new DeadlineExceeded(`An onStop hook took longer than ${closeMs} ms (closeMs).`),
        )
      } catch (error) {
        failures.push({ part: "onStop", phase: "stop", error })
      }
    }
    return failures
  }

  async #closeServices(closeMs: number): Promise<LifecycleFailure[]> {
    try {
      await this.#container?.close({ timeoutMs: closeMs })
      return []
    } catch (error) {
      return [{ part: "services", phase: "stop", error }]
    }
  }
}

function late(message: string): LifecycleFailure {
  return { part: "http", phase: "drain", error: new DeadlineExceeded(`${message}.`) }
}

function showFailures({ failures }: StopReport): void {
  for (const { part, phase, error } of failures)
    console.error(`${part} did not ${phase} as it should:`, error instanceof DeadlineExceeded ? error.message : error)
}
