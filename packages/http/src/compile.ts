import { readDeclaredBody } from "./body.ts"
import type { RequestContext } from "./context.ts"
import { Invalid, ResponseInvalid } from "./errors.ts"
import type { Layer } from "./layer.ts"
import { problemResponse } from "./problem.ts"
import { Reply, type Result, toResponse } from "./reply.ts"
import { type AnySchema, type Checked, checkPart, type Part, type RequestIssue } from "./schema.ts"
import type { RouteRecord } from "./table.ts"

/**
 * One function per route, made once: layers nest around the input's check and the handler. Everything stays
 * synchronous until something is not, so a plain route costs no promise.
 */

type MaybePromise<T> = T | Promise<T>
type Run = (ctx: RequestContext) => MaybePromise<Result>
export type Respond = (ctx: RequestContext) => MaybePromise<Response>

export interface CompileOptions {
  /** Check what handlers return against the response schema. */
  readonly checkResponses: boolean
  /** Where errors go that callers are not told about: defects, and whatever has a status of 500 or more. */
  readonly report: (error: unknown, ctx: RequestContext) => void
}

export function compileRoute(record: RouteRecord, options: CompileOptions): Respond {
  const handler = record.handler as (ctx: RequestContext) => MaybePromise<Result>
  const checked = options.checkResponses && record.output.size > 0 ? withCheckedResponse(record, handler) : handler
  const run = record.layers.reduceRight(withLayer, withCheckedInput(record, checked))
  return (ctx) => {
    try {
      const result = run(ctx)
      if (!(result instanceof Promise)) return finish(ctx, toResponse(result, ctx.responseHeaders), undefined, options)
      return result.then(
        (settled) => finish(ctx, toResponse(settled, ctx.responseHeaders), undefined, options),
        (error) => fail(ctx, error, options),
      )
    } catch (error) {
      return fail(ctx, error, options)
    }
  }
}

function fail(ctx: RequestContext, error: unknown, options: CompileOptions): Response {
  const response = toResponse(problemResponse(error, ctx), ctx.responseHeaders)
  if (response.status >= 500) options.report(error, ctx)
  return finish(ctx, response, error, options)
}

/** Runs the finish hooks, innermost first, and what was deferred, without holding the answer back. */
function finish(ctx: RequestContext, response: Response, error: unknown, options: CompileOptions): Response {
  if (ctx.finishers.length === 0 && ctx.deferred.length === 0) return response
  const outcome = { status: response.status, durationMs: Date.now() - ctx.startedAt, error }
  const work = [...ctx.finishers.map((hook) => () => hook(outcome)), ...ctx.deferred].reverse()
  queueMicrotask(async () => {
    for (const one of work) {
      try {
        await one()
      } catch (thrown) {
        options.report(thrown, ctx)
      }
    }
  })
  return response
}

function withLayer(next: Run, layer: Layer<unknown, unknown>): Run {
  const { before, around, after, error, finish } = layer.hooks
  let run = next
  if (before !== undefined) run = withBefore(layer.name, before, run)
  if (around !== undefined) {
    const inner = run
    run = (ctx) => around(ctx, async () => toResponse(await inner(ctx), ctx.responseHeaders))
  }
  if (after !== undefined) {
    const inner = run
    run = (ctx) =>
      then(inner(ctx), (result) => {
        const response = toResponse(result, ctx.responseHeaders)
        return then(after(ctx, response), (other) => (other === undefined ? response : other))
      })
  }
  if (error !== undefined) run = withError(error, run)
  if (finish === undefined) return run
  const inner = run
  return (ctx) => {
    ctx.finishers.push((outcome) => finish(ctx, outcome))
    return inner(ctx)
  }
}

function withBefore(name: string, before: NonNullable<Layer["hooks"]["before"]>, next: Run): Run {
  return (ctx) =>
    then(before(ctx), (given) => {
      if (given instanceof Reply || given instanceof Response) return given
      if (given !== undefined && given !== null) ctx.provide(given as object, name)
      return next(ctx)
    })
}

function withError(error: NonNullable<Layer["hooks"]["error"]>, next: Run): Run {
  const recover = (ctx: RequestContext, thrown: unknown): MaybePromise<Result> =>
    then(error(ctx, thrown), (answer) => {
      if (answer === undefined) throw thrown
      return answer
    })
  return (ctx) => {
    try {
      const result = next(ctx)
      return result instanceof Promise ? result.catch((thrown) => recover(ctx, thrown)) : result
    } catch (thrown) {
      return recover(ctx, thrown)
    }
  }
}

function withCheckedInput(record: RouteRecord, next: Run): Run {
  const { params, query, headers, body } = record.input
  if (params === undefined && query === undefined && headers === undefined && body === undefined) return next
  return async (ctx) => {
    const issues: RequestIssue[] = []
    const check = async (part: Part, schema: AnySchema, value: unknown): Promise<unknown> => {
      const result: Checked = await checkPart(part, schema, value)
      if ("value" in result) return result.value
      issues.push(...result.issues)
      return undefined
    }
    if (params !== undefined) ctx.params = (await check("params", params, ctx.params)) as typeof ctx.params
    if (query !== undefined) ctx.query = (await check("query", query, { ...(ctx.query as object) })) ?? {}
    if (headers !== undefined) await check("headers", headers, Object.fromEntries(ctx.headers))
    if (body !== undefined) {
      ctx.body = await check("body", body, await readDeclaredBody(ctx.request, record.maxBodyBytes))
    }
    if (issues.length > 0) throw new Invalid(summary(issues), { details: { errors: issues } })
    return next(ctx)
  }
}

function summary(issues: readonly RequestIssue[]): string {
  const [first, ...rest] = issues
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more, see errors)`
  return `${first!.in}${first!.pointer}: ${first!.message}${more}`
}

function withCheckedResponse(record: RouteRecord, next: Run): Run {
  return (ctx) =>
    then(next(ctx), (result) => {
      if (result instanceof Response) return result
      const status = result instanceof Reply ? result.status : 200
      const schema = record.output.get(status)
      if (schema === undefined || schema === null) return result
      return then(checkPart("response", schema, result instanceof Reply ? result.value : result), (checked) => {
        if ("value" in checked) return result
        throw new ResponseInvalid(`${record.method} ${record.path} answered ${status} with ${summary(checked.issues)}`)
      })
    })
}

function then<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
