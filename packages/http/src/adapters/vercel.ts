import { type Answering, connectionOf, type WaitUntil } from "./platform.ts"

/** What a Vercel function exports. @see https://vercel.com/docs/functions/functions-api-reference */
export interface VercelHandler {
  fetch(request: Request): Promise<Response>
}

/**
 * Serves an app as a Vercel function, on Node, Bun or the edge. What handlers defer goes on under Vercel's `waitUntil`; the
 * caller's address is `x-real-ip`, which Vercel sets itself.
 * @example
 * // api/index.ts, with { "rewrites": [{ "source": "/(.*)", "destination": "/api" }] } in vercel.json
 * export default toVercel(app)
 */
export function toVercel(app: Answering): VercelHandler {
  return {
    fetch: (request) => app.fetch(request, connectionOf(request.headers.get("x-real-ip") ?? undefined, waitUntil)),
  }
}

interface VercelGlobal {
  readonly [key: symbol]: { get?(): { readonly waitUntil?: WaitUntil } | undefined } | undefined
}

/** As `@vercel/functions` finds it. Where there is none (`vercel dev` of old), the process lives on anyway. */
const waitUntil: WaitUntil = (work) => {
  const context = (globalThis as VercelGlobal)[Symbol.for("@vercel/request-context")]?.get?.()
  context?.waitUntil?.(work)
}
