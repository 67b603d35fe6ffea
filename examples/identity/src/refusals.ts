import { AshlarError } from "@ashlar/core"
import { type BaseContext, onError } from "@ashlar/http"
import { preferred } from "@ashlar/http/negotiation"
import { messagePage } from "./pages/sign-in-pages.ts"
import type { Parts } from "./parts.ts"
import { entranceOf } from "./sign-in-routes.ts"

/** Where a form stands that was refused: what to come back to. */
const PAGES = ["/account/keys", "/account/sessions", "/people", "/audit", "/account"]

/** Refusals as people read them: who is not signed in is led there, and back. Programs are told the problem as it is. */
export const refusals = (parts: Parts) =>
  onError(AshlarError, async (ctx, error) => {
    if (error.status >= 500 || !wantsPage(ctx)) return undefined
    const next = comeBackTo(ctx)
    if (error.code === "AUTH_CREDENTIALS_MISSING") return ctx.redirect(await entranceOf(ctx, parts, next), 303)
    if (error.code === "AUTH_STEP_UP_REQUIRED") return ctx.redirect(`/factor?next=${encodeURIComponent(next)}`, 303)
    return ctx.html<number>(messagePage(TITLES[error.code] ?? "That did not work", wordsOf(error)), error.status)
  })

const TITLES: Readonly<Record<string, string>> = {
  AUTH_MFA_REQUIRED: "A second factor is needed",
  AUTH_FORBIDDEN: "This is not for you",
  HTTP_TOO_MANY_REQUESTS: "Too fast",
}
const WORDS: Readonly<Record<string, string>> = {
  AUTH_MFA_REQUIRED: "Add an authenticator app or a passkey to your account first. Then this page opens.",
  AUTH_FORBIDDEN: "Only admins may see this page.",
  HTTP_TOO_MANY_REQUESTS: "There were too many requests from your address. Wait a minute, and try again.",
  SECURITY_ORIGIN_REFUSED: "The form came from a page of another site. Open the page here, and try again.",
  HTTP_INVALID: "Something in the form is missing or too long. Go back, and look at it again.",
}
const wordsOf = ({ code, message }: AshlarError): string => WORDS[code] ?? message

function comeBackTo({ method, url: { pathname, search } }: BaseContext): string {
  return method === "GET" ? `${pathname}${search}` : (PAGES.find((page) => pathname.startsWith(page)) ?? "/account")
}

function wantsPage(ctx: BaseContext): boolean {
  const accept = ctx.headers.get("accept")
  if (accept === null) return false
  return preferred(["application/problem+json", "application/json", "text/html"], accept) === "text/html"
}
