import { readFileSync } from "node:fs"
import { join } from "node:path"
import { accountRoutes } from "@ashlar/auth/accounts"
import { createApp, layer } from "@ashlar/http"
import { mailPreview } from "@ashlar/mail/http"
import type { OAuthClient, OAuthServer } from "@ashlar/oauth/server"
import { csrf, rateLimit, securityHeaders } from "@ashlar/security"
import { accountPages } from "./account-routes.ts"
import { adminRoutes } from "./admin-routes.ts"
import { apiRoutes, createCaller } from "./api.ts"
import { externalRoutes } from "./external-routes.ts"
import { type IdentityOptions, openParts, type Parts } from "./parts.ts"
import { createProvider } from "./provider.ts"
import { refusals } from "./refusals.ts"
import { securityRoutes } from "./security-routes.ts"
import { signInRoutes } from "./sign-in-routes.ts"

export interface AppOptions extends IdentityOptions {
  readonly clients?: readonly OAuthClient[]
  /** Another provider in the same process, for trying out. */
  readonly practice?: OAuthServer | undefined
  /** Proxies whose word on the address of a client is taken. Default: nobody's. */
  readonly trustedProxies?: readonly string[]
}

/** The app and what it is made of. */
export async function createIdentityApp({ clients = [], practice, trustedProxies = [], ...options }: AppOptions) {
  const parts: Parts = await openParts(options)
  const provider = createProvider(parts, { store: options.database, clients })
  const app = createApp(trustedProxies.length > 0 ? { trustedProxies } : {})
  // A form of these pages may end at a client's address, by a redirect.
  const addresses = clients.flatMap(({ redirectUris = [] }) => redirectUris.map((uri) => new URL(uri).origin))
  const headers = securityHeaders({
    contentSecurityPolicy: {
      directives: {
        "form-action": ["'self'", ...new Set(addresses)],
        "frame-ancestors": ["'none'"],
        "style-src": ["'self'"],
        "font-src": ["'self'"],
        ...(!parts.isSecure && { "upgrade-insecure-requests": false }),
      },
    },
    frameOptions: "DENY",
    strictTransportSecurity: parts.isSecure ? {} : false,
  })
  // Pages of one person: no cache keeps them, and the button "back" shows nothing after signing out.
  const unkept = layer({ name: "unkept", headers: { "cache-control": "no-store" } })
  // Of one address: what is asked for once a second goes on for a while.
  const calm = rateLimit({
    limits: parts.limits,
    policies: [{ name: "sign-in", capacity: 60, refill: 60, every: "1m" }],
    skip: (ctx) => ctx.method === "GET",
  })
  app.scope("/", [headers, unkept, refusals(parts), csrf(), calm], (scope) => {
    scope.get("/favicon.ico", (ctx) => ctx.empty())
    scope.get("/style.css", () => asset("style.css", "text/css"))
    scope.get("/passkeys.js", () => asset("passkeys.js", "text/javascript"))
    // Passkeys, signing out, and whatever a program asks.
    scope.scope("/auth", (auth) => auth.add(accountRoutes(parts.accounts)))
    signInRoutes(scope, parts)
    accountPages(scope, parts)
    securityRoutes(scope, parts)
    adminRoutes(scope, parts)
    const caller = createCaller(parts, (request) => app.fetch(request))
    apiRoutes(scope, { parts, caller })
  })
  // Providers that answer by a form of their page, as Apple does.
  const origins = (options.providers ?? []).flatMap(({ formPost, server }) =>
    formPost === true ? [new URL(server.issuer).origin] : [],
  )
  app.scope("/", [headers, unkept, refusals(parts), csrf(origins.length > 0 ? { origins } : {}), calm], (scope) =>
    externalRoutes(scope, parts),
  )
  // What would be in people's mailboxes: for trying out, never where mail is real.
  app.scope("/mail", mailPreview({ mail: parts.mail }))
  app.add(provider.routes)
  for (const [name, route] of Object.entries(practice?.routes ?? {})) app.add({ [`practice ${name}`]: route })
  const close = async () => {
    await Promise.all([provider.close(), practice?.close()])
    await parts.close()
  }
  return { app, parts, close }
}

const ASSETS = Object.fromEntries(
  ["style.css", "passkeys.js"].map((name) => [
    name,
    readFileSync(join(import.meta.dirname, "..", "page", name), "utf8"),
  ]),
)

function asset(name: string, type: string): Response {
  return new Response(ASSETS[name], {
    headers: { "content-type": `${type};charset=utf-8`, "cache-control": "public, max-age=300" },
  })
}
