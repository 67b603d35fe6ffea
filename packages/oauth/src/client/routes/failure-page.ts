import type { BaseContext } from "@ashlar/http"
import { preferred } from "@ashlar/http/negotiation"
import { Html, html } from "../../server/pages/html.ts"
import { STYLE } from "../../server/pages/pages.ts"

/** A sign-in that did not come to its end, as somebody reads of it. */
export interface FailedSignIn {
  /** `OAUTH_SIGN_IN_DENIED`, `OAUTH_STATE_INVALID` … */
  readonly code: string
  /** What people read of the provider; undefined where there is none of the name. */
  readonly label: string | undefined
  /** Begins again; undefined where that is of no use. */
  readonly retry: string | undefined
  readonly ctx: BaseContext
}

/** Draws the page, as a whole HTML document. What comes to it is text to be escaped. */
export type FailurePage = (failed: FailedSignIn) => string

const WORDS: Readonly<Record<string, string>> = {
  OAUTH_SIGN_IN_DENIED: "You were not signed in: it was declined.",
  OAUTH_STATE_INVALID: "This sign-in was not begun in this browser, or cookies are blocked.",
  OAUTH_SIGN_IN_EXPIRED: "It took too long.",
  OAUTH_SIGN_IN_USED: "This sign-in is done already.",
  OAUTH_PROVIDER_FAILED: "The provider did not answer as it should. Try again in a moment.",
  OAUTH_PROVIDER_UNKNOWN: "There is no such way to sign in.",
}

/** A small page without scripts. */
export const failurePage: FailurePage = ({ code, label, retry }) => {
  const title = label === undefined ? "Sign-in failed" : `Sign-in with ${label} failed`
  const again = retry === undefined ? undefined : html`<p><a href="${retry}">Begin again</a></p>`
  const text = WORDS[code] ?? "The answer of the provider was not accepted."
  return html`<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>${new Html(STYLE)}</style><main><h1>${title}</h1><p role="alert">${text}</p>${again}</main></html>`.text
}

/** Leads a browser on: policies of the app's pages (`form-action`) hold a form to its own site on all of its redirects, and end here. */
export function onwardPage(location: string): string {
  const content = `0;url=${location}`
  return html`<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="${content}"><title>One moment</title><p><a href="${location}">Go on</a></p></html>`
    .text
}

/** Whether it is a person's browser that asks. */
export function wantsPage(ctx: BaseContext): boolean {
  const accept = ctx.headers.get("accept")
  if (accept === null) return false
  return preferred(["application/problem+json", "application/json", "text/html"], accept) === "text/html"
}
