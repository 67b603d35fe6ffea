import { type App, createApp } from "../../app.ts"
import { DevRefused, Unavailable } from "../../errors.ts"
import { fail } from "../../failure.ts"
import { layer } from "../../layer.ts"
import { events } from "../../sse/events.ts"
import type { ErrorDescription } from "../error-description.ts"
import { remoteReason } from "./local-requests.ts"
import type { PageFeed } from "./page-feed.ts"
import { developmentPage, waitingPage } from "./page-html.ts"

/** Nothing of the page is kept or shown inside another one. */
const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
}

/**
 * The page at `/_dev`. It is made in a development process only, and it answers only there, to browsers on the same
 * machine.
 */
export function createPageApp(feed: Pick<PageFeed, "open" | "snapshot">): App {
  const page = developmentPage()
  const localOnly = layer({
    name: "localOnly",
    headers: HEADERS,
    errors: [DevRefused],
    before: (ctx) => {
      const reason = process.env.NODE_ENV === "production" ? "this is production" : remoteReason(ctx)
      if (reason !== undefined) throw new DevRefused(`The development page is for this machine only, and ${reason}.`)
    },
  })
  const app = createApp({ layers: [localOnly], onError: () => undefined })
  app.get("/_dev", (ctx) => {
    ctx.set("content-security-policy", page.policy)
    return ctx.html(page.html)
  })
  app.get("/_dev/events", (ctx) => events(ctx, (stream) => feed.open(stream)))
  app.get("/_dev/state", () => feed.snapshot())
  return app as App
}

/**
 * What answers while no app does: 503 to every request, as a page for browsers. Only this machine is told the reason.
 */
export function createWaitingApp(failureOf: () => ErrorDescription | undefined): App {
  const waiting = layer({
    name: "waiting",
    headers: HEADERS,
    before: (ctx) => {
      const failure = remoteReason(ctx) === undefined ? failureOf() : undefined
      ctx.set("retry-after", "1")
      if (ctx.headers.get("accept")?.includes("text/html")) {
        const page = waitingPage(failure)
        ctx.set("content-security-policy", page.policy)
        return ctx.html(page.html, 503)
      }
      const detail = failure === undefined ? "The app is being changed." : `The app does not start: ${failure.message}`
      const at = failure?.frame && { at: `${failure.frame.file}:${failure.frame.line}` }
      return fail(Unavailable, detail, at)
    },
  })
  return createApp({ layers: [waiting], onError: () => undefined }) as App
}
