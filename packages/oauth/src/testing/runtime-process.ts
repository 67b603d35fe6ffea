/** Runs the whole way once, on whatever runtime this is, over each store that it is given. */
import assert from "node:assert/strict"
import { createHash, randomBytes } from "node:crypto"
import { createApp } from "@ashlar/http"
import { createSealer } from "@ashlar/security"
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose"
import { bearer, createOAuthServer, requireScopes } from "../server/index.ts"
import { FormBrowser } from "./form-browser.ts"
import { listenFirst } from "./late-server.ts"

const API = "https://api.example/"
const REDIRECT = "https://shop.example/callback"
const SECRET = "shop-secret-of-32-characters-long"
const sealer = createSealer({
  keys: { a: new Uint8Array(createHash("sha256").update("the same on all runtimes").digest()) },
  current: "a",
})

for (const store of JSON.parse(process.argv[2] ?? "[]") as string[]) {
  const socket = await listenFirst()
  const issuer = socket.origin
  const server = createOAuthServer({
    issuer,
    store,
    keys: { sealer, algorithms: ["ES256", "EdDSA"] },
    scopes: { "books:read": "Read your books" },
    resources: { [API]: {} },
    clients: [{ id: "shop", secret: SECRET, redirectUris: [REDIRECT] }],
    dpop: { nonces: false },
    people: { verify: ({ password }) => (password === "correct horse" ? { id: "person-1" } : undefined) },
  })
  const api = bearer({ issuer, audience: API })
  const app = createApp()
  app.add(server.routes)
  app.get("/books", { layers: [api, requireScopes(api, "books:read")] }, (ctx) => ctx.oauth.subject)
  socket.serve(app)

  const verifier = randomBytes(32).toString("base64url")
  const question = new URLSearchParams({
    client_id: "shop",
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "openid books:read",
    prompt: "consent",
    resource: API,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  })
  const browser = new FormBrowser(issuer)
  let page = await browser.open(`/oauth/authorize?${question}`)
  page = await browser.submit(page, { username: "ana", password: "correct horse" })
  page = await browser.submit(page, { decision: "allow" })
  const code = page.leftTo?.searchParams.get("code") ?? ""

  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true })
  const jwk = await exportJWK(publicKey)
  const prove = async (htm: string, path: string, token?: string): Promise<string> =>
    await new SignJWT({
      jti: crypto.randomUUID(),
      htm,
      htu: `${issuer}${path}`,
      ...(token !== undefined && { ath: createHash("sha256").update(token).digest("base64url") }),
    })
      .setIssuedAt()
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
      .sign(privateKey)
  const ask = async (form: Record<string, string>): Promise<{ status: number; body: Record<string, string> }> => {
    const headers = { authorization: `Basic ${btoa(`shop:${SECRET}`)}`, dpop: await prove("POST", "/oauth/token") }
    const answer = await fetch(`${issuer}/oauth/token`, { method: "POST", body: new URLSearchParams(form), headers })
    return { status: answer.status, body: (await answer.json()) as Record<string, string> }
  }
  const first = await ask({ grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: REDIRECT })
  assert.equal(first.status, 200, `${store} ${JSON.stringify(first.body)}`)
  const token = first.body.access_token ?? ""
  const [, payload = ""] = token.split(".")
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { cnf: { jkt: string } }
  assert.equal(claims.cnf.jkt, await calculateJwkThumbprint(jwk), store)
  const get = async (headers: Record<string, string>): Promise<string> => {
    const answer = await fetch(`${issuer}/books`, { headers })
    return `${answer.status} ${answer.ok ? await answer.text() : answer.headers.get("www-authenticate")}`
  }
  const dpop = await prove("GET", "/books", token)
  assert.equal(await get({ authorization: `DPoP ${token}`, dpop }), "200 person-1", store)
  assert.equal(await get({ authorization: `DPoP ${token}`, dpop }), '401 DPoP error="invalid_dpop_proof"', store)
  assert.equal(await get({ authorization: `Bearer ${token}` }), '401 DPoP error="invalid_token"', store)
  assert.equal(await get({}), "401 Bearer", store)
  const form = { grant_type: "refresh_token", refresh_token: first.body.refresh_token ?? "" }
  const all = await Promise.all(Array.from({ length: 6 }, () => ask(form)))
  assert.equal(all.filter(({ status }) => status === 200).length, 1, store)
  await socket.stop()
  await server.close()
}
console.log("all is well")
