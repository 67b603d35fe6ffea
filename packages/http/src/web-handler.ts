import { pathOf } from "./context/target.ts"
import { type Peer, WebContext } from "./context/web-context.ts"
import type { Kernel } from "./kernel.ts"
import { headResponse, readyResponse, toResponse } from "./reply/web.ts"
import type { MaybePromise } from "./step.ts"

/** Answers a web-standard request; `connection` is what the runtime gave with it, and `peer` can read. */
export type WebHandler = (request: Request, connection: unknown) => MaybePromise<Response>

/** How a kernel is served where requests are web-standard: by `app.fetch`, on Deno, and on Bun beside its own router. */
export function createWebHandler(kernel: Kernel, peer: Peer, render: typeof toResponse = toResponse): WebHandler {
  const { shared } = kernel
  const renderHead: typeof toResponse = (ctx, result) => headResponse(ctx, result, render(ctx, result))
  return (request, connection) => {
    const path = pathOf(request.url)
    const { method } = request
    const host = kernel.hasHosts ? request.headers.get("host") : null
    const { endpoint, values, ready } = kernel.find(method, path, host)
    if (ready !== undefined && method !== "HEAD") return readyResponse(ready)
    const ctx = new WebContext({ request, connection, peer, endpoint, shared, values }, path)
    return kernel.answer(ctx, method === "HEAD" ? renderHead : render)
  }
}
