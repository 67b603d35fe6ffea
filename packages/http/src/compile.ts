import type { AshlarError } from "@ashlar/core"
import type { RequestContext } from "./context/request-context.ts"
import { LayerConflict, RequestTimeout } from "./errors.ts"
import { type Failure, fail, isFailure, toError } from "./failure.ts"
import { type OptionsFor, withCheckedInput } from "./input/check-input.ts"
import type { Layer, LayerHooks } from "./layer.ts"
import { withOutput } from "./output/with-output.ts"
import { isAnswer, isPlain, type Reply, type Result } from "./reply/reply.ts"
import { toReply } from "./reply/to-reply.ts"
import { toResponse } from "./reply/web.ts"
import { andThen, type MaybePromise, type Step } from "./step.ts"
import type { RouteRecord } from "./table.ts"
import { aroundUpgrade } from "./websocket/around.ts"

/**
 * One function per route, made once: layers nest around the input's check and the handler. Everything stays
 * synchronous until something is not, so a plain route costs no promise.
 */

export interface CompileOptions {
  /** Check what handlers return against the response schema. */
  readonly checkResponses: boolean
  /** What goes to the schemas of requests with their values. */
  readonly schemaOptions: OptionsFor
}

/** The route as one step. It may throw: whoever calls it turns errors into answers. */
export function compileRoute(record: RouteRecord, { checkResponses, schemaOptions }: CompileOptions): Step {
  const handler = withThenables(record.handler as Step)
  const checked = record.output.size > 0 ? withOutput(record, checkResponses, handler) : handler
  const wrap = record.websocket === undefined ? aroundWeb : aroundUpgrade
  const run = record.layers.reduceRight(
    (next, layer) => withLayer(next, layer, wrap),
    withCheckedInput(record, schemaOptions, checked),
  )
  return record.timeoutMs === undefined ? run : withTimeout(run, record.timeoutMs)
}

/** Query builders are often thenable and no promise; what a handler returns is awaited all the same. */
function withThenables(handler: Step): Step {
  return (ctx) => {
    const result = handler(ctx)
    if (typeof result !== "object" || isPlain(result) || result instanceof Promise) return result
    if (typeof (result as { then?: unknown } | null)?.then !== "function") return result
    return Promise.resolve(result as PromiseLike<Result>)
  }
}

/** Runs web-standard middleware around a step. */
type Around = (around: NonNullable<LayerHooks["around"]>, inner: Step) => Step

const aroundWeb: Around = (around, inner) => (ctx) => around(ctx, async () => toResponse(ctx, thrown(await inner(ctx))))

function withLayer(next: Step, layer: Layer<unknown, unknown>, wrap: Around): Step {
  const { within, before, around, after, error, finish } = layer.hooks
  let run = next
  if (within !== undefined) run = (ctx) => (within as Within)(ctx, () => next(ctx))
  if (before !== undefined) run = withBefore(layer.name, before as Step, run)
  if (around !== undefined) run = wrap(around, run)
  if (after !== undefined) run = withAfter(after as (ctx: RequestContext, reply: Reply) => Result, run)
  if (error !== undefined) run = withError(error as (ctx: RequestContext, error: unknown) => Result, run)
  if (finish === undefined) return run
  const inner = run
  return (ctx) => {
    if (ctx.finishers === undefined) ctx.beganMs = performance.now()
    ctx.finishers ??= []
    ctx.finishers.push((outcome) => finish(ctx, outcome))
    return inner(ctx)
  }
}

type Within = (ctx: RequestContext, run: () => MaybePromise<Result>) => MaybePromise<Result>

function withBefore(name: string, before: Step, next: Step): Step {
  const provide = createProvider(name)
  const enter = (ctx: RequestContext, given: Result): MaybePromise<Result> => {
    if (given === undefined || given === null) return next(ctx)
    if (isAnswer(given)) return given
    provide(ctx as unknown as Record<string, unknown>, given as Record<string, unknown>)
    return next(ctx)
  }
  return (ctx) => {
    const given = before(ctx)
    return given instanceof Promise ? given.then((settled) => enter(ctx, settled)) : enter(ctx, given)
  }
}

/**
 * Adds a layer's fields to contexts. Two layers that give one field would make the type lie, so the second is a defect;
 * which fields a layer gives is known after its first run, and only another one is checked again.
 */
function createProvider(layer: string): (ctx: Record<string, unknown>, fields: Record<string, unknown>) => void {
  let known: string | undefined
  return (ctx, fields) => {
    for (const name in fields) {
      if (name !== known) {
        if (!Object.hasOwn(fields, name)) continue
        if (name in ctx)
          throw new LayerConflict(`The layer "${layer}" provides "${name}", which the context already has`)
        known = name
      }
      ctx[name] = fields[name]
    }
  }
}

function withAfter(after: (ctx: RequestContext, reply: Reply) => Result, next: Step): Step {
  const look = (ctx: RequestContext, result: Result): MaybePromise<Result> => {
    if (isFailure(result)) return result
    const reply = toReply(result)
    // A `Response` that nobody replaced is sent as it was, with whatever its runtime knows about its body.
    return andThen(after(ctx, reply), (other) => (other === undefined || other === reply ? result : other))
  }
  return (ctx) => andThen(next(ctx), (result) => look(ctx, result))
}

function withError(error: (ctx: RequestContext, error: unknown) => Result, next: Step): Step {
  const recover = (ctx: RequestContext, problem: unknown): MaybePromise<Result> =>
    andThen(error(ctx, problem), (answer) => {
      if (answer === undefined) throw problem
      return answer
    })
  const look = (ctx: RequestContext, result: Result): MaybePromise<Result> =>
    isFailure(result) ? recover(ctx, toError(result)) : result
  return (ctx) => {
    let result: MaybePromise<Result>
    try {
      result = next(ctx)
    } catch (problem) {
      return recover(ctx, problem)
    }
    if (!(result instanceof Promise)) return look(ctx, result)
    return result.then(
      (settled) => look(ctx, settled),
      (problem) => recover(ctx, problem),
    )
  }
}

/** Ends the wait for a route that takes too long. Its `ctx.signal` aborts, so that what it started can stop too. */
function withTimeout(next: Step, timeoutMs: number): Step {
  return (ctx) => {
    const controller = new AbortController()
    ctx.timeout = controller.signal
    const result = next(ctx)
    if (!(result instanceof Promise)) return result
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const late = fail(RequestTimeout, `The answer took longer than ${timeoutMs} ms`, { timeoutMs })
        resolve(late)
        controller.abort(late.toError())
      }, timeoutMs)
      result.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}

/** A failure, thrown: web-standard middleware knows no other way to see one. */
function thrown(result: Result): Result {
  if (isFailure(result)) throw toError(result as Failure | AshlarError)
  return result
}
