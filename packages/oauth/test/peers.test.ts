import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { createOAuthServer, type OAuthServer } from "@ashlar/oauth/server"
import * as oauth from "oauth4webapi"
import * as client from "openid-client"
import { FormBrowser } from "../src/testing/form-browser.ts"
import { listenFirst } from "../src/testing/late-server.ts"
import { API, NATIVE, PEOPLE, signIn, WEB } from "../src/testing/test-server.ts"

/** What others wrote runs every flow against the server, over real sockets. */

let server: OAuthServer
let issuer: string
let stop: () => Promise<unknown>

beforeAll(async () => {
  const socket = await listenFirst()
  issuer = socket.origin
  const secret = "secret with spaces: % and ü, longer than 32"
  server = createOAuthServer({
    issuer,
    clients: [WEB, NATIVE, { ...WEB, id: "odd id+%:/?ü".replace("ü", "u").replace(" ", "_"), secret }],
    scopes: { "books:read": "Read your books" },
    resources: { [API]: {} },
    people: PEOPLE,
  })
  const app = createApp()
  app.add(server.routes)
  socket.serve(app)
  stop = () => socket.stop()
})
afterAll(async () => {
  await stop()
  await server.close()
})

/** A person without scripts, who signs in and allows. */
async function person(url: URL): Promise<URL> {
  const browser = new FormBrowser(issuer)
  let page = await browser.open(url.href)
  page = await signIn(browser, page)
  if (page.leftTo === undefined) page = await browser.submit(page, { decision: "allow" })
  return page.leftTo!
}

describe("oauth4webapi", () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const discover = async (): Promise<oauth.AuthorizationServer> =>
    await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), insecure))

  test.each([
    ["client_secret_basic", WEB.id, (): oauth.ClientAuth => oauth.ClientSecretBasic(WEB.secret as string)],
    [
      "the same with an id and a secret of odd characters",
      "odd_id+%:/?u",
      (): oauth.ClientAuth => oauth.ClientSecretBasic("secret with spaces: % and ü, longer than 32"),
    ],
  ])("runs the code flow with %s", async (_, clientId, auth) => {
    const as = await discover()
    const own: oauth.Client = { client_id: clientId }
    const verifier = oauth.generateRandomCodeVerifier()
    const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()]
    const url = new URL(as.authorization_endpoint!)
    for (const [name, value] of Object.entries({
      client_id: clientId,
      redirect_uri: WEB.redirectUris![0]!,
      response_type: "code",
      scope: "openid email",
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      max_age: "300",
    }))
      url.searchParams.set(name, value)
    const parameters = oauth.validateAuthResponse(as, own, await person(url), state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      own,
      auth(),
      parameters,
      WEB.redirectUris![0]!,
      verifier,
      insecure,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(as, own, response, {
      expectedNonce: nonce,
      requireIdToken: true,
      maxAge: 300,
    })
    await oauth.validateApplicationLevelSignature(as, response, insecure)
    const { sub } = oauth.getValidatedIdTokenClaims(tokens)!
    expect(sub).toBe("person-1")
    const info = await oauth.processUserInfoResponse(
      as,
      own,
      sub,
      await oauth.userInfoRequest(as, own, tokens.access_token, insecure),
    )
    expect(info).toEqual({ sub: "person-1", email: "ana@example.com", email_verified: true })
    const again = await oauth.refreshTokenGrantRequest(as, own, auth(), tokens.refresh_token!, insecure)
    const fresh = await oauth.processRefreshTokenResponse(as, own, again)
    expect(fresh.refresh_token).not.toBe(tokens.refresh_token)
  })
})

describe("openid-client", () => {
  test("runs the code flow for a native app, on a port of its own, with DPoP", async () => {
    const config = await client.discovery(new URL(issuer), "app", undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    })
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"))
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: "http://127.0.0.1:51234/callback",
      scope: "openid profile",
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
    })
    const tokens = await client.authorizationCodeGrant(
      config,
      await person(url),
      { pkceCodeVerifier: verifier, expectedState: state },
      undefined,
      { DPoP },
    )
    expect(tokens.token_type).toBe("dpop")
    const info = await client.fetchUserInfo(config, tokens.access_token, "person-1", { DPoP })
    expect(info.name).toBe("Ana")
    const fresh = await client.refreshTokenGrant(config, tokens.refresh_token!, undefined, { DPoP })
    expect(fresh.access_token).not.toBe(tokens.access_token)
  })
})
