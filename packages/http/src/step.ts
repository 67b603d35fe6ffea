import type { RequestContext } from "./context/request-context.ts"
import type { Result } from "./reply/reply.ts"

export type MaybePromise<T> = T | Promise<T>

/** One stage of a compiled route: from a context to a result, through all that is inside it. */
export type Step = (ctx: RequestContext) => MaybePromise<Result>

/**
 * Goes on with a value: at once when it is there, and only otherwise by a promise. (A module that exports a `then` is taken
 * for a promise by whoever awaits it.)
 */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
