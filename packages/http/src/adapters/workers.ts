import type { Layer } from "../layer.ts"
import { type Answering, connectionOf, give, platformLayer } from "./platform.ts"

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
    fetch(request, env, execution) {
      give(request, "workers", { env, execution })
      const address = request.headers.get(addressHeader) ?? undefined
      return app.fetch(
        request,
        connectionOf(address, (work) => execution.waitUntil(work)),
      )
    },
  }
}

/** A layer that provides `ctx.env`, the worker's bindings, and `ctx.execution`. @throws {HTTP_PLATFORM_MISSING} elsewhere. */
export function workerContext<Env>(): Layer<{ readonly env: Env; readonly execution: WorkerExecution }> {
  return platformLayer("workers", "toWorker")
}
