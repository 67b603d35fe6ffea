import { timingSafeEqual } from "node:crypto"
import type { BaseContext } from "@ashlar/http"
import type { Settings } from "../settings.ts"
import { hashOf, randomToken } from "../store/records.ts"
import { Refusal } from "./refusal.ts"

/** A cookie of 256 random bits. On TLS no other host can set it. */
export function readCookie(ctx: BaseContext, { isSecure }: Settings, name: string): string | undefined {
  const full = isSecure ? `__Host-${name}` : name
  for (const pair of (ctx.headers.get("cookie") ?? "").split(";", 300)) {
    const equals = pair.indexOf("=")
    if (equals === -1 || pair.slice(0, equals).trim() !== full) continue
    const value = pair.slice(equals + 1).trim()
    return /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined
  }
  return undefined
}

/** @param maxAgeSeconds 0 takes it away; without it the browser keeps it until it is closed. */
export function setCookie(
  ctx: BaseContext,
  { isSecure }: Settings,
  cookie: { readonly name: string; readonly value: string; readonly maxAgeSeconds?: number },
): void {
  const age = cookie.maxAgeSeconds === undefined ? "" : `; Max-Age=${cookie.maxAgeSeconds}`
  ctx.set(
    "set-cookie",
    `${isSecure ? "__Host-" : ""}${cookie.name}=${cookie.value}${age}; Path=/; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`,
  )
}

const BROWSER = "ashlar-oauth-browser"

/** What ties a page to the browser that it was made for: a hash of a cookie that only that one has. */
export function browserOf(ctx: BaseContext, settings: Settings): string {
  let value = readCookie(ctx, settings, BROWSER)
  if (value === undefined) {
    value = randomToken()
    setCookie(ctx, settings, { name: BROWSER, value })
  }
  return hashOf("browser", value)
}

/**
 * Refuses a form that another site's page sent, or that was made for another browser.
 * @throws {OAUTH_REFUSED} `invalid_request`
 */
export function requireSameBrowser(ctx: BaseContext, settings: Settings, browser: string): void {
  const value = readCookie(ctx, settings, BROWSER)
  const isSame = value !== undefined && isEqual(hashOf("browser", value), browser)
  if (!isSame || !isFromHere(ctx, settings))
    throw new Refusal("invalid_request", "This page is too old, or of another browser. Begin again.", { status: 403 })
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

/** What browsers say of where a form comes from; scripts and old browsers say nothing. */
function isFromHere(ctx: BaseContext, { issuer }: Settings): boolean {
  const site = ctx.headers.get("sec-fetch-site")
  if (site !== null) return site === "same-origin" || site === "none"
  const origin = ctx.headers.get("origin")
  return origin === null || origin === new URL(issuer).origin
}
