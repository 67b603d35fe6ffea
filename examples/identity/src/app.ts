import { readFileSync } from "node:fs"
import { join } from "node:path"
import { createApp } from "@ashlar/http"
import { mailPreview } from "@ashlar/mail/http"
import type { OAuthClient } from "@ashlar/oauth/server"
import { csrf, rateLimit, securityHeaders } from "@ashlar/security"
import { accountRoutes } from "./account-routes.ts"
import { STYLE } from "./pages.ts"
import { type IdentityOptions, openParts, type Parts } from "./parts.ts"
import { createProvider } from "./provider.ts"
import { signInRoutes } from "./sign-in-routes.ts"
import { createSigning } from "./signing.ts"

export interface AppOptions extends IdentityOptions {
  readonly clients?: readonly OAuthClient[]
}

/** The app and what it is made of. */
export async function createIdentityApp({ clients = [], ...options }: AppOptions) {
  const parts: Parts = await openParts(options)
  const signing = createSigning(parts)
  const provider = createProvider(parts, signing, { store: options.database, clients })
  const app = createApp()
  // A form of these pages may end at a client's address, by a redirect.
  const addresses = clients.flatMap(({ redirectUris = [] }) => redirectUris.map((uri) => new URL(uri).origin))
  const headers = securityHeaders({
    contentSecurityPolicy: {
      directives: {
        "form-action": ["'self'", ...new Set(addresses)],
        ...(!parts.isSecure && { "upgrade-insecure-requests": false }),
      },
    },
    strictTransportSecurity: parts.isSecure ? {} : false,
  })
  // Of one address: what is asked for once a second goes on for a while.
  const calm = rateLimit({
    limits: parts.limits,
    policies: [{ name: "sign-in", capacity: 60, refill: 60, every: "1m" }],
    skip: (ctx) => ctx.method === "GET",
  })
  app.scope("/", [headers, csrf(), calm], (scope) => {
    scope.get("/style.css", () => asset(STYLE, "text/css"))
    scope.get("/passkeys.js", () => asset(SCRIPT, "text/javascript"))
    signInRoutes(scope, parts, signing)
    accountRoutes(scope, parts, signing)
  })
  // What would be in people's mailboxes: for trying out, never where mail is real.
  app.scope("/mail", mailPreview({ mail: parts.mail }))
  app.add(provider.routes)
  const close = async () => {
    await provider.close()
    await parts.close()
  }
  return { app, parts, close }
}

const SCRIPT = readFileSync(join(import.meta.dirname, "..", "page", "passkeys.js"), "utf8")

function asset(body: string, type: string): Response {
  return new Response(body, { headers: { "content-type": `${type};charset=utf-8` } })
}
