import { readDeclaredBody, unreadableBody } from "./body.ts"
import type { RequestContext } from "./context/request-context.ts"
import { Invalid, ResponseInvalid } from "./errors.ts"
import { Failure, isFailure } from "./failure.ts"
import { isResponse, Reply, type Result } from "./reply/reply.ts"
import { type AnySchema, type Checked, checkPart, type Part, type RequestIssue } from "./schema.ts"
import { andThen, type MaybePromise, type Step } from "./step.ts"
import type { RouteRecord } from "./table.ts"

/** Checks one part of the request, keeps what the schema made of it, and says what is wrong. */
type Check = (ctx: RequestContext) => MaybePromise<readonly RequestIssue[] | undefined>

/** Checks what comes in before the handler sees it: parameters, query, headers, and the body last. */
export function withCheckedInput(record: RouteRecord, next: Step): Step {
  const { body } = record.input
  const inner = body === undefined ? next : withCheckedBody(body, record.maxBodyBytes, next)
  const checks = checksOf(record)
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

function checksOf(record: RouteRecord): readonly Check[] {
  const { params, query, headers } = record.input
  const checks: Check[] = []
  if (params !== undefined)
    checks.push((ctx) => checkValue("params", params, ctx.params, (value) => (ctx.params = value as typeof ctx.params)))
  if (query !== undefined)
    checks.push((ctx) => checkValue("query", query, { ...(ctx.query as object) }, (value) => (ctx.query = value ?? {})))
  if (headers !== undefined)
    checks.push((ctx) => checkValue("headers", headers, Object.fromEntries(ctx.headers), () => undefined))
  return checks
}

/** The body comes last, and by a promise: all that follows it hangs on that one. */
function withCheckedBody(schema: AnySchema, maxBodyBytes: number, next: Step): Step {
  const enter = (ctx: RequestContext, checked: Checked): MaybePromise<Result> => {
    if ("issues" in checked) keep(ctx, checked.issues)
    else ctx.body = checked.value
    return ctx.issues === undefined ? next(ctx) : invalid(ctx.issues)
  }
  const check = (ctx: RequestContext, body: unknown): MaybePromise<Result> => {
    if (body instanceof Failure) return body
    const checked = checkPart("body", schema, body)
    return checked instanceof Promise ? checked.then((late) => enter(ctx, late)) : enter(ctx, checked)
  }
  return (ctx) => {
    const body = readDeclaredBody(ctx, maxBodyBytes)
    return body instanceof Promise ? body.then((read) => check(ctx, read), unreadableBody) : check(ctx, body)
  }
}

function checkValue(
  part: Part,
  schema: AnySchema,
  value: unknown,
  take: (value: unknown) => void,
): MaybePromise<readonly RequestIssue[] | undefined> {
  return andThen(checkPart(part, schema, value), (checked: Checked) => {
    if ("issues" in checked) return checked.issues
    take(checked.value)
    return undefined
  })
}

function invalid(issues: readonly RequestIssue[]): Failure {
  return new Failure(Invalid, summary(issues), { errors: issues })
}

function summary(issues: readonly RequestIssue[]): string {
  const [first, ...rest] = issues
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more, see errors)`
  return `${first!.in}${first!.pointer}: ${first!.message}${more}`
}

/** Checks what the handler returns. A mismatch is a defect of the handler: the caller sees no more than that. */
export function withCheckedResponse(record: RouteRecord, next: Step): Step {
  const check = (result: Result): MaybePromise<Result> => {
    if (isFailure(result) || isResponse(result)) return result
    const status = result instanceof Reply ? result.status : 200
    const schema = record.output.get(status)
    if (schema === undefined || schema === null) return result
    return andThen(checkPart("response", schema, result instanceof Reply ? result.value : result), (checked) => {
      if ("value" in checked) return result
      throw new ResponseInvalid(`${record.method} ${record.path} answered ${status} with ${summary(checked.issues)}`)
    })
  }
  return (ctx) => andThen(next(ctx), check)
}
