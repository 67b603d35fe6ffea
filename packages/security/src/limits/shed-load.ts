import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, fail, type Layer, layer, Unavailable } from "@ashlar/http"
import { LimitInvalid } from "../errors.ts"
import { AdaptiveLimit, type AdaptiveOptions } from "./adaptive-limit.ts"

export interface ShedLoadOptions extends AdaptiveOptions {
  /** When those who are refused may try again, in seconds: 1 to 3,600. Default: 1. */
  readonly retryAfterSeconds?: number
  /** Requests that are never refused, and not counted: checks of health. Default: none. */
  readonly skip?: (ctx: BaseContext) => boolean
}

/**
 * A layer that takes as many requests at a time as the process can do, and answers the others with 503 and `Retry-After` at once, so that
 * those that are taken are quick. How many that is, it finds out by how long they take. Event streams and WebSockets belong
 * outside of it.
 *
 * @throws {SECURITY_LIMIT_INVALID}
 * @example
 * const app = createApp({ layers: [shedLoad({ max: 500, skip: (ctx) => ctx.path === "/health" })] })
 */
export function shedLoad(options: ShedLoadOptions = {}): Layer<unknown, DeclaredBy<typeof Unavailable>> {
  const { retryAfterSeconds = 1, skip } = options
  if (!Number.isInteger(retryAfterSeconds) || retryAfterSeconds < 1 || retryAfterSeconds > 3_600)
    throw new LimitInvalid(`Expected retryAfterSeconds to be an integer from 1 to 3,600, got ${retryAfterSeconds}.`)
  const load = new AdaptiveLimit(options)
  const begun = new WeakSet<BaseContext>()
  return layer({
    name: "shedLoad",
    errors: [Unavailable],
    before(ctx: BaseContext) {
      if (skip?.(ctx) === true) return undefined
      if (!load.begin())
        return fail(Unavailable, "There is more to do than can be done now. Try again shortly.", { retryAfterSeconds })
      begun.add(ctx)
      return undefined
    },
    finish(ctx, { status, durationMs }) {
      if (!begun.delete(ctx)) return
      // What was refused inside took no work; what ran out of time is a sign of too much.
      load.end(status >= 400 && status < 500 ? undefined : durationMs, status === 504 || status === 503)
    },
  })
}
