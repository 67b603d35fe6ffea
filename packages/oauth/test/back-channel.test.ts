import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { type App, createApp } from "@ashlar/http"
import { createOAuthClient, type EndedSession, oauthRoutes, oidc, type SignedIn } from "@ashlar/oauth/client"
import { createOAuthServer } from "@ashlar/oauth/server"
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { testSealer } from "../src/testing/client-world.ts"
import { FormBrowser } from "../src/testing/form-browser.ts"
import { listenFirst } from "../src/testing/late-server.ts"
import { PEOPLE, signIn } from "../src/testing/test-server.ts"

/** A sign-out at the provider ends the session of the app: our server and our client, and whoever forges what one says to the other. */

function appOf(routes: Parameters<App["add"]>[0]): App {
  const app = createApp()
  app.add(routes)
  return app
}
const SECRET = "a secret of thirty-two characters"

test("an app learns from our server that somebody signed out there, over real sockets", async () => {
  const [idp, rp] = [await listenFirst(), await listenFirst()]
  const callback = `${rp.origin}/sign-in/idp/callback`
  const server = createOAuthServer({
    issuer: idp.origin,
    clients: [
      {
        ...{ id: "app", secret: SECRET, redirectUris: [callback], firstParty: true },
        backChannelLogoutUri: `${rp.origin}/sign-in/idp/logout`,
      },
    ],
    people: PEOPLE,
  })
  idp.serve(appOf(server.routes))
  const client = createOAuthClient({
    url: rp.origin,
    sealer: testSealer(),
    providers: [oidc({ name: "idp", issuer: idp.origin, clientId: "app", clientSecret: SECRET })],
  })
  const signedIn: SignedIn[] = []
  const ended: (EndedSession & { readonly provider: string })[] = []
  const { promise: told, resolve } = Promise.withResolvers<void>()
  rp.serve(
    appOf(
      oauthRoutes({
        client,
        onSignIn: (_ctx, one) => void signedIn.push(one),
        onLogout: (_ctx, one) => {
          ended.push(one)
          resolve()
        },
      }),
    ),
  )
  try {
    const [app, browser] = [new FormBrowser(rp.origin), new FormBrowser(idp.origin)]
    const started = await app.open("/sign-in/idp")
    const page = await signIn(browser, await browser.open(started.leftTo!.href))
    await app.open(page.leftTo!.href)
    const out = await client.logoutUrl("idp", { idToken: signedIn[0]!.tokens.idToken })
    await browser.open(out!.href)
    await told
    expect(ended).toEqual([
      { provider: "idp", issuer: idp.origin, subject: "person-1", sessionId: signedIn[0]!.sessionId },
    ])
    expect(ended[0]!.sessionId).toMatch(/^[\w-]{43}$/)
  } finally {
    await server.close()
    await client.close()
    await Promise.all([idp.stop(), rp.stop()])
  }
})

const ISSUER = "https://idp.example"
const EVENT = "http://schemas.openid.net/event/backchannel-logout"
const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true })
const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "RS256" }
const clock = manualClock(Date.UTC(2026, 10, 29))
const now = Math.floor(clock.now() / 1000)
const CLAIMS: JWTPayload = {
  iss: ISSUER,
  aud: "app",
  iat: now,
  exp: now + 120,
  jti: "one",
  sub: "ana",
  sid: "session-1",
  events: { [EVENT]: {} },
}
const sign = async (claims: JWTPayload, header: object = {}, key: CryptoKey = privateKey): Promise<string> =>
  await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1", typ: "logout+jwt", ...header }).sign(key)

function stage() {
  const asked: string[] = []
  const client = createOAuthClient({
    url: "https://app.example",
    sealer: testSealer(),
    clock,
    providers: [oidc({ name: "idp", issuer: ISSUER, clientId: "app", clientSecret: SECRET })],
    fetch: async (url) => {
      asked.push(url)
      if (url === `${ISSUER}/keys`) return Response.json({ keys: [jwk] })
      return Response.json({
        issuer: ISSUER,
        authorization_endpoint: `${ISSUER}/authorize`,
        token_endpoint: `${ISSUER}/token`,
        jwks_uri: `${ISSUER}/keys`,
        id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
      })
    },
  })
  const ended: EndedSession[] = []
  const app = appOf(oauthRoutes({ client, onSignIn: () => undefined, onLogout: (_ctx, one) => void ended.push(one) }))
  const tell = async (token: string, path = "/sign-in/idp/logout"): Promise<number> => {
    const body = new URLSearchParams({ logout_token: token })
    return (await app.fetch(new Request(`https://app.example${path}`, { method: "POST", body }))).status
  }
  return { client, ended, tell, asked }
}

describe("a logout token", () => {
  test.each([
    ["of a session", {}, { subject: "ana", sessionId: "session-1" }],
    ["of a person", { sid: undefined }, { subject: "ana", sessionId: undefined }],
    ["of a session alone", { sub: undefined }, { subject: undefined, sessionId: "session-1" }],
    ["for this app among others", { aud: ["app", "other"] }, { subject: "ana", sessionId: "session-1" }],
  ])("%s is taken", async (_, more, found) => {
    const { ended, tell } = stage()
    expect(await tell(await sign({ ...CLAIMS, ...more } as JWTPayload))).toBe(200)
    expect(ended).toEqual([{ provider: "idp", issuer: ISSUER, ...found }] as unknown as EndedSession[])
  })
  test("is taken once, of all who show it at once, and by no other provider", async () => {
    const { ended, tell } = stage()
    const token = await sign(CLAIMS)
    const all = await Promise.all(Array.from({ length: 8 }, () => tell(token)))
    expect(all.filter((status) => status === 200)).toHaveLength(1)
    expect(await tell(token)).toBe(400)
    expect(await tell(await sign({ ...CLAIMS, jti: "two" }), "/sign-in/other/logout")).toBe(404)
    expect(ended).toHaveLength(1)
  })
  const rows: [string, JWTPayload | Record<string, unknown>, object?][] = [
    ["of another issuer", { iss: "https://evil.example" }],
    ["for another app", { aud: "other" }],
    ["for nobody", { aud: undefined }],
    ["that is over", { iat: now - 200, exp: now - 60 }],
    ["without an end", { exp: undefined }],
    ["without a time", { iat: undefined }],
    ["from long ago, good for years", { iat: now - 7_200, exp: now + 999_999 }],
    ["from the future", { iat: now + 3_600, exp: now + 3_720 }],
    ["without a name", { jti: undefined }],
    ["with an empty name", { jti: "" }],
    ["with a long name", { jti: "a".repeat(300) }],
    ["of nobody", { sub: undefined, sid: undefined }],
    ["of somebody without a name", { sub: "" }],
    ["of a number", { sub: 7 }],
    ["without its event", { events: undefined }],
    ["with another event", { events: { "http://schemas.openid.net/event/other": {} } }],
    ["with an event that is no object", { events: { [EVENT]: true } }],
    ["with events that are a list", { events: [EVENT] }],
    ["that is an ID token, with its nonce", { nonce: "n" }],
    ["that says it is an access token", {}, { typ: "at+jwt" }],
    ["signed with what the server lists, but nobody may use", {}, { alg: "HS256" }],
  ]
  test.each(rows)("%s is refused", async (_, more, header = {}) => {
    const { ended, tell } = stage()
    const claims = { ...CLAIMS, ...more } as JWTPayload
    const token =
      "alg" in header
        ? await new SignJWT(claims)
            .setProtectedHeader({ alg: "HS256", kid: "k1", typ: "logout+jwt" })
            .sign(new TextEncoder().encode(JSON.stringify(jwk)))
        : await sign(claims, header)
    expect(await tell(token)).toBe(400)
    expect(ended).toEqual([])
  })
  test("that nobody signed, or somebody else, is refused, and the keys are not asked for each", async () => {
    const { ended, tell, asked } = stage()
    const other = await generateKeyPair("RS256")
    const [head, body] = (await sign(CLAIMS)).split(".")
    const forged = [
      new UnsecuredJWT(CLAIMS).encode(),
      `${head}.${body}.`,
      "",
      "x",
      "a".repeat(10_000),
      await sign(CLAIMS, {}, other.privateKey),
      ...(await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          sign(CLAIMS, { kid: `k-${at}`, jku: "https://evil.example/keys" }, other.privateKey),
        ),
      )),
    ]
    for (const token of forged) expect(await tell(token)).toBe(400)
    expect(ended).toEqual([])
    expect(asked.filter((url) => url === `${ISSUER}/keys`).length).toBeLessThanOrEqual(2)
    expect(asked.every((url) => url.startsWith(ISSUER))).toBe(true)
  })
  test("is listened to by apps that want it only", async () => {
    const { client } = stage()
    const app = appOf(oauthRoutes({ client, onSignIn: () => undefined }))
    const body = new URLSearchParams({ logout_token: await sign(CLAIMS) })
    const answer = await app.fetch(new Request("https://app.example/sign-in/idp/logout", { method: "POST", body }))
    expect(answer.status).toBe(404)
  })
  test("comes in a form, and nowhere else", async () => {
    const { client } = stage()
    const app = appOf(oauthRoutes({ client, onSignIn: () => undefined, onLogout: () => undefined }))
    const token = await sign(CLAIMS)
    const url = `https://app.example/sign-in/idp/logout?logout_token=${token}`
    expect((await app.fetch(new Request(url))).status).toBe(405)
    expect((await app.fetch(new Request(url, { method: "POST", body: new URLSearchParams() }))).status).toBe(400)
  })
})
