import type { App } from "../app.ts"
import type { RequestContext, Shared } from "../context/request-context.ts"
import { type Kernel, type Render, statusOf } from "../kernel.ts"
import type { Result } from "../reply/reply.ts"
import type { MaybePromise } from "../step.ts"
import { GOING_AWAY, type WebSocketConnection, type WebSocketEvents } from "../websocket/connection.ts"
import { Upgrade } from "../websocket/upgrade.ts"

/** What is told of the requests of an app. */
export interface LaneObserver {
  /** A request has its answer's head. */
  answered(ctx: RequestContext, status: number, durationMs: number): void
  /** A request failed with a status of 500 or more, or something failed after its answer. */
  failed(ctx: RequestContext, error: unknown): void
}

/** One app that serves one port, until another one takes its place. */
export class Lane {
  readonly app: App
  readonly #kernel: Kernel
  readonly #observer: LaneObserver
  readonly #shared: Shared
  readonly #sockets = new Set<WebSocketConnection>()
  #underWay = 0
  #idle: PromiseWithResolvers<void> | undefined

  constructor(app: App, kernel: Kernel, observer: LaneObserver) {
    this.app = app
    this.#kernel = kernel
    this.#observer = observer
    const { shared } = kernel
    this.#shared = {
      ...shared,
      refuse: (error, ctx) => {
        const reply = shared.refuse(error, ctx)
        if (reply.status >= 500) observer.failed(ctx, error)
        return reply
      },
      report: (error, ctx) => {
        observer.failed(ctx, error)
        shared.report(error, ctx)
      },
    }
  }

  find(method: string, path: string, host: string | null | undefined): ReturnType<Kernel["find"]> {
    return this.#kernel.find(method, path, host)
  }

  answer<C extends RequestContext, Out>(ctx: C, render: Render<C, Out>): MaybePromise<Out> {
    const beganMs = performance.now()
    this.#underWay++
    // The port's server knows its requests by one kernel; what a request may use is of the app that answers it.
    ;(ctx as { shared: Shared }).shared = this.#shared
    const out = this.#kernel.answer(ctx, (same, result) => {
      const rendered = render(same, this.#watched(result))
      this.#observer.answered(same, statusOf(result), performance.now() - beganMs)
      return rendered
    })
    if (out instanceof Promise) void out.then(this.#ended, this.#ended)
    else this.#ended()
    return out
  }

  readonly #ended = (): void => {
    this.#underWay--
    if (this.#underWay === 0) this.#idle?.resolve()
  }

  /** An upgrade whose connections are remembered: they run this app's code, and end with it. */
  #watched(result: Result): Result {
    if (!(result instanceof Upgrade)) return result
    const { events } = result
    const watched: WebSocketEvents = {
      open: (connection) => {
        this.#sockets.add(connection)
        events.open?.(connection)
      },
      message: (connection, data) => events.message(connection, data),
      drain: (connection) => events.drain?.(connection),
      close: (connection, code, reason) => {
        this.#sockets.delete(connection)
        events.close?.(connection, code, reason)
      },
    }
    return Object.create(result, { events: { value: watched } }) as Upgrade
  }

  /** Ends WebSocket connections, and waits for the requests under way, at most so long: gives how many there still are. */
  async stop(graceMs: number): Promise<number> {
    for (const connection of this.#sockets) connection.close(...GOING_AWAY)
    if (this.#underWay === 0) return 0
    this.#idle = Promise.withResolvers()
    const timer = setTimeout(this.#idle.resolve, graceMs)
    await this.#idle.promise
    clearTimeout(timer)
    return this.#underWay
  }
}
