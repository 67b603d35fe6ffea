import { isPathAsSent } from "./adapters/deno-host.ts"
import { methodOf, urlOf } from "./adapters/deno-inside.ts"
import { pathOf } from "./context/target.ts"
import { type Peer, WebContext } from "./context/web-context.ts"
import { BadRequest } from "./errors.ts"
import { Failure } from "./failure.ts"
import { hostOf } from "./host.ts"
import type { Kernel } from "./kernel.ts"
import { toProblem } from "./problem.ts"
import { PROBLEM_TYPE, type Result } from "./reply/reply.ts"
import { forHead, readyResponse, toResponse } from "./reply/web.ts"
import type { MaybePromise } from "./step.ts"
import { sendUpgrade } from "./websocket/web.ts"

/** Answers a web-standard request; `connection` is what the runtime gave with it, and `peer` can read. */
export type WebHandler = (request: Request, connection: unknown) => MaybePromise<Response>

/** How results are sent; each has a default. */
export interface Renders {
  readonly render?: typeof toResponse
  readonly renderUpgrade?: UpgradeRender | undefined
}

/** How an upgrade is sent on a connection. */
export type UpgradeRender = (connection: unknown) => (ctx: WebContext, result: Result) => Response

const isDeno = "Deno" in globalThis

function badHost(): Response {
  const problem = toProblem(new Failure(BadRequest, "The Host header is no host"))
  return new Response(JSON.stringify(problem), { status: 400, headers: { "content-type": PROBLEM_TYPE } })
}

/** How a kernel is served where requests are web-standard: by `app.fetch`, on Deno, and on Bun beside its own router. */
export function createWebHandler(
  kernel: Kernel,
  peer: Peer,
  { render = toResponse, renderUpgrade = () => sendUpgrade }: Renders = {},
): WebHandler {
  const { shared } = kernel
  const renderHead = forHead(render)
  const hasUpgrades = kernel.websocket !== undefined
  return (request, connection) => {
    const url = isDeno ? urlOf(request) : request.url
    const method = isDeno ? methodOf(request) : request.method
    const path = pathOf(url)
    const host = kernel.hasHosts
      ? hostOf(shared, { headers: request.headers, target: url }, () => peer.address(request, connection))
      : null
    const { endpoint, values, ready } = kernel.find(method, path, host)
    if (ready !== undefined && method !== "HEAD") return readyResponse(ready)
    if (isDeno && !isPathAsSent(request, url)) return badHost()
    const ctx = new WebContext({ request, connection, peer, endpoint, shared, values, path })
    if (hasUpgrades && endpoint.record.websocket !== undefined) return kernel.answer(ctx, renderUpgrade(connection))
    return kernel.answer(ctx, method === "HEAD" ? renderHead : render)
  }
}
