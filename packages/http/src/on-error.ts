import { Internal } from "@ashlar/core"
import type { BaseContext } from "./context/context.ts"
import { type Layer, layer } from "./layer.ts"
import type { Result } from "./reply/reply.ts"

/** A class of errors: one of {@link errors}, one of your own, or any other, such as `TypeError`. */
export type AnyErrorClass = abstract new (...args: never[]) => unknown

/** What is caught by one class, or by a list of them. */
export type Caught<K> = K extends readonly (infer C extends AnyErrorClass)[]
  ? InstanceType<C>
  : K extends AnyErrorClass
    ? InstanceType<K>
    : never

/**
 * Makes a layer that answers for the errors of a kind, thrown or returned inside it. Returning nothing passes the error on,
 * to outer layers and then to the caller as a problem document; throwing passes another one on.
 * @param kinds One class or several; `Error` for all of them, and for what is thrown that is no error: an `INTERNAL` with
 * that as its `cause`. Of errors that crossed a thread or a process border as a report only the code is left: compare
 * `error.code` there.
 * @example
 * const gone = onError(errors.NotFound, (ctx, error) => ctx.html(`<h1>${escape(error.message)}</h1>`, 404))
 * app.scope("/pages", [gone], (pages) => …)
 */
export function onError<const K extends AnyErrorClass | readonly AnyErrorClass[]>(
  kinds: K,
  handler: (ctx: BaseContext, error: Caught<K>) => Result | Promise<Result>,
): Layer {
  const classes: readonly AnyErrorClass[] = Array.isArray(kinds) ? kinds : [kinds]
  return layer({
    name: `onError(${classes.map((one) => (one as { code?: string }).code ?? one.name).join(", ")})`,
    error(ctx, thrown) {
      const error = classes.includes(Error) ? asError(thrown) : thrown
      return classes.some((one) => error instanceof one) ? handler(ctx, error as Caught<K>) : undefined
    },
  })
}

function asError(thrown: unknown): unknown {
  return thrown instanceof Error ? thrown : new Internal("Something was thrown that is no error", { cause: thrown })
}
