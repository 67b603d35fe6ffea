import { randomBytes } from "node:crypto"
import type { BaseContext } from "@ashlar/http"

/**
 * What a browser keeps beside its session: a name of its own, which mail is bound to; the sign-in by a provider that it has begun; and
 * that a second factor was shown on it. Only the routes of accounts see them, no script does, and no other site sends them.
 */
export type EntryCookie = "ashlar_browser" | "ashlar_sign_in" | "ashlar_device"

type Request = Pick<BaseContext, "headers" | "url">
const PATH = "/v1/auth"

export function readEntryCookie(ctx: Request, wanted: EntryCookie): string | undefined {
  for (const pair of (ctx.headers.get("cookie") ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2)
    if (name === wanted && value !== undefined && value !== "") return value
  }
  return undefined
}

export function entryCookie(ctx: Request, name: EntryCookie, value: string, maxAgeSeconds: number): string {
  const secure = ctx.url.protocol === "https:" ? "; Secure" : ""
  return `${name}=${value}; Path=${PATH}; HttpOnly; SameSite=Strict${secure}; Max-Age=${maxAgeSeconds}`
}

const BROWSER = /^[\w-]{43}$/
/** As long as the longest ticket is good. */
const BROWSER_SECONDS = 86_400

/** A name for this browser, which nobody else knows. */
export function nameBrowser(ctx: Request & Pick<BaseContext, "set">): string {
  const known = readBrowser(ctx)
  if (known !== undefined) return known
  const made = randomBytes(32).toString("base64url")
  ctx.set("set-cookie", entryCookie(ctx, "ashlar_browser", made, BROWSER_SECONDS))
  return made
}

export function readBrowser(ctx: Request): string | undefined {
  const known = readEntryCookie(ctx, "ashlar_browser")
  return known !== undefined && BROWSER.test(known) ? known : undefined
}
