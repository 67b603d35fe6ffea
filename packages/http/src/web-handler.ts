import { pathOf } from "./context/target.ts"
import { type Peer, WebContext } from "./context/web-context.ts"
import { hostOf } from "./host.ts"
import type { Kernel } from "./kernel.ts"
import type { Result } from "./reply/reply.ts"
import { headResponse, readyResponse, toResponse } from "./reply/web.ts"
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

/** How a kernel is served where requests are web-standard: by `app.fetch`, on Deno, and on Bun beside its own router. */
export function createWebHandler(
  kernel: Kernel,
  peer: Peer,
  { render = toResponse, renderUpgrade = () => sendUpgrade }: Renders = {},
): WebHandler {
  const { shared } = kernel
  const hasUpgrades = kernel.websocket !== undefined
  const renderHead: typeof toResponse = (ctx, result) => headResponse(ctx, result, render(ctx, result))
  return (request, connection) => {
    const path = pathOf(request.url)
    const { method } = request
    const host = kernel.hasHosts ? hostOf(shared, request.headers, () => peer.address(request, connection)) : null
    const { endpoint, values, ready } = kernel.find(method, path, host)
    if (ready !== undefined && method !== "HEAD") return readyResponse(ready)
    const ctx = new WebContext({ request, connection, peer, endpoint, shared, values }, path)
    if (hasUpgrades && endpoint.record.websocket !== undefined) return kernel.answer(ctx, renderUpgrade(connection))
    return kernel.answer(ctx, method === "HEAD" ? renderHead : render)
  }
}
