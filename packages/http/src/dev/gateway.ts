import type { RequestContext } from "../context/request-context.ts"
import type { Endpoint, Found } from "../endpoint.ts"
import type { Kernel, Render } from "../kernel.ts"
import type { MaybePromise } from "../step.ts"
import type { Lane } from "./lane.ts"

const MiB = 1024 * 1024

/** Larger than any route would ask for: the routes' own limits hold. */
const MAX_BODY_BYTES = 64 * 1024 * MiB
const SOCKETS = { maxMessageBytes: 1024 * MiB, maxBufferedBytes: 1024 * MiB, idleTimeoutSeconds: 120 }

export interface GatewayOptions {
  /** Answers at `/_dev` and below. */
  readonly page: Kernel
  /** Answers everything while no app does. */
  readonly waiting: Kernel
}

/**
 * A kernel for the server of one port, behind which apps change places: a request goes to the one that is in place when
 * its head has come, and stays with it. The runtime's own server and adapter are used as they are.
 */
export class Gateway {
  readonly kernel: Kernel
  readonly #options: GatewayOptions
  readonly #lanes = new WeakMap<Endpoint, Lane>()
  #lane: Lane | undefined

  constructor(options: GatewayOptions) {
    this.#options = options
    this.kernel = {
      shared: options.waiting.shared,
      native: [],
      elsewhere: undefined,
      maxBodyBytes: MAX_BODY_BYTES,
      websocket: SOCKETS,
      hasHosts: true,
      find: (method, path, host) => this.#find(method, path, host),
      answer: (ctx, render) => this.#answer(ctx, render),
    }
  }

  /** Lets an app answer from now on; `undefined`: none does. */
  serve(lane: Lane | undefined): void {
    this.#lane = lane
  }

  #find(method: string, path: string, host: string | null | undefined): Found {
    if (path === "/_dev" || path.startsWith("/_dev/")) return this.#options.page.find(method, path, host)
    const lane = this.#lane
    if (lane === undefined) return this.#options.waiting.find(method, path, host)
    const found = lane.find(method, path, host)
    this.#lanes.set(found.endpoint, lane)
    return found
  }

  #answer<C extends RequestContext, Out>(ctx: C, render: Render<C, Out>): MaybePromise<Out> {
    const lane = this.#lanes.get(ctx.endpoint)
    if (lane !== undefined) return lane.answer(ctx, render)
    const { page, waiting } = this.#options
    const kernel = ctx.path.startsWith("/_dev") ? page : waiting
    ;(ctx as { shared: Kernel["shared"] }).shared = kernel.shared
    return kernel.answer(ctx, render)
  }
}
