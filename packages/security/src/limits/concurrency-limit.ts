import type { DeclaredBy } from "@ashlar/core"
import {
  type AnyLayer,
  type BaseContext,
  fail,
  type Layer,
  layer,
  type NeedsCarrier,
  type ProvidedBy,
  TooManyRequests,
} from "@ashlar/http"
import { LimitInvalid } from "../errors.ts"
import { checkKeyOptions, type KeyOptions, keyOf } from "./limit-key.ts"

export interface ConcurrencyOptions<N extends readonly AnyLayer[] = readonly []> extends KeyOptions<N> {
  /** Requests of one client at a time: 1 to 100,000. */
  readonly max: number
}

/**
 * A layer that lets each client have so many requests going on at once, in this process; the next is 429. One goes on until the last piece
 * of its answer was sent, or its caller went away.
 *
 * @throws {SECURITY_LIMIT_INVALID}
 * @example
 * app.get("/export", { layers: [signedIn, concurrencyLimit({ max: 2, needs: [signedIn], by: (ctx) => ctx.user.id })] }, exportAll)
 */
export function concurrencyLimit<const N extends readonly AnyLayer[] = readonly []>(
  options: ConcurrencyOptions<N>,
): Layer<unknown, DeclaredBy<typeof TooManyRequests>> & NeedsCarrier<ProvidedBy<N>> {
  const { max } = options
  if (!Number.isInteger(max) || max < 1 || max > 100_000)
    throw new LimitInvalid(`Expected max to be an integer from 1 to 100,000, got ${max}.`)
  checkKeyOptions(options)
  // Only those who ask just now are in it, so it is as large as the requests that go on.
  const running = new Map<string, number>()
  return layer({
    name: "concurrencyLimit",
    ...(options.needs !== undefined && { needs: options.needs as readonly AnyLayer[] }),
    errors: [TooManyRequests],
    before(ctx: BaseContext) {
      const key = keyOf(ctx, options as unknown as KeyOptions<readonly AnyLayer[]>)
      const count = running.get(key) ?? 0
      if (count >= max)
        return fail(TooManyRequests, `Expected at most ${max} requests at a time. Wait for one to end.`, {
          retryAfterSeconds: 1,
        })
      running.set(key, count + 1)
      ctx.defer(() => {
        const left = running.get(key)! - 1
        if (left === 0) running.delete(key)
        else running.set(key, left)
      })
      return undefined
    },
  }) as unknown as Layer<unknown, DeclaredBy<typeof TooManyRequests>> & NeedsCarrier<ProvidedBy<N>>
}
