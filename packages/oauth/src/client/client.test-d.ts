import { expectTypeOf } from "bun:test"
import { createSealer } from "@ashlar/security"
import {
  apple,
  createOAuthClient,
  discord,
  github,
  google,
  keycloak,
  oauthRoutes,
  oidc,
  type SignedIn,
  x,
} from "./index.ts"

const app = { clientId: "a", clientSecret: "b" }
const sealer = createSealer({ keys: {}, current: "a" })
const client = createOAuthClient({
  url: "https://app.example.com",
  sealer,
  providers: [
    google(app),
    github({ ...app, name: "hub" }),
    oidc({ ...app, name: "staff", issuer: "https://id.example" }),
  ],
})

void client.begin("google")
void client.begin("staff")
// @ts-expect-error: there is none of this name
void client.begin("discord")
// @ts-expect-error: no `next` that is no text
void client.begin("google", { next: 1 })
const routes = oauthRoutes({
  client,
  onSignIn: (_ctx, signedIn) => {
    expectTypeOf(signedIn.identity.email).toEqualTypeOf<string | undefined>()
    expectTypeOf(signedIn).toEqualTypeOf<SignedIn<(typeof client.providers)[number]["name"]>>()
  },
})
expectTypeOf(routes.start.path).toEqualTypeOf<"/sign-in/:provider">()

// @ts-expect-error: a secret is needed
google({ clientId: "a" })
// @ts-expect-error: so is an id
discord({ clientSecret: "b" })
// @ts-expect-error: Apple's secret is made of a key
apple(app)
// @ts-expect-error: a realm is needed
keycloak({ ...app, url: "https://id.example" })
// @ts-expect-error: an issuer needs a name
oidc({ ...app, issuer: "https://id.example" })
x({ clientId: "a" })
// @ts-expect-error: onSignIn is needed
oauthRoutes({ client })
