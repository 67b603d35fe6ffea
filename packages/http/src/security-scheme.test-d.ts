/** What a layer may say of how callers pass it: every `@ts-expect-error` must be an error. */
import { layer, type Security } from "./index.ts"

export const known: Security = {
  session: { type: "http", scheme: "bearer" },
  key: { type: "apiKey", in: "cookie", name: "sid" },
  oauth: {
    type: "oauth2",
    flows: { clientCredentials: { tokenUrl: "https://shop.dev/token", scopes: { read: "To read" } } },
  },
  openid: { type: "openIdConnect", openIdConnectUrl: "https://shop.dev/.well-known/openid-configuration" },
  certificate: { type: "mutualTLS" },
  nobody: { type: "none" },
}
layer({ name: "a", security: known })
layer({ name: "scoped", security: { session: { scheme: { type: "http", scheme: "bearer" }, scopes: ["read"] } } })
// @ts-expect-error: scopes are of a scheme
layer({ name: "alone", security: { session: { scopes: ["read"] } } })
// @ts-expect-error: a key is in a header, the query or a cookie
layer({ name: "b", security: { key: { type: "apiKey", in: "body", name: "key" } } })
// @ts-expect-error: there is no such type
layer({ name: "c", security: { key: { type: "password" } } })
// @ts-expect-error: it says which scheme
layer({ name: "d", security: { session: { type: "http" } } })
