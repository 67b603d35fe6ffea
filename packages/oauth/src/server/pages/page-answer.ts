import type { BaseContext, Reply } from "@ashlar/http"
import { hashSource } from "./html.ts"
import { STYLE, SUBMIT } from "./pages.ts"

const STYLE_SOURCE = hashSource(STYLE)
const SUBMIT_SOURCE = hashSource(SUBMIT)

export interface PageOptions {
  readonly status?: number
  /** Where its form may lead, besides the server itself: a client's address. */
  readonly formTo?: string
  /** Let the script run that sends the form on. */
  readonly submits?: boolean
}

/** A page as an answer: never kept, never in a frame, its forms to the server and to one client only. */
export function pageAnswer(ctx: BaseContext, text: string, options: PageOptions = {}): Reply<number, string> {
  const { status = 200, formTo, submits = false } = options
  const policy = [
    "default-src 'none'",
    `style-src 'self' ${STYLE_SOURCE}`,
    "img-src 'self' data:",
    "font-src 'self'",
    ...(submits ? [`script-src ${SUBMIT_SOURCE}`] : []),
    `form-action 'self'${formTo === undefined ? "" : ` ${formSource(formTo)}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ]
  return ctx.html<number>(text, status).withHeaders({
    "cache-control": "no-store",
    "content-security-policy": policy.join("; "),
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  })
}

/** Browsers hold a form to its policy on the way, too: where the server redirects after it must be in it. */
function formSource(uri: string): string {
  const url = new URL(uri)
  // A policy knows no address of IPv6.
  return url.protocol === "https:" || (url.protocol === "http:" && !url.hostname.startsWith("["))
    ? url.origin
    : url.protocol
}

/** What people see of where they will be sent. */
export function placeOf(uri: string): string {
  const url = new URL(uri)
  return url.protocol === "https:" || url.protocol === "http:" ? url.host : url.protocol
}
