import { describe, expect, test } from "bun:test"
import type { SafeFetch } from "@ashlar/security"
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose"
import { type Answer, ISSUER, type TestServer, testServer } from "../../testing/test-server.ts"

const URI = "https://keyed.example/jwks.json"
const pairs = await Promise.all(["k1", "k2"].map(() => generateKeyPair("ES256", { extractable: true })))
const jwks: JWK[] = await Promise.all(
  pairs.map(async ({ publicKey }, at) => ({ ...(await exportJWK(publicKey)), kid: `k${at + 1}`, alg: "ES256" })),
)

async function ask(test: TestServer, options: { id?: string; kid?: string; by?: number; header?: object } = {}) {
  const { id = "keyed", kid = "k1", by = 0, header = {} } = options
  const assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: "ES256", kid, ...header })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(ISSUER)
    .setExpirationTime("60s")
    .sign(pairs[by]!.privateKey)
  return await test.post("/oauth/token", {
    grant_type: "client_credentials",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  })
}
const said = ({ status, body }: Answer): unknown[] => [status, body.error]

/** A server, one client whose keys are at `URI`, and how often they were asked for. */
function stage(answer: () => Response | Promise<Response>) {
  const asked: string[] = []
  const fetch: SafeFetch = async (url) => {
    asked.push(url)
    return await answer()
  }
  const clients = [{ id: "keyed", jwksUri: URI, grants: ["client_credentials"] as const }]
  return { asked, test: testServer({ clients, fetch }) }
}

describe("a client that publishes its keys", () => {
  test("is known by them, and they are asked for once", async () => {
    const { asked, test } = stage(() => Response.json({ keys: jwks }))
    const answers = await Promise.all([ask(test), ask(test), ask(test, { kid: "k2", by: 1 })])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect((await ask(test)).status).toBe(200)
    expect(asked).toEqual([URI])
  })
  test("is refused with a key that is not among them, however often it is tried", async () => {
    const { asked, test } = stage(() => Response.json({ keys: [jwks[0]!] }))
    expect((await ask(test)).status).toBe(200)
    for (let at = 0; at < 10; at++)
      expect(said(await ask(test, { kid: `other-${at}`, by: 1 }))).toEqual([401, "invalid_client"])
    expect(said(await ask(test, { by: 1 }))).toEqual([401, "invalid_client"])
    expect(asked.length).toBeLessThanOrEqual(2)
  })
  test("says in no token where they are", async () => {
    const { asked, test } = stage(() => Response.json({ keys: [jwks[0]!] }))
    const header = { jku: "https://evil.example/jwks.json", jwk: jwks[1]!, x5u: "https://evil.example/x" }
    expect(said(await ask(test, { by: 1, header }))).toEqual([401, "invalid_client"])
    expect(asked).toEqual([URI])
  })
  test.each([
    ["that is away", () => Promise.reject(new TypeError("away"))],
    ["that answers an error", () => new Response("no", { status: 500 })],
    ["that is no set", () => Response.json({ keys: "k" })],
    ["that sends elsewhere", () => Response.redirect("https://evil.example/jwks.json")],
    ["of too many keys", () => Response.json({ keys: Array.from({ length: 101 }, () => jwks[0]) })],
  ] as [string, () => Response | Promise<Response>][])(
    "with a set %s is told to come again, and the set is left in peace",
    async (_, answer) => {
      const { asked, test } = stage(answer)
      for (let at = 0; at < 3; at++) {
        const refused = await ask(test)
        expect(said(refused)).toEqual([503, "temporarily_unavailable"])
        expect(refused.headers.get("retry-after")).toBe("30")
      }
      expect(asked).toEqual([URI])
    },
  )
  test("cannot sign by a key of its set that is a secret", async () => {
    const { test } = stage(() => Response.json({ keys: [{ kty: "oct", k: "c2VjcmV0LXNlY3JldC1zZWNyZXQ", kid: "k1" }] }))
    expect((await ask(test)).status).toBe(401)
  })
})

describe("a client that registered itself", () => {
  test.each([
    "https://127.0.0.1/jwks.json",
    "https://[::1]/jwks.json",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/jwks.json",
    "https://localhost:8443/jwks.json",
  ])("has no keys at %s: nobody there is asked", async (uri) => {
    const test = testServer({
      scopes: { "books:read": "Read" },
      registration: { grants: ["client_credentials"], scopes: ["books:read"] },
    })
    const token = await test.server.createInitialAccessToken()
    const response = await test.send(
      new Request(`${ISSUER}/oauth/register`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({
          client_name: "New",
          grant_types: ["client_credentials"],
          token_endpoint_auth_method: "private_key_jwt",
          jwks_uri: uri,
        }),
      }),
    )
    const made = (await response.json()) as { client_id: string; jwks_uri: string }
    expect([response.status, made.jwks_uri]).toEqual([201, uri])
    expect(said(await ask(test, { id: made.client_id }))).toEqual([503, "temporarily_unavailable"])
  })
})

test.each([
  ["both", { jwks: { keys: [jwks[0]!] }, jwksUri: URI }],
  ["an address of http", { jwksUri: "http://keyed.example/jwks.json" }],
  ["an address with a user", { jwksUri: "https://a:b@keyed.example/" }],
  ["an address with a fragment", { jwksUri: `${URI}#a` }],
  ["a file", { jwksUri: "file:///etc/passwd" }],
  ["no address", { jwksUri: "keys" }],
  ["an address of keys and a secret", { jwksUri: URI, secret: "a".repeat(32) }],
  ["a logout of http", { jwksUri: URI, backChannelLogoutUri: "http://keyed.example/" }],
])("a client with %s is refused at once", (_, more) => {
  expect(() => testServer({ clients: [{ id: "keyed", grants: ["client_credentials"], ...more }] })).toThrow(
    expect.objectContaining({ code: "OAUTH_OPTION_INVALID" }),
  )
})
