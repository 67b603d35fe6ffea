import type { RequestContext } from "../context/request-context.ts"
import { ResponseInvalid } from "../errors.ts"
import { isFailure } from "../failure.ts"
import { summary } from "../input/invalid.ts"
import { isResponse, Reply, type Result } from "../reply/reply.ts"
import { PartSchema } from "../schema.ts"
import { andThen, type MaybePromise, type Step } from "../step.ts"
import type { RouteRecord } from "../table.ts"

/** Checks what the handler returns. A mismatch is a defect of the handler: the caller sees no more than that. */
export function withCheckedResponse(record: RouteRecord, next: Step): Step {
  const schemas = new Map(
    [...record.output].flatMap(([status, schema]) =>
      schema === null ? [] : [[status, new PartSchema("response", schema)] as const],
    ),
  )
  const check = (result: Result): MaybePromise<Result> => {
    if (isFailure(result) || isResponse(result)) return result
    const status = result instanceof Reply ? result.status : 200
    const schema = schemas.get(status)
    if (schema === undefined) return result
    return andThen(schema.check(result instanceof Reply ? result.value : result), ({ issues }) => {
      if (issues === undefined) return result
      throw new ResponseInvalid(`${record.method} ${record.path} answered ${status} with ${summary(issues)}`)
    })
  }
  return (ctx: RequestContext) => andThen(next(ctx), check)
}
