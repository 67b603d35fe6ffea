import { Internal } from "@ashlar/core"
import { BadRequest } from "../errors.ts"
import type { Layer } from "../layer.ts"
import { type Answering, connectionOf, give, isHost, platformLayer, refusal } from "./platform.ts"

/** What Cloudflare gives besides the request. @see https://developers.cloudflare.com/workers/runtime-apis/context/ */
export interface WorkerExecution {
  waitUntil(work: Promise<unknown>): void
  passThroughOnException(): void
}

/** What a module worker exports. @see https://developers.cloudflare.com/workers/runtime-apis/handlers/fetch/ */
export interface WorkerHandler<Env> {
  fetch(request: Request, env: Env, execution: WorkerExecution): Promise<Response>
}

export interface WorkerOptions {
  /**
   * The header that says the caller's address. Default `cf-connecting-ip`, which Cloudflare sets itself. Where workerd is
   * reached without Cloudflare in front, callers can write that header: name one that your own front sets.
   */
  readonly addressHeader?: string
}

/**
 * Serves an app as a module worker on Cloudflare or workerd. What handlers defer goes on under `waitUntil`.
 * @example
 * const worker = workerContext<{ GREETING: string }>()
 * const app = createApp({ layers: [worker] })
 * app.get("/", (ctx) => ctx.env.GREETING)
 * export default toWorker<{ GREETING: string }>(app)
 */
export function toWorker<Env = unknown>(app: Answering, options: WorkerOptions = {}): WorkerHandler<Env> {
  const { addressHeader = "cf-connecting-ip" } = options
  return {
    async fetch(request, env, execution) {
      if (!hasTarget(request)) return refusal(new BadRequest("Expected a path, and a Host that is the name of a host"))
      give(request, "workers", { env, execution })
      const address = request.headers.get(addressHeader) ?? undefined
      const connection = connectionOf(address, (work) => execution.waitUntil(work))
      return checked(await app.fetch(request, connection), request)
    },
  }
}

/**
 * workerd puts `http://`, the Host and the target together to a URL without a look at them: the Host `a/admin?` would choose
 * the path. Cloudflare's own front lets none of that through.
 */
function hasTarget({ url, headers }: Request): boolean {
  const host = headers.get("host")
  const authority = /^https?:\/\/([^/?#]*)\//.exec(url)?.[1]
  return authority !== undefined && isHost(authority) && (host === null || isHost(host))
}

/** Every other runtime refuses a header with a control character in it; workerd would send it. */
function checked(response: Response, { method, url }: Request): Response {
  for (const [name, value] of response.headers) {
    if (!/[^\t\x20-\x7e\x80-\uffff]/.test(value)) continue
    const error = new Internal(undefined, { cause: `The header ${name} has a control character` })
    console.error(`${method} ${url}`, error)
    return refusal(error)
  }
  return response
}

/** A layer that provides `ctx.env`, the worker's bindings, and `ctx.execution`. @throws {HTTP_PLATFORM_MISSING} elsewhere. */
export function workerContext<Env>(): Layer<{ readonly env: Env; readonly execution: WorkerExecution }> {
  return platformLayer("workers", "toWorker")
}
