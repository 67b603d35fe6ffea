/** npm `oidc-provider` on loopback: whoever comes is signed in as Ana, and allows. Says `{"url": …}` in its first line. */
import { createServer } from "node:http"
import Provider from "oidc-provider"

const { CALLBACK = "", LOGOUT = "", REQUIRE_PUSHED = "", TOLD = "" } = process.env

const server = createServer()
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as { readonly port: number }
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    clients: ["client_secret_basic", "client_secret_post", "none"].map((method) => ({
      client_id: method,
      ...(method !== "none" && { client_secret: "a secret: with %+/ odd ones" }),
      token_endpoint_auth_method: method,
      redirect_uris: [CALLBACK],
      post_logout_redirect_uris: [LOGOUT],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      ...(TOLD !== "" && { backchannel_logout_uri: TOLD, backchannel_logout_session_required: true }),
    })),
    // By its own dispatcher it asks public addresses only.
    fetch: (url: string, { dispatcher: _, ...options }: RequestInit & { readonly dispatcher?: unknown }) =>
      fetch(url, options),
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: REQUIRE_PUSHED !== "" },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      backchannelLogout: { enabled: true },
    },
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "picture"] },
    findAccount: (_ctx: unknown, id: string) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: "Ana Example",
        email: "ana@example.com",
        email_verified: true,
        picture: "https://pictures.example/ana.png",
      }),
    }),
    interactions: { url: (_ctx: unknown, { uid }: { readonly uid: string }) => `/interact/${uid}` },
    issueRefreshToken: () => true,
    cookies: { keys: ["a key of the test's cookies"] },
  })
  const rest = provider.callback()
  server.on("request", async (request, response) => {
    if (request.url?.startsWith("/interact/") !== true) return rest(request, response)
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === "login")
      return await provider.interactionFinished(request, response, { login: { accountId: "ana-1" } })
    const grant = new provider.Grant({ accountId: session?.accountId, clientId: params.client_id })
    grant.addOIDCScope(String(params.scope))
    return await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  })
  console.log(JSON.stringify({ url: issuer }))
})
