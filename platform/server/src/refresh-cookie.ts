import type { BaseContext } from "@ashlar/http"
import { ForeignOrigin } from "./errors.ts"

const NAME = "ashlar_refresh"
/** Only these endpoints ever see the cookie. */
const PATH = "/v1/auth"

type Request = Pick<BaseContext, "headers" | "url">

/** The cookie that keeps a console's session. Not readable by scripts, not sent by other sites. */
export function refreshCookie(ctx: Request, token: string, expiresAt: string): string {
  return `${NAME}=${token}; ${attributes(ctx)}; Expires=${new Date(expiresAt).toUTCString()}`
}

export function clearRefreshCookie(ctx: Request & Pick<BaseContext, "set">): void {
  ctx.set("set-cookie", `${NAME}=; ${attributes(ctx)}; Max-Age=0`)
}

function attributes(ctx: Request): string {
  return `Path=${PATH}; HttpOnly; SameSite=Strict${ctx.url.protocol === "https:" ? "; Secure" : ""}`
}

export function readRefreshCookie(ctx: Request): string | undefined {
  for (const pair of (ctx.headers.get("cookie") ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2)
    if (name === NAME && value !== undefined && value !== "") return value
  }
  return undefined
}

/**
 * Refuses a page of another origin, or one without an origin such as a function's sandboxed answer: SameSite alone
 * does not tell them apart, for functions answer from this very site.
 *
 * @throws {SERVER_FOREIGN_ORIGIN}
 */
export function requireOwnOrigin(ctx: Request): void {
  const site = ctx.headers.get("sec-fetch-site")
  const origin = ctx.headers.get("origin")
  const sameSite = site === null || site === "same-origin" || site === "none"
  const sameOrigin = origin === null || origin === ctx.url.origin
  if (!sameSite || !sameOrigin) throw new ForeignOrigin()
}
