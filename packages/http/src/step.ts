import type { RequestContext } from "./context/request-context.ts"
import type { Result } from "./reply/reply.ts"

export type MaybePromise<T> = T | Promise<T>

/** One stage of a compiled route: from a context to a result, through all that is inside it. */
export type Step = (ctx: RequestContext) => MaybePromise<Result>

/**
 * A step that begins with reading the body, in its two parts: where nothing stands around it, a request hangs on the one
 * promise that is between them.
 */
export interface ReadingStep extends Step {
  readonly read: (ctx: RequestContext) => MaybePromise<unknown>
  readonly rest: (ctx: RequestContext, body: unknown) => MaybePromise<Result>
}

/**
 * Goes on with a value: at once when it is there, and only otherwise by a promise. (A module that exports a `then` is taken
 * for a promise by whoever awaits it.)
 */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
