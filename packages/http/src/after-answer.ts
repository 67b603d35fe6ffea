import type { RequestContext } from "./context/request-context.ts"
import type { Result } from "./reply/reply.ts"
import { watched } from "./reply/watched.ts"

type Work = () => void | Promise<void>

/** Requests whose cleanup has begun: what is deferred from then on has nothing to wait for. */
const over = new WeakSet<RequestContext>()

/** Whether nobody will look at what is deferred now: the answer has been sent, or its time was over. */
export function isOver(ctx: RequestContext): boolean {
  return ctx.timeout?.aborted === true || over.has(ctx)
}

/** A result whose body comes piece by piece, and how to say that nobody wants any of it. */
export interface Streamed {
  readonly result: Result
  readonly over: () => void
}

/**
 * Has what a request deferred run when the last piece of its body is sent, or when nobody wants more. Undefined where the
 * body does not come piece by piece: then the cleanup follows the head.
 */
export function streamed(ctx: RequestContext, whole: Result): Streamed | undefined {
  if (ctx.method === "HEAD") return undefined
  const { promise, resolve } = Promise.withResolvers<void>()
  const result = watched(whole, resolve)
  if (result === undefined) return undefined
  ctx.goesOn(promise.then(() => runDeferred(ctx)))
  return { result, over: resolve }
}

/** Runs the finish hooks, innermost first, without holding the answer back; and what was deferred, unless it waits. */
export function finish(
  ctx: RequestContext,
  status: number,
  { error, waits }: { error: unknown; waits: boolean },
): void {
  const outcome = { status, durationMs: performance.now() - ctx.beganMs, error }
  const hooks = (ctx.finishers ?? []).map((hook) => () => hook(outcome)).reverse()
  ctx.goesOn(waits ? runAll(hooks, ctx) : runDeferred(ctx, hooks))
}

async function runDeferred(ctx: RequestContext, hooks: readonly Work[] = []): Promise<void> {
  await null // the answer first
  over.add(ctx)
  await runAll([...(ctx.deferred ?? []).reverse(), ...hooks], ctx)
}

/** Runs one after the other; what one throws is reported, and stops no other. */
export async function runAll(work: readonly Work[], ctx: RequestContext): Promise<void> {
  await null
  for (const one of work) {
    try {
      await one()
    } catch (thrown) {
      ctx.shared.report(thrown, ctx)
    }
  }
}
