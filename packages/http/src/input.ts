import { readDeclaredBody } from "./body.ts"
import type { RequestContext } from "./context/request-context.ts"
import { Invalid, ResponseInvalid } from "./errors.ts"
import { Failure, isFailure } from "./failure.ts"
import { isResponse, Reply, type Result } from "./reply/reply.ts"
import { type AnySchema, type Checked, checkPart, type Part, type RequestIssue } from "./schema.ts"
import { type MaybePromise, type Step, then } from "./step.ts"
import type { RouteRecord } from "./table.ts"

/** Checks one part of the request, keeps what the schema made of it, and says what is wrong. */
type Check = (ctx: RequestContext) => MaybePromise<readonly RequestIssue[] | Failure | undefined>

/** Checks what comes in before the handler sees it: parameters, query, headers, and the body last. */
export function withCheckedInput(record: RouteRecord, next: Step): Step {
  const checks = checksOf(record)
  if (checks.length === 0) return next
  const from = (ctx: RequestContext, start: number, issues: readonly RequestIssue[]): MaybePromise<Result> => {
    let all = issues
    for (let index = start; index < checks.length; index++) {
      const found = checks[index]!(ctx)
      if (found instanceof Promise) return found.then((late) => resume(ctx, index + 1, all, late))
      if (found instanceof Failure) return found
      if (found !== undefined) all = [...all, ...found]
    }
    return all.length === 0 ? next(ctx) : invalid(all)
  }
  const resume = (
    ctx: RequestContext,
    start: number,
    issues: readonly RequestIssue[],
    found: readonly RequestIssue[] | Failure | undefined,
  ): MaybePromise<Result> => {
    if (found instanceof Failure) return found
    return from(ctx, start, found === undefined ? issues : [...issues, ...found])
  }
  return (ctx) => from(ctx, 0, NO_ISSUES)
}

const NO_ISSUES: readonly RequestIssue[] = []

function checksOf(record: RouteRecord): readonly Check[] {
  const { params, query, headers, body } = record.input
  const checks: Check[] = []
  if (params !== undefined)
    checks.push((ctx) => checkValue("params", params, ctx.params, (value) => (ctx.params = value as typeof ctx.params)))
  if (query !== undefined)
    checks.push((ctx) => checkValue("query", query, { ...(ctx.query as object) }, (value) => (ctx.query = value ?? {})))
  if (headers !== undefined)
    checks.push((ctx) => checkValue("headers", headers, Object.fromEntries(ctx.headers), () => undefined))
  if (body !== undefined) checks.push(bodyCheck(body, record.maxBodyBytes))
  return checks
}

function bodyCheck(schema: AnySchema, maxBodyBytes: number): Check {
  return (ctx) => {
    const keep = (value: unknown): void => {
      ctx.body = value
    }
    const check = (body: unknown): ReturnType<Check> =>
      body instanceof Failure ? body : checkValue("body", schema, body, keep)
    return then(readDeclaredBody(ctx, maxBodyBytes), check)
  }
}

function checkValue(
  part: Part,
  schema: AnySchema,
  value: unknown,
  keep: (value: unknown) => void,
): MaybePromise<readonly RequestIssue[] | undefined> {
  return then(checkPart(part, schema, value), (checked: Checked) => {
    if ("issues" in checked) return checked.issues
    keep(checked.value)
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
    return then(checkPart("response", schema, result instanceof Reply ? result.value : result), (checked) => {
      if ("value" in checked) return result
      throw new ResponseInvalid(`${record.method} ${record.path} answered ${status} with ${summary(checked.issues)}`)
    })
  }
  return (ctx) => then(next(ctx), check)
}
