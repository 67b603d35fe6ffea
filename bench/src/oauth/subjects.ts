import { createHash, randomBytes } from "node:crypto"
import { createApp } from "@ashlar/http"
import { bearer, createOAuthServer, type OAuthServerOptions } from "@ashlar/oauth/server"
import { createSealer } from "@ashlar/security"
import { createLocalJWKSet, generateKeyPair, type JSONWebKeySet, jwtVerify, SignJWT } from "jose"

const ISSUER = "http://127.0.0.1:4000"
const API = "https://api.example/"
const REDIRECT = "https://shop.example/callback"
const SECRET = "a-secret-of-32-random-characters"
const BASIC = { authorization: `Basic ${btoa(`shop:${SECRET}`)}` }

/** One thing to do, again and again. */
export type Operation = () => Promise<unknown>

interface Serving {
  post(form: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>>
  send(request: Request): Promise<Response>
  close(): Promise<void>
}

function serve(options: Partial<OAuthServerOptions>): Serving {
  const server = createOAuthServer({
    issuer: ISSUER,
    clients: [
      {
        id: "shop",
        secret: SECRET,
        redirectUris: [REDIRECT],
        firstParty: true,
        grants: ["authorization_code", "refresh_token", "client_credentials"],
      },
    ],
    resources: { [API]: {}, "https://files.example/": { tokens: "opaque" } },
    people: { current: () => ({ id: "person-1", authTimeMs: Date.now() }), signIn: () => "" },
    ...options,
  })
  const app = createApp()
  app.add(server.routes)
  return {
    send: (request) => app.fetch(request),
    async post(form) {
      const body = new URLSearchParams(form)
      const answer = await app.fetch(new Request(`${ISSUER}/oauth/token`, { method: "POST", body, headers: BASIC }))
      const said = (await answer.json()) as Record<string, string>
      if (!answer.ok) throw new Error(JSON.stringify(said))
      return said
    },
    close: () => server.close(),
  }
}

/** A family of refresh tokens, each changed for the next. */
async function refreshing({ send, post }: Serving): Promise<Operation> {
  const verifier = randomBytes(32).toString("base64url")
  const question = new URLSearchParams({
    client_id: "shop",
    redirect_uri: REDIRECT,
    response_type: "code",
    scope: "profile",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  })
  const answer = await send(new Request(`${ISSUER}/oauth/authorize?${question}`))
  const code = new URL(answer.headers.get("location") ?? "").searchParams.get("code") ?? ""
  let { refresh_token: token = "" } = await post({ grant_type: "authorization_code", code, code_verifier: verifier })
  return async () => {
    const { refresh_token: next = "" } = await post({ grant_type: "refresh_token", refresh_token: token })
    token = next
  }
}

const CLAIMS = { iss: ISSUER, sub: "shop", aud: API, client_id: "shop", scope: "", jti: "a".repeat(43) }

/** What is measured, each beside `jose` doing no more than the cryptography of it. */
export async function openCases(folder: string): Promise<{
  readonly cases: readonly (readonly [name: string, subject: string, operation: Operation])[]
  close(): Promise<void>
}> {
  const sealer = createSealer({ keys: { a: new Uint8Array(randomBytes(32)) }, current: "a" })
  const [elliptic, rsa] = [serve({ keys: { algorithms: ["ES256"] } }), serve({ keys: { algorithms: ["RS256"] } })]
  const sqlite = serve({ store: `sqlite:${folder}/oauth.db`, keys: { algorithms: ["ES256"], sealer } })
  const credentials = { grant_type: "client_credentials", resource: API }
  const sign = async (alg: string): Promise<Operation> => {
    const { privateKey } = await generateKeyPair(alg)
    return () => new SignJWT(CLAIMS).setProtectedHeader({ alg, typ: "at+jwt" }).setIssuedAt().sign(privateKey)
  }
  const { access_token: token = "" } = await elliptic.post(credentials)
  const jwks = (await (await elliptic.send(new Request(`${ISSUER}/oauth/jwks`))).json()) as JSONWebKeySet
  const keys = createLocalJWKSet(jwks)
  const guard = bearer({ issuer: ISSUER, audience: API, keys })
  const app = createApp()
  app.get("/open", () => "ok")
  app.get("/guarded", { layers: [guard] }, () => "ok")
  const get = (path: string): Operation => {
    const init = { headers: { authorization: `Bearer ${token}` } }
    return async () => (await app.fetch(new Request(`${ISSUER}${path}`, init))).text()
  }
  return {
    cases: [
      ["token ES256", "raw", await sign("ES256")],
      ["token ES256", "ashlar", () => elliptic.post(credentials)],
      ["token RS256", "raw", await sign("RS256")],
      ["token RS256", "ashlar", () => rsa.post(credentials)],
      ["token opaque", "ashlar", () => elliptic.post({ ...credentials, resource: "https://files.example/" })],
      ["refresh memory", "ashlar", await refreshing(elliptic)],
      ["refresh SQLite", "ashlar", await refreshing(sqlite)],
      ["guarded route", "raw", () => jwtVerify(token, keys, { issuer: ISSUER, audience: API })],
      ["guarded route", "ashlar", get("/guarded")],
      ["guarded route", "ashlar-open", get("/open")],
    ],
    async close() {
      await Promise.all([elliptic.close(), rsa.close(), sqlite.close()])
    },
  }
}
