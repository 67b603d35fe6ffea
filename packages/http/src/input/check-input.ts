import type { StandardOptions } from "@ashlar/core"
import { readDeclaredBody, unreadableBody } from "../body.ts"
import type { RequestContext } from "../context/request-context.ts"
import { Failure } from "../failure.ts"
import type { Result } from "../reply/reply.ts"
import type { RequestIssue } from "../request-issue.ts"
import { type Checked, PartSchema } from "../schema.ts"
import { andThen, type MaybePromise, type ReadingStep, type Step } from "../step.ts"
import type { RouteRecord } from "../table.ts"
import { invalid } from "./invalid.ts"
import { cookiesReader, headersReader } from "./named-values.ts"

/** Checks one part of the request, keeps what the schema made of it, and says what is wrong. */
type Check = (ctx: RequestContext) => MaybePromise<readonly RequestIssue[] | undefined>

/** What goes to the library of a schema with a request's values, such as the caller's language. Undefined: nothing. */
export type OptionsFor = ((ctx: RequestContext) => StandardOptions) | undefined

/** Checks what comes in before the handler sees it: parameters, query, headers, cookies, and the body last. */
export function withCheckedInput(record: RouteRecord, optionsFor: OptionsFor, next: Step): Step {
  const { body } = record.input
  const inner = body === undefined ? next : withCheckedBody(record, optionsFor, next)
  const checks = checksOf(record, optionsFor)
  if (checks.length === 0) return inner
  const from = (ctx: RequestContext, start: number): MaybePromise<Result> => {
    for (let index = start; index < checks.length; index++) {
      const found = checks[index]!(ctx)
      if (found instanceof Promise) return found.then((late) => resume(ctx, index + 1, late))
      keep(ctx, found)
    }
    return ctx.issues !== undefined && body === undefined ? invalid(ctx.issues) : inner(ctx)
  }
  const resume = (ctx: RequestContext, next: number, found: readonly RequestIssue[] | undefined) => {
    keep(ctx, found)
    return from(ctx, next)
  }
  return (ctx) => from(ctx, 0)
}

function keep(ctx: RequestContext, found: readonly RequestIssue[] | undefined): void {
  if (found !== undefined) ctx.issues = ctx.issues === undefined ? found : [...ctx.issues, ...found]
}

function checksOf({ input }: RouteRecord, optionsFor: OptionsFor): readonly Check[] {
  const { params, query, headers, cookies } = input
  const checks: Check[] = []
  const add = (schema: PartSchema, read: (ctx: RequestContext) => unknown, take: Take): void => {
    checks.push((ctx) =>
      checkValue(schema, { value: read(ctx), options: optionsFor?.(ctx) }, (value) => take(ctx, value)),
    )
  }
  if (params !== undefined)
    add(
      new PartSchema("params", params),
      (ctx) => ctx.params,
      (ctx, value) => {
        ctx.params = value as typeof ctx.params
      },
    )
  if (query !== undefined)
    add(
      new PartSchema("query", query),
      (ctx) => ({ ...(ctx.query as object) }),
      (ctx, value) => {
        ctx.query = value ?? {}
      },
    )
  if (headers !== undefined)
    add(new PartSchema("headers", headers), headersReader(headers), (ctx, value) => {
      ctx.valid = { ...ctx.valid, headers: value }
    })
  if (cookies !== undefined)
    add(new PartSchema("cookies", cookies), cookiesReader(cookies), (ctx, value) => {
      ctx.valid = { ...ctx.valid, cookies: value }
    })
  return checks
}

type Take = (ctx: RequestContext, value: unknown) => void

/** The body comes last, and by a promise: all that follows it hangs on that one. */
function withCheckedBody({ input, maxBodyBytes }: RouteRecord, optionsFor: OptionsFor, next: Step): ReadingStep {
  const schema = new PartSchema("body", input.body!)
  const enter = (ctx: RequestContext, checked: Checked): MaybePromise<Result> => {
    if (checked.issues !== undefined) keep(ctx, checked.issues)
    else ctx.body = checked.value
    return ctx.issues === undefined ? next(ctx) : invalid(ctx.issues)
  }
  const rest: ReadingStep["rest"] = (ctx, body) => {
    if (body instanceof Failure) return body
    const checked = schema.check(body, optionsFor?.(ctx))
    return checked instanceof Promise ? checked.then((late) => enter(ctx, late)) : enter(ctx, checked)
  }
  const read: ReadingStep["read"] = (ctx) => readDeclaredBody(ctx, maxBodyBytes)
  const run: Step = (ctx) => {
    const body = read(ctx)
    return body instanceof Promise ? body.then((came) => rest(ctx, came), unreadableBody) : rest(ctx, body)
  }
  return Object.assign(run, { read, rest })
}

function checkValue(
  schema: PartSchema,
  { value, options }: { readonly value: unknown; readonly options: StandardOptions | undefined },
  take: (value: unknown) => void,
): MaybePromise<readonly RequestIssue[] | undefined> {
  return andThen(schema.check(value, options), (checked: Checked) => {
    if (checked.issues !== undefined) return checked.issues
    take(checked.value)
    return undefined
  })
}
