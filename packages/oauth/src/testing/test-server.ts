import { createHash, randomBytes } from "node:crypto"
import { type App, createApp } from "@ashlar/http"
import type { OAuthClient } from "../server/clients/client.ts"
import type { OAuthServerOptions } from "../server/options.ts"
import { createOAuthServer, type OAuthServer } from "../server/server.ts"
import { FormBrowser, type TestPage } from "./form-browser.ts"

export const CALLBACK = "https://shop.example/callback"
export const API = "https://api.example/"
export const WEB: OAuthClient = {
  id: "shop",
  name: "The Shop",
  secret: "shop-secret-of-32-characters-long",
  redirectUris: [CALLBACK],
  postLogoutRedirectUris: ["https://shop.example/bye"],
  grants: ["authorization_code", "refresh_token", "client_credentials"],
}
export const NATIVE: OAuthClient = {
  id: "app",
  redirectUris: ["http://127.0.0.1/callback", "com.example.app:/callback"],
}

/** Ana, whose password is `correct horse`. */
export const PEOPLE: OAuthServerOptions["people"] = {
  verify: ({ username, password }) =>
    username === "ana" && password === "correct horse" ? { id: "person-1" } : undefined,
  claims: (id) =>
    id === "person-1"
      ? { name: "Ana", email: "ana@example.com", email_verified: true, phone_number: "+1 555 0100" }
      : undefined,
}

export interface TestServer {
  readonly app: App
  readonly server: OAuthServer
  readonly issuer: string
  readonly browser: FormBrowser
  send(request: Request): Promise<Response>
  /** Posts a form to an endpoint. */
  post(path: string, form: Form, headers?: Readonly<Record<string, string>>): Promise<Answer>
}
export type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[]
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export const ISSUER = "http://127.0.0.1:4444"

/** A server without a socket. */
export function testServer(options: Partial<OAuthServerOptions> = {}): TestServer {
  const server = createOAuthServer({
    issuer: ISSUER,
    clients: [WEB, NATIVE],
    scopes: { "books:read": "Read your books", "books:write": "Change your books" },
    resources: { [API]: {}, "https://files.example/": { tokens: "opaque", scopes: ["books:read"] } },
    people: PEOPLE,
    keys: { algorithms: ["ES256", "RS256"] },
    ...options,
  })
  const app = createApp({ onError: (error) => console.error(error) })
  app.add(server.routes)
  const send = (request: Request): Promise<Response> => app.fetch(request)
  return {
    app,
    server,
    issuer: server.issuer,
    browser: new FormBrowser(new URL(server.issuer).origin, send),
    send,
    async post(path, form, headers = {}) {
      const pairs = Array.isArray(form) ? (form as [string, string][]) : Object.entries(form)
      const response = await send(
        new Request(`${server.issuer}${path}`, { method: "POST", body: new URLSearchParams(pairs), headers }),
      )
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: text === "" ? {} : (JSON.parse(text) as Readonly<Record<string, unknown>>),
      }
    },
  }
}

export interface Pkce {
  readonly verifier: string
  readonly challenge: string
}
export function pkce(): Pkce {
  const verifier = randomBytes(32).toString("base64url")
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") }
}

/** The path of an authorization request; `undefined` leaves a parameter out. */
export function authorizePath(
  challenge: string,
  parameters: Readonly<Record<string, string | undefined>> = {},
): string {
  const all = {
    client_id: "shop",
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid",
    state: "s1",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...parameters,
  }
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return `/oauth/authorize?${new URLSearchParams(given)}`
}

export async function signIn(browser: FormBrowser, page: TestPage): Promise<TestPage> {
  return await browser.submit(page, { username: "ana", password: "correct horse" })
}

/** Signs in where it takes that, and allows. @returns where the browser was sent. */
export async function allow({ browser }: TestServer, path: string): Promise<URLSearchParams> {
  let page = await browser.open(path)
  if (page.text.includes('name="password"')) page = await signIn(browser, page)
  if (page.text.includes('name="decision"')) page = await browser.submit(page, { decision: "allow" })
  return page.leftTo?.searchParams ?? new URLSearchParams({ page: page.text, status: String(page.status) })
}

export function basic(client: OAuthClient = WEB): Record<string, string> {
  const secret = typeof client.secret === "string" ? client.secret : (client.secret?.[0] ?? "")
  const text = `${encodeURIComponent(client.id)}:${encodeURIComponent(secret)}`
  return { authorization: `Basic ${Buffer.from(text).toString("base64")}` }
}

/** A code, changed for tokens: the whole way. */
export async function tokensOf(
  test: TestServer,
  parameters: Readonly<Record<string, string | undefined>> = {},
): Promise<Answer> {
  const { verifier, challenge } = pkce()
  const answer = await allow(test, authorizePath(challenge, parameters))
  const form = {
    grant_type: "authorization_code",
    code: answer.get("code") ?? answer.toString(),
    code_verifier: verifier,
    redirect_uri: parameters.redirect_uri ?? CALLBACK,
  }
  const isPublic = parameters.client_id === "app"
  return await test.post("/oauth/token", isPublic ? { ...form, client_id: "app" } : form, isPublic ? {} : basic())
}
