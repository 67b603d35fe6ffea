import type { RequestContext } from "../context/request-context.ts"
import { isFailure, toError } from "../failure.ts"
import type { LayerHooks } from "../layer.ts"
import { isResponse, type Result } from "../reply/reply.ts"
import { toReply } from "../reply/to-reply.ts"
import { toResponse } from "../reply/web.ts"
import type { Step } from "../step.ts"
import { Upgrade, webUpgradeHeaders } from "./upgrade.ts"

/**
 * Runs web-standard middleware around a route that upgrades. It sees a `Response` of status 101 in place of the upgrade,
 * and what it does to the headers counts. A response of its own refuses the connection.
 */
export function aroundUpgrade(around: NonNullable<LayerHooks["around"]>, inner: Step): Step {
  return async (ctx) => {
    let made: Upgrade | undefined
    const response: Result = await around(ctx, async () => {
      const result = await inner(ctx)
      if (isFailure(result)) throw toError(result)
      if (!(result instanceof Upgrade)) return toResponse(ctx, result)
      made = result
      return standIn(ctx, result)
    })
    const isUpgrade = isResponse(response) && response.status === 101
    return isUpgrade && made !== undefined ? made.withHeaders(toReply(response).headers ?? {}) : response
  }
}

/** No runtime but Bun lets a program make a response of this status. */
function standIn(ctx: RequestContext, upgrade: Upgrade): Response {
  const response = new Response(null)
  Object.defineProperty(response, "status", { value: 101 })
  for (const [name, value] of webUpgradeHeaders(ctx, upgrade)) response.headers.append(name, value)
  return response
}
