import type { RequestContext } from "../context/request-context.ts"
import { ResponseInvalid } from "../errors.ts"
import { isFailure } from "../failure.ts"
import { summary } from "../input/invalid.ts"
import { isPlain, isResponse, kindOf, Reply, type Result } from "../reply/reply.ts"
import { outlineOf } from "../routes/json-schema.ts"
import { type AnySchema, PartSchema } from "../schema.ts"
import { andThen, type MaybePromise, type Step } from "../step.ts"
import type { RouteRecord } from "../table.ts"
import { mayChange } from "./changes.ts"
import type { Trim } from "./trim.ts"
import { viewOf } from "./view.ts"

/** What becomes of the values of one status. */
interface Output {
  /** Leaves out what the caller is not answered with. */
  readonly trimFor: ((ctx: RequestContext) => Trim | undefined) | undefined
  /** Throws where the value is not what the route promises. Undefined: nobody asked. */
  readonly check: ((value: unknown) => MaybePromise<void>) | undefined
  /** Gives what the schema makes of the value, in place of both. */
  readonly convert?: (value: unknown) => MaybePromise<unknown>
}

/**
 * Holds what a handler returns to the route's response schemas: keys that they do not have are left out, always, and with
 * `isChecking` what is left must fit. A mismatch is a defect of the handler: the caller sees no more than that. Where a schema has
 * defaults or transforms, what it makes of the value is sent. One whose library gives no JSON Schema is asked for its keys too,
 * and so must always fit.
 */
export function withOutput(record: RouteRecord, isChecking: boolean, next: Step): Step {
  const outputs = new Map<number, Output>()
  for (const [status, schema] of record.output) {
    const who = `${nameOf(record)} answered ${status}`
    const output = schema === null ? undefined : outputOf(schema, { who, isChecking })
    if (output !== undefined) outputs.set(status, output)
  }
  if (outputs.size === 0) return next
  const plain = outputs.get(200)
  const finish = (ctx: RequestContext, result: Result): MaybePromise<Result> => {
    if (result instanceof Reply) {
      const output = outputs.get(result.status)
      return output === undefined ? result : finishReply(ctx, result, output)
    }
    return plain === undefined ? result : finishValue(ctx, result, plain)
  }
  return (ctx) => {
    const result = next(ctx)
    return result instanceof Promise ? result.then((settled) => finish(ctx, settled)) : finish(ctx, result)
  }
}

function finishReply(ctx: RequestContext, reply: Reply, output: Output): MaybePromise<Result> {
  return andThen(finishValue(ctx, reply.value, output), (value) =>
    value === reply.value ? reply : reply.withBody(value),
  )
}

function finishValue(ctx: RequestContext, value: unknown, { trimFor, check, convert }: Output): MaybePromise<unknown> {
  if (typeof value === "object" && !isPlain(value) && (isFailure(value) || isResponse(value))) return value
  if (convert !== undefined)
    return typeof value !== "object" || value === null || isTrimmable(value) ? convert(value) : value
  const trimmed = isTrimmable(value) ? (trimFor?.(ctx)?.(value) ?? value) : value
  return check === undefined ? trimmed : andThen(check(value), () => trimmed)
}

/** Streams, bytes and files are no objects of a schema. */
function isTrimmable(value: unknown): boolean {
  return typeof value === "object" && value !== null && (isPlain(value) || kindOf(value) === "json")
}

/** @param who Begins the message of a mismatch. */
function outputOf(
  schema: AnySchema,
  { who, isChecking }: { readonly who: string; readonly isChecking: boolean },
): Output | undefined {
  const { trim, trimFor } = viewOf(schema)
  const part = new PartSchema("response", schema)
  const isBlind = trimFor === undefined && outlineOf(schema) === undefined
  if (isBlind || (!("~view" in schema) && mayChange(schema)))
    return { trimFor, check: undefined, convert: conversionOf(part, { trim, who, mustFit: isBlind || isChecking }) }
  if (isChecking) return { trimFor, check: checkOf(part, { trim, who }) }
  return trimFor === undefined ? undefined : { trimFor, check: undefined }
}

interface Conversion {
  readonly trim: Trim | undefined
  readonly who: string
  /** Otherwise a value that does not fit is sent as it is. */
  readonly mustFit: boolean
}

function conversionOf(
  schema: PartSchema,
  { trim, who, mustFit }: Conversion,
): (value: unknown) => MaybePromise<unknown> {
  return (value) => {
    const trimmed = trim !== undefined && isTrimmable(value) ? trim(value) : value
    return andThen(schema.check(trimmed), (checked) => {
      if (checked.issues === undefined) return checked.value
      if (mustFit) throw new ResponseInvalid(`${who} with ${summary(checked.issues)}`)
      return trimmed
    })
  }
}

function checkOf(
  schema: PartSchema,
  { trim, who }: { readonly trim: Trim | undefined; readonly who: string },
): Output["check"] {
  return (value) =>
    andThen(schema.check(trim !== undefined && isTrimmable(value) ? trim(value) : value), ({ issues }) => {
      if (issues !== undefined) throw new ResponseInvalid(`${who} with ${summary(issues)}`)
    })
}

function nameOf({ method, path }: RouteRecord): string {
  return `${method} ${path}`
}
