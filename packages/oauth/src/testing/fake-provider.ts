import { createHash, createHmac } from "node:crypto"
import { type Clock, systemClock } from "@ashlar/core"
import type { SafeFetch } from "@ashlar/security"
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose"
import type { Provider } from "../client/providers/provider.ts"
import { randomToken } from "../server/store/records.ts"
import { vendorAnswer } from "./vendor-answers.ts"

/** Somebody who signs in at a fake provider. */
export interface FakePerson {
  /** What names them there. GitHub counts its people: digits. */
  readonly subject: string
  readonly email?: string
  readonly emailVerified?: boolean
  readonly name?: string
  readonly picture?: string
  /** More claims of ID tokens: `{ hd: "example.com" }`, `{ tid }`. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export type FakeEndpoint = "discovery" | "pushed" | "token" | "userinfo" | "keys" | "revoke" | "api"

export interface FakeProviderOptions {
  /** Who signs in where nobody else is said. Default: Ana. */
  readonly person?: FakePerson
  /** Changes what an endpoint answers: a provider that is down, slow, or hostile. */
  readonly answer?: (endpoint: FakeEndpoint, answer: Response, request: Request) => Response | Promise<Response>
  /** Changes what ID tokens say before they are signed. */
  readonly claims?: (claims: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>
  /** What the API of a provider of one's own answers about a person. */
  readonly api?: (person: FakePerson, url: URL) => unknown
  readonly clock?: Clock
}

/** What the provider's page sends the browser back with. */
export interface FakeAnswer {
  /** By a redirect, or by a form (`form_post`). */
  readonly method: "GET" | "POST"
  readonly url: string
  readonly parameters: URLSearchParams
  /** The request of the browser. @param headers its cookies, say. */
  toRequest(headers?: Readonly<Record<string, string>>): Request
}

export interface FakeProvider {
  /** Give it to `createOAuthClient`: it answers as the provider's hosts do, and nothing else. */
  readonly fetch: SafeFetch
  /** Somebody signs in on the provider's page, at the address that the app sent the browser to. */
  signIn(url: string | URL, person?: FakePerson): Promise<FakeAnswer>
  /** Somebody says no there. @param error Default: `access_denied`. */
  deny(url: string | URL, error?: string): FakeAnswer
  /** What the provider was asked, in order: for tests that count. */
  readonly asked: readonly { readonly endpoint: FakeEndpoint; readonly url: string }[]
  /** Tokens that were taken back. */
  readonly revoked: ReadonlySet<string>
}

const ANA: FakePerson = {
  subject: "1001",
  email: "ana@example.com",
  emailVerified: true,
  name: "Ana Example",
  picture: "https://pictures.example/ana.png",
}

interface Code {
  readonly person: FakePerson
  readonly asked: URLSearchParams
}

let keys: Promise<{ readonly sign: CryptoKey; readonly jwk: JWK }> | undefined

/** One pair of keys is enough for all fakes of a process. */
async function signingKeys(): Promise<{ readonly sign: CryptoKey; readonly jwk: JWK }> {
  keys ??= (async () => {
    const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true })
    const jwk = await exportJWK(publicKey)
    return { sign: privateKey, jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: "RS256", use: "sig" } }
  })()
  return await keys
}

/**
 * A provider without the internet, for tests of an app's sign-in: shaped by the provider's data, it holds the app to what the real one
 * demands (client, callback, PKCE, secret, codes that are good once), and answers in the vendor's own shapes.
 *
 * @example
 * const provider = google({ clientId: "app", clientSecret: "secret" })
 * const fake = fakeProvider(provider)
 * const client = createOAuthClient({ url, sealer, providers: [provider], fetch: fake.fetch })
 * const started = await app.fetch(new Request(`${url}/sign-in/google`))
 * const answer = await fake.signIn(started.headers.get("location")!, { subject: "7", email: "bo@example.com", emailVerified: true })
 * const done = await app.fetch(answer.toRequest({ cookie }))
 */
export function fakeProvider(provider: Provider, options: FakeProviderOptions = {}): FakeProvider {
  return new Fake(provider, options)
}

class Fake implements FakeProvider {
  readonly fetch: SafeFetch
  readonly asked: { endpoint: FakeEndpoint; url: string }[] = []
  readonly revoked = new Set<string>()
  readonly #provider: Provider
  readonly #options: FakeProviderOptions
  readonly #endpoints: Readonly<Record<string, FakeEndpoint>>
  readonly #codes = new Map<string, Code>()
  readonly #pushed = new Map<string, URLSearchParams>()
  readonly #access = new Map<string, FakePerson>()
  readonly #refresh = new Map<string, Code>()

  constructor(provider: Provider, options: FakeProviderOptions) {
    this.#provider = provider
    this.#options = options
    const { server } = provider
    const base = server.issuer.replace(/\/$/, "")
    this.#endpoints = {
      [`${base}/.well-known/openid-configuration`]: "discovery",
      [`${base}/pushed`]: "pushed",
      [server.token ?? `${base}/token`]: "token",
      [server.userinfo ?? `${base}/userinfo`]: "userinfo",
      [server.keys ?? `${base}/keys`]: "keys",
      [server.revoke ?? `${base}/revoke`]: "revoke",
    }
    this.fetch = async (url, request = {}) => {
      const { method = "GET", headers = {}, body } = request
      const sent = new Request(url, { method, headers, ...(body !== undefined && { body: body as string }) })
      const endpoint = this.#endpoints[url.split("?")[0]!] ?? "api"
      this.asked.push({ endpoint, url })
      const answer = await this.#answer(endpoint, sent)
      return (await options.answer?.(endpoint, answer, sent)) ?? answer
    }
  }

  async signIn(url: string | URL, person: FakePerson = this.#options.person ?? ANA): Promise<FakeAnswer> {
    const asked = this.#authorize(url)
    const code = randomToken()
    this.#codes.set(code, { person, asked })
    const names = (person.name ?? "").split(" ")
    const isApple = this.#provider.server.issuer === "https://appleid.apple.com"
    const user = { name: { firstName: names[0], lastName: names.slice(1).join(" ") }, email: person.email }
    return this.#back(asked, { code, ...(isApple && person.name !== undefined && { user: JSON.stringify(user) }) })
  }
  deny(url: string | URL, error = "access_denied"): FakeAnswer {
    return this.#back(this.#authorize(url), { error, error_description: "<b>No & never</b>" })
  }

  /** What the vendor's page would refuse to go on with. */
  #authorize(text: string | URL): URLSearchParams {
    const { clientId, server, formPost, isOpenId, lacks = [] } = this.#provider
    const url = new URL(text)
    const page = server.authorize ?? `${server.issuer.replace(/\/$/, "")}/authorize`
    const pushed = this.#pushed.get(url.searchParams.get("request_uri") ?? "")
    const asked = pushed ?? url.searchParams
    const problem =
      (`${url.origin}${url.pathname}` !== page && "another page") ||
      (asked.get("client_id") !== clientId && "client_id") ||
      (asked.get("response_type") !== "code" && "response_type") ||
      (!URL.canParse(asked.get("redirect_uri") ?? "") && "redirect_uri") ||
      ((asked.get("state") ?? "").length < 32 && "state") ||
      (formPost === true && asked.get("response_mode") !== "form_post" && "response_mode") ||
      (!lacks.includes("pkce") && asked.get("code_challenge_method") !== "S256" && "code_challenge_method") ||
      (isOpenId && !lacks.includes("nonce") && !asked.has("nonce") && "nonce")
    if (problem) throw new TypeError(`The provider's page refuses the request: ${problem}.`)
    return asked
  }
  #back(asked: URLSearchParams, answer: Readonly<Record<string, string>>): FakeAnswer {
    const iss = this.#provider.server.discover === true ? { iss: this.#provider.server.issuer } : {}
    const parameters = new URLSearchParams({ ...answer, state: asked.get("state")!, ...iss })
    const target = asked.get("redirect_uri")!
    if (this.#provider.formPost !== true) {
      const url = `${target}?${parameters}`
      return { method: "GET", url, parameters, toRequest: (headers = {}) => new Request(url, { headers }) }
    }
    const origin = { origin: new URL(this.#provider.server.issuer).origin, "sec-fetch-site": "cross-site" }
    const toRequest = (headers: Readonly<Record<string, string>> = {}): Request =>
      new Request(target, { method: "POST", body: parameters, headers: { ...origin, ...headers } })
    return { method: "POST", url: target, parameters, toRequest }
  }

  async #answer(endpoint: FakeEndpoint, request: Request): Promise<Response> {
    if (endpoint === "discovery") return Response.json(this.#metadata())
    if (endpoint === "keys") return Response.json({ keys: [(await signingKeys()).jwk] })
    if (endpoint === "userinfo" || (endpoint === "api" && request.method === "GET"))
      return this.#about(endpoint, request)
    const body = new URLSearchParams(await request.text())
    if (endpoint === "api") return this.#revokeByApi(request, body)
    const problem = await this.#clientProblem(request, body)
    if (problem !== undefined) return refusal("invalid_client", 401)
    if (endpoint === "revoke") {
      this.revoked.add(body.get("token") ?? "")
      return new Response(null, { status: 200 })
    }
    if (endpoint === "pushed") {
      const uri = `urn:ietf:params:oauth:request_uri:${randomToken()}`
      this.#pushed.set(uri, body)
      return Response.json({ request_uri: uri, expires_in: 60 }, { status: 201 })
    }
    return await this.#token(body)
  }
  #metadata(): object {
    const { issuer } = this.#provider.server
    const base = issuer.replace(/\/$/, "")
    return {
      issuer,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      userinfo_endpoint: `${base}/userinfo`,
      jwks_uri: `${base}/keys`,
      revocation_endpoint: `${base}/revoke`,
      end_session_endpoint: `${base}/logout`,
      pushed_authorization_request_endpoint: `${base}/pushed`,
      response_types_supported: ["code"],
      id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
      authorization_response_iss_parameter_supported: true,
    }
  }
  async #clientProblem(request: Request, body: URLSearchParams): Promise<string | undefined> {
    const { authentication, clientId } = this.#provider
    const basic = /^Basic (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1]
    const [id, secret] =
      basic === undefined
        ? [body.get("client_id"), body.get("client_secret")]
        : Buffer.from(basic, "base64").toString().split(":").map(formDecode)
    if (id !== clientId) return "client_id"
    if (authentication.method === "none") return secret === null ? undefined : "secret"
    if ((basic !== undefined) !== (authentication.method === "client_secret_basic")) return "method"
    const expected = await authentication.secret(this.#now())
    if (secret === expected) return undefined
    // A secret that is signed is another each time: what it says is what counts.
    if (typeof secret !== "string" || expected.split(".").length !== 3) return "secret"
    const { iss, sub, aud, exp = 0 } = decodeJwt(secret)
    const right = decodeJwt(expected)
    return iss === right.iss && sub === clientId && aud === right.aud && exp * 1000 > this.#now() ? undefined : "secret"
  }
  async #token(body: URLSearchParams): Promise<Response> {
    const isRefresh = body.get("grant_type") === "refresh_token"
    const map = isRefresh ? this.#refresh : this.#codes
    const shown = body.get(isRefresh ? "refresh_token" : "code") ?? ""
    const code = map.get(shown)
    map.delete(shown)
    const isGitHub = this.#provider.requests?.emails !== undefined
    const refused = (): Response =>
      isGitHub
        ? Response.json({ error: isRefresh ? "bad_refresh_token" : "bad_verification_code" })
        : refusal("invalid_grant", 400)
    if (code === undefined) return refused()
    if (!isRefresh) {
      const challenge = code.asked.get("code_challenge")
      const verifier = body.get("code_verifier")
      const digest = createHash("sha256")
        .update(verifier ?? "")
        .digest("base64url")
      if (challenge === null ? verifier !== null : challenge !== digest) return refused()
      if (body.get("redirect_uri") !== code.asked.get("redirect_uri")) return refused()
    }
    const access = randomToken()
    const refresh = randomToken()
    this.#access.set(access, code.person)
    this.#refresh.set(refresh, code)
    const lacksType = this.#provider.lacks?.includes("token_type") === true
    return Response.json({
      access_token: access,
      ...(!lacksType && { token_type: isGitHub ? "bearer" : "Bearer" }),
      expires_in: 3600,
      refresh_token: refresh,
      scope: this.#provider.scopes.join(isGitHub ? "," : " "),
      ...(this.#provider.isOpenId && { id_token: await this.#idToken(code) }),
    })
  }
  async #idToken({ person, asked }: Code): Promise<string> {
    const { server, issuerOf, clientId, lacks = [] } = this.#provider
    const nowSeconds = Math.floor(this.#now() / 1000)
    const nonce = asked.get("nonce")
    const claims = {
      iss: issuerOf?.(person.claims ?? {}) ?? server.issuer,
      aud: clientId,
      iat: nowSeconds,
      exp: nowSeconds + 600,
      auth_time: nowSeconds,
      ...claimsOf(person),
      ...(nonce !== null && !lacks.includes("nonce") && { nonce }),
    }
    const { sign, jwk } = await signingKeys()
    return await new SignJWT({ ...(this.#options.claims?.(claims) ?? claims) })
      .setProtectedHeader({ alg: "RS256", kid: jwk.kid! })
      .sign(sign)
  }
  #about(endpoint: FakeEndpoint, request: Request): Response {
    const token = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? ""
    const person = this.#access.get(token)
    if (person === undefined || this.revoked.has(token))
      return Response.json({ message: "Bad credentials" }, { status: 401 })
    if (endpoint === "userinfo") return Response.json(claimsOf(person))
    const url = new URL(request.url)
    if (url.hostname === "api.github.com" && !request.headers.has("user-agent"))
      return new Response(null, { status: 403 })
    if (url.hostname === "graph.facebook.com" && !hasProof(url, token, this.#provider))
      return refusal("OAuthException", 400)
    const answer = this.#options.api?.(person, url) ?? vendorAnswer(person, url)
    return answer === undefined ? new Response(null, { status: 404 }) : Response.json(answer)
  }
  #revokeByApi(request: Request, body: URLSearchParams): Response {
    const bearer = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1]
    // GitHub reads JSON.
    const text = [...body.keys()][0] ?? ""
    this.revoked.add(bearer ?? (JSON.parse(text) as { access_token: string }).access_token)
    return request.method === "DELETE" ? Response.json({ success: true }) : new Response(null, { status: 404 })
  }
  #now(): number {
    return (this.#options.clock ?? systemClock).now()
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function formDecode(text: string): string {
  return new URLSearchParams(`t=${text}`).get("t")!
}

function hasProof(url: URL, token: string, { authentication }: Provider): boolean {
  if (authentication.method === "none") return false
  const secret = authentication.secret(0)
  const proof = createHmac("sha256", String(secret)).update(token).digest("hex")
  return url.searchParams.get("appsecret_proof") === proof
}

function claimsOf({ subject, email, emailVerified, name, picture, claims }: FakePerson): Record<string, unknown> {
  return {
    sub: subject,
    ...(email !== undefined && { email, email_verified: emailVerified === true }),
    ...(name !== undefined && { name }),
    ...(picture !== undefined && { picture }),
    ...claims,
  }
}

function refusal(error: string, status: number): Response {
  return Response.json({ error }, { status, headers: { "cache-control": "no-store" } })
}
