import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createLocalJWKSet, jwtVerify, SignJWT, UnsecuredJWT } from "jose"
import { type Answer, type Role, raiseStage, type Stage } from "./testing/cast.ts"

/** Users of an app: what they may, and what others try with what is theirs. */

const P = "/v1/projects/walls"
const password = "dressed stone, no mortar"
let stage: Stage
let made = 0
beforeAll(async () => {
  stage = await raiseStage()
}, 60_000)
afterAll(() => stage.close())

const post = (path: string, body?: object, as: Role = "publishable", headers = {}): Promise<Answer> =>
  stage.call(as, "POST", `${P}/auth/${path}`, body, headers)
const beside = (token: string): Record<string, string> => ({ "ashlar-user": `Bearer ${token}` })

interface Person {
  readonly id: string
  readonly email: string
  readonly token: string
  readonly refreshToken: string
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}
async function join(): Promise<Person> {
  const email = `user${++made}@example.org`
  const { body } = await post("signup", { email, password })
  const { accessToken: token, refreshToken, user } = body.session
  return {
    ...{ id: user.id, email, token, refreshToken },
    call: (method, path, sent, headers = {}) =>
      stage.call("publishable", method, `${P}/${path}`, sent, { ...beside(token), ...headers }),
  }
}

describe("a user of an app", () => {
  test("signs up, is known, signs in again, and signs out at once", async () => {
    const email = "Ada.Lovelace@Example.ORG"
    const up = await post("signup", { email, password, name: "Ada" })
    expect([up.status, up.body.user]).toMatchObject([
      201,
      { email: "ada.lovelace@example.org", emailVerified: false, name: "Ada", roles: [], claims: {}, disabled: false },
    ])
    expect((await post("signup", { email, password })).body.code).toBe("IDENTITY_EMAIL_TAKEN")
    const { body: session } = await post("signin", { email, password })
    const me = (token: string): Promise<Answer> =>
      stage.call("publishable", "GET", `${P}/auth/me`, undefined, beside(token))
    expect((await me(session.accessToken)).body).toMatchObject({
      id: up.body.user.id,
      lastSignedInAt: expect.any(String),
    })
    const list = await stage.call("publishable", "GET", `${P}/auth/sessions`, undefined, beside(session.accessToken))
    expect(list.body.items.map(({ current }: { current: boolean }) => current)).toEqual([true, false])
    expect((await post("signout", undefined, "publishable", beside(session.accessToken))).status).toBe(204)
    expect((await me(session.accessToken)).body.code).toBe("IDENTITY_SESSION_ENDED")
    expect((await me(up.body.session.accessToken)).status).toBe(200)
  })

  test("trades a refresh token once; who comes later with it ends the session for both", async () => {
    const user = await join()
    const first = await post("refresh", { refreshToken: user.refreshToken })
    const second = await post("refresh", { refreshToken: first.body.refreshToken })
    expect([first.status, second.status]).toEqual([200, 200])
    const stolen = await post("refresh", { refreshToken: user.refreshToken })
    expect(stolen.body).toMatchObject({ code: "IDENTITY_SESSION_ENDED", details: { reason: "reused" } })
    expect((await post("refresh", { refreshToken: second.body.refreshToken })).status).toBe(401)
    expect((await user.call("GET", "auth/me")).body.code).toBe("IDENTITY_SESSION_ENDED")
  })

  test("is told the same of a wrong password and of an address that nobody has", async () => {
    const { email } = await join()
    const wrong = await post("signin", { email, password: "not this one at all" })
    const nobody = await post("signin", { email: "nobody@example.org", password: "not this one at all" })
    const told = ({ status, body }: Answer): unknown => [status, { ...body, requestId: "" }]
    expect(told(wrong)).toEqual(told(nobody))
    expect(wrong.body.code).toBe("IDENTITY_WRONG_CREDENTIALS")
  })

  test("may not guess for ever, neither may anybody lock the same address out of another app or of the console", async () => {
    const email = "owner@example.com"
    for (let n = 0; n < 10; n++) await post("signin", { email, password: "a guess of ten letters" })
    expect((await post("signin", { email, password })).body.code).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
    const other = await stage.call("otherKey", "POST", "/v1/projects/other/auth/signin", { email, password })
    expect(other.body.code).toBe("IDENTITY_WRONG_CREDENTIALS")
    const console = { email, password: "a phrase for the tests" }
    expect((await stage.call("anonymous", "POST", "/v1/auth/signin", console)).status).toBe(200)
  })
})

describe("a token", () => {
  test("is none in another project, nor at the console, nor the other way round", async () => {
    const user = await join()
    const people = stage.credentials.owner ?? ""
    const there = await stage.call("otherKey", "GET", "/v1/projects/other/auth/me", undefined, beside(user.token))
    const asPerson = await stage.call("anonymous", "GET", "/v1/auth/me", undefined, {
      authorization: `Bearer ${user.token}`,
    })
    const asUser = await stage.call("publishable", "GET", `${P}/auth/me`, undefined, beside(people))
    const crossed = await stage.call("otherKey", "GET", `${P}/auth/me`, undefined, beside(user.token))
    expect([there, asPerson, asUser, crossed].map(({ status, body }) => `${status} ${body.code}`)).toEqual([
      ...["401 IDENTITY_TOKEN_REFUSED", "401 IDENTITY_TOKEN_REFUSED", "401 IDENTITY_TOKEN_REFUSED"],
      "404 CONTROL_PROJECT_NOT_FOUND",
    ])
    const refreshed = await stage.call("otherKey", "POST", "/v1/projects/other/auth/refresh", {
      refreshToken: user.refreshToken,
    })
    expect(refreshed.body).toMatchObject({ code: "IDENTITY_SESSION_ENDED", details: { reason: "unknown" } })
    expect((await post("refresh", { refreshToken: user.refreshToken })).status).toBe(200)
  })

  test("goes beside a key of the project, and beside nothing else", async () => {
    const user = await join()
    for (const role of ["anonymous", "viewer", "owner"] as const) {
      const answer = await stage.call(role, "GET", P, undefined, beside(user.token))
      expect([role, answer.status, answer.body.code]).toEqual([role, 401, "CONTROL_CREDENTIALS_NEEDED"])
    }
    expect((await stage.call("secret", "GET", `${P}/auth/me`, undefined, beside(user.token))).status).toBe(200)
  })

  test("that is made up is refused, also where none is needed", async () => {
    const { token } = await join()
    const [head = "", body = "", tail = ""] = token.split(".")
    const payload = JSON.parse(Buffer.from(body, "base64url").toString())
    const header = JSON.parse(Buffer.from(head, "base64url").toString())
    const keys = (await stage.call("anonymous", "GET", `${P}/.well-known/jwks.json`)).body
    const secret = Buffer.from(keys.keys[0].x, "base64url")
    const { privateKey } = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair
    const forged = Buffer.from(JSON.stringify({ ...payload, roles: ["admin"] })).toString("base64url")
    const made = [
      "x",
      `${head}.${body}.`,
      `${head}.${forged}.${tail}`,
      new UnsecuredJWT(payload).encode(),
      await new SignJWT(payload).setProtectedHeader({ ...header, alg: "HS256" }).sign(secret),
      await new SignJWT(payload).setProtectedHeader(header).sign(privateKey),
      await new SignJWT(payload).setProtectedHeader({ ...header, jwk: keys.keys[0] }).sign(privateKey),
      await new SignJWT(payload).setProtectedHeader({ ...header, kid: "../../etc/passwd" }).sign(privateKey),
    ]
    for (const token of made) {
      const answer = await stage.call("publishable", "GET", P, undefined, beside(token))
      expect([answer.status, answer.body.code]).toEqual([401, "IDENTITY_TOKEN_REFUSED"])
    }
    const basic = await stage.call("publishable", "GET", P, undefined, { "ashlar-user": "Basic eDp5" })
    expect(basic.body.code).toBe("IDENTITY_TOKEN_REFUSED")
  })

  test("is checked by whoever has the project's public keys, and says what its servers said of the user", async () => {
    const user = await join()
    const claims = { team: "blue" }
    await stage.call("secret", "PATCH", `${P}/auth/users/${user.id}`, { roles: ["editor"], claims })
    const { body } = await post("refresh", { refreshToken: user.refreshToken })
    const jwks = (await stage.call("anonymous", "GET", `${P}/.well-known/jwks.json`)).body
    const projectId = (await stage.call("owner", "GET", P)).body.id
    const check = (keys: Parameters<typeof createLocalJWKSet>[0]) =>
      jwtVerify(body.accessToken, createLocalJWKSet(keys), {
        issuer: `ashlar/projects/${projectId}`,
        audience: projectId,
      })
    expect((await check(jwks)).payload).toMatchObject({ sub: user.id, email: user.email, roles: ["editor"], claims })
    const others = (await stage.call("anonymous", "GET", "/v1/projects/other/.well-known/jwks.json")).body
    const console = (await stage.call("anonymous", "GET", "/.well-known/jwks.json")).body
    for (const keys of [others, console]) {
      expect(keys.keys).toHaveLength(1)
      expect(check(keys)).rejects.toThrow()
    }
  })
})

describe("rules for users", () => {
  const notes = "collections/notes"
  const mine = { where: { owner: "$user.id" } }
  beforeAll(async () => {
    const rules = { read: mine, create: mine, update: mine, delete: { roles: ["editor"], ...mine } }
    expect((await stage.call("owner", "POST", `${P}/collections`, { name: "notes", rules })).status).toBe(201)
  })

  test("let users reach what is theirs, over every route", async () => {
    const [ada, bob] = [await join(), await join()]
    const note = await ada.call("POST", `${notes}/documents`, { owner: ada.id, text: "hers" })
    expect(note.status).toBe(201)
    expect((await ada.call("POST", `${notes}/documents`, { owner: bob.id })).body.code).toBe("DOCUMENTS_FORBIDDEN")
    const at = `${notes}/documents/${note.body.id}`
    expect((await ada.call("GET", at)).status).toBe(200)
    const asBob = [
      await bob.call("GET", at),
      await bob.call("PATCH", at, { text: "his" }),
      await bob.call("PUT", at, { owner: bob.id }),
    ]
    expect(asBob.map(({ status, body }) => `${status} ${body.code}`)).toEqual(Array(3).fill("404 DOCUMENTS_NOT_FOUND"))
    expect((await bob.call("DELETE", at)).body.code).toBe("DOCUMENTS_FORBIDDEN")
    for (const query of [
      {},
      { where: { text: "hers" } },
      { where: { $or: [{ owner: ada.id }, {}] } },
      { count: true },
    ]) {
      const { body } = await bob.call("POST", `${notes}/query`, query)
      expect([body.items, body.count?.value ?? 0]).toEqual([[], 0])
    }
    expect((await bob.call("GET", `${notes}/documents?where={}`)).body.items).toEqual([])
    expect((await ada.call("GET", `${notes}/documents`)).body.items).toHaveLength(1)
    expect((await ada.call("PATCH", at, { owner: bob.id })).body.code).toBe("DOCUMENTS_FORBIDDEN")
    expect((await stage.call("publishable", "GET", `${P}/${at}`)).body.code).toBe("DOCUMENTS_FORBIDDEN")
    expect((await stage.call("secret", "GET", `${P}/${at}`)).status).toBe(200)
  })

  test("bind a user whose token a server passes on with its secret key", async () => {
    const [ada, bob] = [await join(), await join()]
    const { body } = await ada.call("POST", `${notes}/documents`, { owner: ada.id })
    const path = `${P}/${notes}/documents/${body.id}`
    expect((await stage.call("secret", "GET", path, undefined, beside(bob.token))).status).toBe(404)
    expect((await stage.call("secret", "GET", path, undefined, beside(ada.token))).status).toBe(200)
  })

  test("see a role, a claim and the end of an account with the very next call", async () => {
    const ada = await join()
    const { body } = await ada.call("POST", `${notes}/documents`, { owner: ada.id })
    const change = (what: object): Promise<Answer> => stage.call("secret", "PATCH", `${P}/auth/users/${ada.id}`, what)
    expect((await change({ roles: ["editor"] })).status).toBe(200)
    expect((await ada.call("DELETE", `${notes}/documents/${body.id}`)).status).toBe(204)
    expect((await change({ disabled: true })).body.disabled).toBe(true)
    expect((await ada.call("GET", `${notes}/documents`)).body.code).toBe("IDENTITY_SESSION_ENDED")
    expect((await post("refresh", { refreshToken: ada.refreshToken })).status).toBe(401)
    expect((await post("signin", { email: ada.email, password })).body.code).toBe("IDENTITY_ACCOUNT_DISABLED")
    expect((await post("signin", { email: ada.email, password: "wrong wrong wrong" })).body.code).toBe(
      "IDENTITY_WRONG_CREDENTIALS",
    )
    await change({ disabled: false })
    expect((await post("signin", { email: ada.email, password })).status).toBe(200)
    await stage.call("secret", "DELETE", `${P}/auth/users/${ada.id}`)
    expect((await post("signin", { email: ada.email, password })).body.code).toBe("IDENTITY_WRONG_CREDENTIALS")
  })

  test("give nobody the kept answer of another user", async () => {
    const [ada, bob] = [await join(), await join()]
    const once = { "idempotency-key": `once-${made}` }
    const made1 = await ada.call("POST", `${notes}/query`, {}, once)
    expect([made1.status, made1.headers.get("idempotency-replayed")]).toEqual([200, null])
    expect((await ada.call("POST", `${notes}/query`, {}, once)).headers.get("idempotency-replayed")).toBe("true")
    expect((await bob.call("POST", `${notes}/query`, {}, once)).headers.get("idempotency-replayed")).toBeNull()
  })
})

describe("a function", () => {
  test("is told who the user is, and gets neither their token nor what a caller makes up", async () => {
    const code =
      "export default { fetch: (r) => Response.json([...r.headers].filter(([n]) => /^(ashlar|authorization)/.test(n))) }"
    await stage.call("owner", "POST", `${P}/functions`, {
      name: "who",
      runtime: "quickjs",
      access: "publishable",
      code,
    })
    const ada = await join()
    await stage.call("secret", "PATCH", `${P}/auth/users/${ada.id}`, { name: "Åda", claims: { team: "blå" } })
    const { body } = await stage.call("publishable", "GET", "/f/walls/who", undefined, beside(ada.token))
    expect(body.map(([name]: [string]) => name)).toEqual(["ashlar-user"])
    expect(JSON.parse(body[0][1])).toEqual({
      id: ada.id,
      email: ada.email,
      name: "Åda",
      roles: [],
      claims: { team: "blå" },
      mfa: false,
      amr: ["pwd"],
      authTime: expect.stringMatching(/^20.*Z$/),
    })
    expect((await stage.call("publishable", "GET", "/f/walls/who")).body).toEqual([])
    const made = await stage.call("publishable", "GET", "/f/walls/who", undefined, { "ashlar-user": '{"id":"root"}' })
    expect(made.body.code).toBe("IDENTITY_TOKEN_REFUSED")
  })
})

describe("a project", () => {
  test("manages its users, and its audit trail says who did what, without passwords", async () => {
    const wish = { email: "made@example.org", password, roles: ["editor", "editor"], claims: { plan: "pro" } }
    const user = (await stage.call("secret", "POST", `${P}/auth/users`, wish)).body
    expect(user).toMatchObject({ roles: ["editor"], claims: { plan: "pro" }, emailVerified: false })
    const found = await stage.call("viewer", "GET", `${P}/auth/users?email=MADE@example.org`)
    expect(found.body.items.map(({ id }: { id: string }) => id)).toEqual([user.id])
    await stage.call("developer", "PATCH", `${P}/auth/users/${user.id}`, {
      password: "another phrase of words",
      claims: {},
    })
    expect((await post("signin", { email: wish.email, password })).status).toBe(401)
    await post("signin", { email: wish.email, password: "another phrase of words" })
    expect((await stage.call("secret", "POST", `${P}/auth/users/${user.id}/signout`)).body).toEqual({ sessions: 1 })
    await stage.call("secret", "DELETE", `${P}/auth/users/${user.id}`)
    const { items } = (await stage.call("owner", "GET", `${P}/audit`)).body
    const trail = items.filter(({ target }: { target: string }) => target === user.id)
    expect(trail.map(({ action }: { action: string }) => action)).toEqual([
      ...["user.delete", "user.signout", "user.update", "user.create"],
    ])
    expect(JSON.stringify(trail)).not.toContain("phrase")
  })

  test.each([
    [{ email: "no address" }, "IDENTITY_INVALID_INPUT"],
    [{ email: "a@b.c", password: "short" }, "IDENTITY_WEAK_PASSWORD"],
    [{ email: "a@b.c", roles: ["a b"] }, "IDENTITY_INVALID_INPUT"],
    [{ email: "a@b.c", claims: { "a.b": 1 } }, "IDENTITY_INVALID_INPUT"],
    [{ email: "a@b.c", claims: { big: "x".repeat(1100) } }, "IDENTITY_INVALID_INPUT"],
  ])("refuses the user %j", async (wish, code) => {
    expect((await stage.call("secret", "POST", `${P}/auth/users`, wish)).body.code).toBe(code)
  })

  test("says whether strangers may sign up, how long passwords are, and whether addresses must be confirmed", async () => {
    const settle = (what: object): Promise<Answer> => stage.call("developer", "PATCH", `${P}/auth/settings`, what)
    expect((await settle({ signups: "closed" })).body).toMatchObject({ signups: "closed", passwordMinCharacters: 10 })
    expect((await post("signup", { email: "late@example.org", password })).body.code).toBe("IDENTITY_SIGNUPS_CLOSED")
    expect(
      (await stage.call("secret", "POST", `${P}/auth/users`, { email: "late@example.org", password })).status,
    ).toBe(201)
    await settle({ signups: "open", passwordMinCharacters: 40 })
    expect((await post("signup", { email: "long@example.org", password })).body).toMatchObject({
      details: { reason: "short" },
    })
    await settle({ passwordMinCharacters: 10, verifiedEmailOnly: true })
    const up = await post("signup", { email: "new@example.org", password })
    expect([up.status, up.body.session]).toEqual([201, null])
    expect((await post("signin", { email: "new@example.org", password })).body.code).toBe("IDENTITY_EMAIL_UNVERIFIED")
    await stage.call("secret", "PATCH", `${P}/auth/users/${up.body.user.id}`, { emailVerified: true })
    expect((await post("signin", { email: "new@example.org", password })).status).toBe(200)
    await settle({ verifiedEmailOnly: false })
    expect((await settle({ passwordMinCharacters: 7 })).status).toBe(422)
  })

  test("that is deleted takes its users with it, and another of its name has none", async () => {
    await stage.call("owner", "POST", "/v1/projects", { name: "Brief", slug: "brief" })
    const key = (await stage.call("owner", "POST", "/v1/projects/brief/keys", { kind: "publishable", name: "web" }))
      .body.secret
    const as = (path: string, body: object): Promise<Answer> =>
      stage.call("anonymous", "POST", `/v1/projects/brief/auth/${path}`, body, { authorization: `Bearer ${key}` })
    expect((await as("signup", { email: "a@example.org", password })).status).toBe(201)
    await stage.call("owner", "DELETE", "/v1/projects/brief")
    await stage.call("owner", "POST", "/v1/projects", { name: "Brief", slug: "brief" })
    expect((await stage.call("owner", "GET", "/v1/projects/brief/auth/users")).body.items).toEqual([])
  })
})
