import type { BaseContext, Reply } from "@ashlar/http"
import type { Shown } from "../proofs/tickets.ts"

export interface FormBody {
  readonly _csrf?: string | undefined
}
/** The token of a link, or the handle that was answered and the code that was sent. */
export interface ProofBody extends FormBody {
  readonly token?: string | undefined
  readonly handle?: string | undefined
  readonly code?: string | undefined
}
export interface Onward {
  readonly next: string
}

/** No page that is linked to learns of the token, and nobody on the way keeps it. */
const PAGE_HEADERS = [
  ["referrer-policy", "no-referrer"],
  ["cache-control", "no-store"],
  [
    "content-security-policy",
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  ],
  ["x-robots-tag", "noindex"],
] as const

export function shownIn({ token, handle, code }: ProofBody): Shown {
  if (token !== undefined) return { token }
  // People type codes with spaces.
  return { handle: handle ?? "", code: (code ?? "").replaceAll(/\s/g, "") }
}

export function setPageHeaders(ctx: BaseContext): void {
  for (const [name, value] of PAGE_HEADERS) ctx.set(name, value)
}

/** The way to go on: for forms a redirect, for others the words. */
export function onward(ctx: BaseContext, next: string): Reply<200, Onward> | Response {
  ctx.set("cache-control", "no-store")
  const isForm = ctx.headers.get("content-type")?.startsWith("application/x-www-form-urlencoded") === true
  return isForm ? new Response(null, { status: 303, headers: { location: next } }) : ctx.json({ next })
}
