import { type App, createApp } from "../app.ts"
import { Unavailable } from "../errors.ts"
import { fail } from "../failure.ts"
import { layer } from "../layer.ts"
import { problemReply } from "../problem.ts"
import type { RequestContext } from "../context/request-context.ts"
import type { ErrorDescription } from "./error-description.ts"

/**
 * What answers while no app does: 503 to every request, with the reason, as a page for browsers. The page looks again by
 * itself, and shows the app when there is one.
 */
export function createWaitingApp(failure: () => ErrorDescription | undefined, page: (error: ErrorDescription | undefined) => string): App {
  const waiting = layer({
    name: "waiting",
    before: (ctx) => {
      const error = failure()
      ctx.set("cache-control", "no-store")
      ctx.set("retry-after", "1")
      if (ctx.headers.get("accept")?.includes("text/html")) return ctx.html(page(error), 503)
      const detail = error === undefined ? "The app is starting." : `The app does not start: ${error.message}`
      return problemReply(fail(Unavailable, detail, error && { ...error.frame && { at: `${error.frame.file}:${error.frame.line}` } }), ctx as RequestContext)
    },
  })
  return createApp({ layers: [waiting], onError: () => undefined }) as App
}
