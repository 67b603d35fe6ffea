import { createApp } from "@ashlar/http"
import { bearer, createOAuthServer, type OAuthPrincipal, requireScopes } from "./index.ts"

const api = bearer({ issuer: "https://id.example.com", audience: "https://api.example.com" })
const app = createApp()

app.scope("/books", [api], (books) => {
  books.get("/", { layers: [requireScopes(api, "books:read")] }, (ctx) => {
    const principal: OAuthPrincipal = ctx.oauth
    return principal.subject
  })
})

// @ts-expect-error nobody has looked at a token before
app.get("/unguarded", { layers: [requireScopes(api, "books:read")] }, () => "")
app.get("/guarded", { layers: [api, requireScopes(api, "books:read")] }, () => "")
// @ts-expect-error without a guard there is no caller
app.get("/open", (ctx) => ctx.oauth)
// @ts-expect-error a scope is named
requireScopes(api)

// @ts-expect-error somebody must say how people sign in
createOAuthServer({ issuer: "https://id.example.com" })
createOAuthServer({
  issuer: "https://id.example.com",
  people: { verify: ({ username }) => ({ id: username }) },
  // @ts-expect-error a shared secret signs nothing
  keys: { algorithms: ["HS256"] },
})
createOAuthServer({
  issuer: "https://id.example.com",
  people: { verify: () => undefined },
  // @ts-expect-error passwords are no grant
  clients: [{ id: "shop", grants: ["password"] }],
})
