import { describe, expect, test } from "bun:test"
import { github, google, linkedin, microsoft, type OAuthClientOptions, oidc, type Provider } from "@ashlar/oauth/client"
import { fakeProvider } from "@ashlar/oauth/testing"
import { base64url, exportJWK, generateKeyPair, SignJWT } from "jose"
import { APP, type ClientWorld, clientWorld, testSealer, type WorldOptions } from "../src/testing/client-world.ts"
import type { TestPage } from "../src/testing/form-browser.ts"

/** What attackers do to an app that signs people in by others. Nobody comes in by any of it. */

const app = { clientId: "app", clientSecret: "a secret" }
const STAFF = oidc({ name: "staff", issuer: "https://sso.example.com", ...app })
const GOOGLE = google(app)

function codeOf(page: TestPage): string | undefined {
  return (JSON.parse(page.text) as { code?: string }).code
}
async function refused(world: ClientWorld, page: TestPage, code: string): Promise<void> {
  expect([world.signedIn.length, codeOf(page)]).toEqual([0, code])
  await Promise.resolve()
}
/** Comes back with the answer changed. */
async function backWith(
  world: ClientWorld,
  change: (parameters: URLSearchParams) => void,
  url?: URL,
): Promise<TestPage> {
  const answer = await world.fake.signIn(url ?? (await world.start()))
  const target = new URL(answer.url)
  const parameters = new URLSearchParams(target.search)
  change(parameters)
  return await world.browser.open(`${target.origin}${target.pathname}?${parameters}`)
}

describe("state", () => {
  test("of nobody, of a guess, of two, and none, open nothing", async () => {
    const changes: ((parameters: URLSearchParams) => void)[] = [
      (all) => all.delete("state"),
      (all) => all.set("state", ""),
      (all) => all.set("state", "a".repeat(43)),
      (all) => all.set("state", `${all.get("state")}a`),
      (all) => all.set("state", all.get("state")!.toLowerCase()),
    ]
    for (const change of changes) {
      const world = clientWorld(STAFF)
      await refused(world, await backWith(world, change), "OAUTH_STATE_INVALID")
    }
    const world = clientWorld(STAFF)
    const page = await backWith(world, (all) => all.append("state", all.get("state")!))
    await refused(world, page, "OAUTH_REFUSED")
  })
  test("and code of an attacker's sign-in are of no use in another browser (login CSRF)", async () => {
    const world = clientWorld(STAFF)
    const attacker = world.newBrowser()
    const answer = await world.fake.signIn(await world.start(undefined, attacker))
    await refused(world, await world.back(answer), "OAUTH_STATE_INVALID")
    // Nor where the victim has begun a sign-in of their own.
    const own = await world.start()
    const mixed = await backWith(world, (all) => all.set("code", answer.parameters.get("code")!), own)
    await refused(world, mixed, "OAUTH_ANSWER_INVALID")
  })
  test("in a cookie that was planted, changed or of another key is none (cookie tossing)", async () => {
    for (const toss of [
      (value: string) => `${value.slice(0, -2)}AA`,
      () => "s1.a.AAAA",
      () => "",
      () => "x".repeat(4_000),
      () => testSealer().seal(JSON.stringify({ state: "a" }), "ashlar oauth sign-in/staff"),
    ]) {
      const world = clientWorld(STAFF)
      const url = await world.start()
      for (const [name, value] of world.browser.cookies) world.browser.cookies.set(name, toss(value))
      await refused(world, await world.back(await world.fake.signIn(url)), "OAUTH_STATE_INVALID")
    }
  })
  test("is kept by a cookie that no other host can set, that scripts cannot read, for ten minutes", async () => {
    const world = clientWorld(STAFF)
    const answer = await world.app.fetch(new Request(`${APP}/sign-in/staff`))
    const line = answer.headers.get("set-cookie")!
    expect(line).toMatch(/^__Host-oauth-[\w-]{12}=s1\.a\.[\w-]+; /)
    for (const part of ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=600"]) expect(line).toContain(part)
    expect(line).not.toContain("Domain")
    expect(answer.headers.get("cache-control")).toBe("no-store")
    expect(answer.headers.get("referrer-policy")).toBe("no-referrer")
    // What it says is nobody's to read.
    expect(Buffer.from(line.split(".")[2]!.split(";")[0]!, "base64url").toString()).not.toContain("verifier")
  })
  test("of one sign-in is good for another tab's no more than for another browser's", async () => {
    const world = clientWorld(STAFF)
    const [first, second] = [await world.start(), await world.start()]
    const done = await world.back(await world.fake.signIn(first))
    expect(done.text).toBe("home")
    expect((await world.back(await world.fake.signIn(second))).text).toBe("home")
    expect(world.signedIn.length).toBe(2)
  })
  test("of many sign-ins takes the place of the oldest, so that no request grows too long", async () => {
    const world = clientWorld(STAFF)
    const first = await world.start()
    for (let at = 0; at < 6; at++) await world.start()
    expect(world.browser.cookies.size).toBe(4)
    await refused(world, await world.back(await world.fake.signIn(first)), "OAUTH_STATE_INVALID")
  })
})

describe("an answer", () => {
  test("is good once, whoever shows it how often at once", async () => {
    const world = clientWorld(STAFF)
    const url = await world.start()
    const cookies = new Map(world.browser.cookies)
    const answer = await world.fake.signIn(url)
    const browsers = Array.from({ length: 5 }, () => {
      const browser = world.newBrowser()
      for (const [name, value] of cookies) browser.cookies.set(name, value)
      return browser
    })
    const pages = await Promise.all(browsers.map((browser) => world.back(answer, browser)))
    expect(world.signedIn.length).toBe(1)
    expect(pages.filter((page) => page.text === "home").length).toBe(1)
    expect(pages.filter((page) => page.status === 409).map(codeOf)).toEqual(Array(4).fill("OAUTH_SIGN_IN_USED"))
    expect(world.fake.asked.filter(({ endpoint }) => endpoint === "token").length).toBe(1)
  })
  test("that comes too late is refused", async () => {
    const world = clientWorld(STAFF)
    const answer = await world.fake.signIn(await world.start())
    world.clock.advance(600_000)
    await refused(world, await world.back(answer), "OAUTH_SIGN_IN_EXPIRED")
  })
  test("with another's code is refused: it was asked for with another verifier (code injection)", async () => {
    for (const provider of [STAFF, GOOGLE, github(app)]) {
      const world = clientWorld(provider)
      const stolen = await world.fake.signIn(await world.start(undefined, world.newBrowser()))
      const page = await backWith(world, (all) => all.set("code", stolen.parameters.get("code")!))
      await refused(world, page, "OAUTH_ANSWER_INVALID")
    }
  })
  test.each([
    ["of another issuer", "https://evil.example"],
    ["of an issuer that is almost the same", "https://sso.example.com/"],
    ["that does not say its issuer", ""],
  ])("%s is refused before its code is sent anywhere (mix-up)", async (_what, iss) => {
    const world = clientWorld(STAFF)
    await refused(world, await backWith(world, (all) => all.set("iss", iss)), "OAUTH_ANSWER_INVALID")
    expect(world.fake.asked.some(({ endpoint }) => endpoint === "token")).toBe(false)
  })
  test("at another provider's callback is refused, and no provider is given the other's code", async () => {
    const evil = oidc({ name: "evil", issuer: "https://evil.example", ...app })
    const evilFake = fakeProvider(evil)
    const fake = fakeProvider(GOOGLE)
    const world = clientWorld(GOOGLE, {
      client: { providers: [GOOGLE, evil] },
      fetch: (url, request) => (url.startsWith("https://evil.example") ? evilFake : fake).fetch(url, request),
    })
    const answer = await fake.signIn(await world.start("/auth/sign-in/google"))
    const moved = answer.url.replace("/sign-in/google/", "/sign-in/evil/")
    await refused(world, await world.browser.open(moved), "OAUTH_STATE_INVALID")
    expect(evilFake.asked).toEqual([])
  })
  test("of nobody's provider is 404", async () => {
    const world = clientWorld(STAFF)
    for (const name of ["other", "__proto__", "constructor", "a".repeat(100), "..%2fstaff", "%00"]) {
      const page = await world.browser.open(`/auth/sign-in/${name}/callback?code=a&state=${"a".repeat(43)}`)
      expect(page.status).toBe(404)
    }
  })
  test.each([
    ["access_denied", "access_denied"],
    ["consent_required", "consent_required"],
    ["<script>alert(1)</script>", "error"],
    ["a b", "error"],
  ])("that says no is told in the provider's word where it is one: %s", async (sent, told) => {
    const world = clientWorld(STAFF)
    const page = await world.back(world.fake.deny(await world.start(), sent))
    const { code, details } = JSON.parse(page.text) as { code: string; details: { error: string } }
    expect([page.status, code, details.error]).toEqual([403, "OAUTH_SIGN_IN_DENIED", told])
    expect(page.text).not.toContain("never")
  })
  test("that says no is good once too, and in its own browser only", async () => {
    const world = clientWorld(STAFF)
    const answer = world.fake.deny(await world.start())
    const cookies = new Map(world.browser.cookies)
    expect(codeOf(await world.back(answer, world.newBrowser()))).toBe("OAUTH_STATE_INVALID")
    expect(codeOf(await world.back(answer))).toBe("OAUTH_SIGN_IN_DENIED")
    for (const [name, value] of cookies) world.browser.cookies.set(name, value)
    expect(codeOf(await world.back(answer))).toBe("OAUTH_SIGN_IN_USED")
  })
  test("by a form is taken from those alone that answer by forms", async () => {
    const world = clientWorld(STAFF)
    const answer = await world.fake.signIn(await world.start())
    const posted = await world.app.fetch(
      new Request(`${APP}/sign-in/staff/callback`, { method: "POST", body: answer.parameters }),
    )
    expect(((await posted.json()) as { code: string }).code).toBe("OAUTH_ANSWER_INVALID")
  })
  test("with implicit tokens, or a JWT in place of an answer, is refused", async () => {
    for (const name of ["id_token", "token", "response"]) {
      const world = clientWorld(STAFF)
      await refused(world, await backWith(world, (all) => all.set(name, "a.b.c")), "OAUTH_ANSWER_INVALID")
    }
  })
})

describe("a failed sign-in is told", () => {
  test("to a browser as a page, which says nothing of the provider's texts, and to programs as it is", async () => {
    const world = clientWorld(STAFF)
    const answer = world.fake.deny(await world.start(), "access_denied")
    const page = await world.browser.open(answer.url, { headers: { accept: "text/html,*/*;q=0.8" } })
    expect([page.status, page.headers.get("content-type")]).toEqual([403, "text/html;charset=utf-8"])
    expect(page.text).toContain("Sign-in with staff failed")
    expect(page.text).toContain(`href="${APP}/sign-in/staff"`)
    expect(page.text).not.toContain("never")
    expect(page.headers.get("content-security-policy")).toContain("frame-ancestors 'none'")
    expect(page.headers.get("cache-control")).toBe("no-store")
  })
  test("by a page of the app's own", async () => {
    const world = clientWorld(STAFF, { routes: { page: ({ code, label }) => `<h1>${code} ${label}</h1>` } })
    const page = await world.browser.open("/auth/sign-in/none", { headers: { accept: "text/html" } })
    expect([page.status, page.text]).toEqual([404, "<h1>OAUTH_PROVIDER_UNKNOWN undefined</h1>"])
  })
})

test.each([
  "https://evil.example",
  "//evil.example",
  "/\\evil.example",
  "/%09/evil.example/..//evil.example",
  "javascript:alert(1)",
  "/\t/evil.example",
  "https:evil.example",
  "/a/..//evil.example",
])("a way to go on that leads elsewhere leads nowhere: %s", async (next) => {
  const world = clientWorld(STAFF)
  const url = await world.start(`/auth/sign-in/staff?next=${encodeURIComponent(next)}`)
  const page = await world.back(await world.fake.signIn(url))
  expect(page.leftTo).toBeUndefined()
  expect(world.signedIn[0]!.next.startsWith("/")).toBe(true)
  expect(new URL(world.signedIn[0]!.next, APP).origin).toBe("https://app.example")
})

test("a way to go on that no cookie holds leads to the beginning", async () => {
  for (const [next, kept] of [
    [`/${"a".repeat(999)}`, 1_000],
    [`/${"a".repeat(1_000)}`, 1],
    [`/${"ä".repeat(500)}`, 1],
  ] as const) {
    const world = clientWorld(STAFF, { routes: { userIdOf: () => "u".repeat(255) } })
    const begun = await world.browser.open(`/auth/sign-in/staff/connect?next=${encodeURIComponent(next)}`, {
      method: "POST",
      headers: { "sec-fetch-site": "same-origin" },
    })
    await world.back(await world.fake.signIn(begun.leftTo!))
    expect(world.signedIn[0]!.next.length).toBe(kept)
  }
})

describe("an ID token", () => {
  const nowSeconds = Date.UTC(2026, 10, 29) / 1000
  type Claims = Readonly<Record<string, unknown>>
  test.each<[string, (claims: Claims) => Claims]>([
    ["for another client", (claims) => ({ ...claims, aud: "other" })],
    ["for others besides, without azp", (claims) => ({ ...claims, aud: ["app", "other"] })],
    ["whose azp is another", (claims) => ({ ...claims, aud: ["app", "other"], azp: "other" })],
    ["of another issuer", (claims) => ({ ...claims, iss: "https://evil.example" })],
    ["of an issuer with a slash more", (claims) => ({ ...claims, iss: `${claims.iss}/` })],
    ["of another sign-in", (claims) => ({ ...claims, nonce: "other" })],
    ["without a nonce", ({ nonce: _, ...claims }) => claims],
    ["that is over", (claims) => ({ ...claims, exp: nowSeconds - 31 })],
    ["that never ends", ({ exp: _, ...claims }) => claims],
    ["that is not yet good", (claims) => ({ ...claims, nbf: nowSeconds + 31 })],
    ["without a time", ({ iat: _, ...claims }) => claims],
    ["without a subject", ({ sub: _, ...claims }) => claims],
    ["with an empty subject", (claims) => ({ ...claims, sub: "" })],
    ["whose subject is a number", (claims) => ({ ...claims, sub: 7 })],
    ["whose subject has a line break", (claims) => ({ ...claims, sub: "a\nb" })],
    ["whose subject is endless", (claims) => ({ ...claims, sub: "a".repeat(256) })],
  ])("%s opens nothing", async (_what, claims) => {
    for (const provider of [GOOGLE, STAFF]) {
      const world = clientWorld(provider, { claims })
      await refused(world, await world.back(await world.fake.signIn(await world.start())), "OAUTH_ANSWER_INVALID")
    }
  })
  test("may be out by the tolerance, and no more", async () => {
    const world = clientWorld(STAFF, {
      claims: (claims) => ({ ...claims, exp: nowSeconds - 29, nbf: nowSeconds + 29 }),
    })
    await world.back(await world.fake.signIn(await world.start()))
    expect(world.signedIn.length).toBe(1)
  })

  /** Puts a token of the attacker's in the place of the provider's. */
  const forged = (make: (claims: Claims, header: Claims) => Promise<string> | string): WorldOptions => ({
    answer: async (endpoint, answer) => {
      if (endpoint !== "token") return answer
      const body = (await answer.json()) as { id_token: string }
      const [header, claims] = body.id_token
        .split(".", 2)
        .map(
          (part) =>
            JSON.parse(base64url.decode(part).toString() && Buffer.from(part, "base64url").toString()) as Claims,
        )
      return Response.json({ ...body, id_token: await make(claims!, header!) })
    },
  })
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

  test.each<[string, (claims: Claims, header: Claims) => Promise<string> | string]>([
    ["that nobody signed", (claims) => `${encode({ alg: "none" })}.${encode(claims)}.`],
    ["with another word for none", (claims) => `${encode({ alg: "nOnE" })}.${encode(claims)}.AAAA`],
    ["without a signature", (claims, header) => `${encode(header)}.${encode(claims)}.`],
    ["of two parts", (claims, header) => `${encode(header)}.${encode(claims)}`],
    [
      "of the client's own secret (HS256)",
      async (claims) =>
        await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from("a secret".padEnd(32, "0"))),
    ],
    [
      "of another key under the same id",
      async (claims, header) => {
        const { privateKey } = await generateKeyPair("RS256")
        return await new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", kid: header.kid as string })
          .sign(privateKey)
      },
    ],
    [
      "of a key that it brings along (jwk, jku)",
      async (claims) => {
        const { privateKey, publicKey } = await generateKeyPair("RS256", { extractable: true })
        const jwk = await exportJWK(publicKey)
        return await new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", jwk, jku: "https://evil.example/keys" })
          .sign(privateKey)
      },
    ],
    [
      "of a key that is not published",
      async (claims) => {
        const { privateKey } = await generateKeyPair("RS256")
        return await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "other" }).sign(privateKey)
      },
    ],
    [
      "that was changed",
      (claims, header) => `${encode(header)}.${encode({ ...claims, sub: "victim" })}.${"A".repeat(342)}`,
    ],
    [
      "with words that must be understood (crit)",
      (claims, header) => `${encode({ ...header, crit: ["x"], x: 1 })}.${encode(claims)}.AAAA`,
    ],
    ["that is none", () => "nonsense"],
  ])("%s opens nothing", async (_what, make) => {
    for (const provider of [GOOGLE, STAFF, microsoft({ ...app, name: "ms" })]) {
      const person = { subject: "7", claims: { tid: "72f988bf-86f1-41af-91ab-2d7cd011db47" } }
      const world = clientWorld(provider, { ...forged(make), person })
      const page = await world.back(await world.fake.signIn(await world.start()))
      await refused(world, page, "OAUTH_ANSWER_INVALID")
      expect(world.fake.asked.every(({ url }) => !url.includes("evil"))).toBe(true)
    }
  })
  test("that does not come is missed, and no userinfo stands in for it", async () => {
    for (const provider of [STAFF, GOOGLE, linkedin(app)]) {
      const world = clientWorld(provider, {
        answer: async (endpoint, answer) => {
          if (endpoint !== "token") return answer
          const { id_token: _, ...body } = (await answer.json()) as Record<string, unknown>
          return Response.json(body)
        },
      })
      await refused(world, await world.back(await world.fake.signIn(await world.start())), "OAUTH_ANSWER_INVALID")
    }
  })
  test("and userinfo must be about the same person", async () => {
    for (const info of [{ sub: "victim", email: "victim@example.com", email_verified: true }, {}, { sub: null }, []]) {
      const world = clientWorld(STAFF, {
        answer: (endpoint, answer) => (endpoint === "userinfo" ? Response.json(info) : answer),
      })
      await refused(world, await world.back(await world.fake.signIn(await world.start())), "OAUTH_ANSWER_INVALID")
    }
  })
  test("and userinfo that is a JWT must be signed by the provider", async () => {
    const { privateKey } = await generateKeyPair("RS256")
    const claims = { sub: "1001", email: "victim@example.com", email_verified: true }
    const tokens = [
      `${encode({ alg: "none" })}.${encode(claims)}.`,
      await new SignJWT(claims).setProtectedHeader({ alg: "RS256" }).sign(privateKey),
      await new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from("a secret".padEnd(32, "0"))),
    ]
    for (const token of tokens)
      for (const algorithms of [["RS256", "HS256", "none"], undefined]) {
        const world = clientWorld(STAFF, {
          answer: async (endpoint, answer) => {
            if (endpoint === "discovery")
              return Response.json({
                ...((await answer.json()) as object),
                userinfo_signing_alg_values_supported: algorithms,
              })
            const headers = { "content-type": "application/jwt" }
            return endpoint === "userinfo" ? new Response(token, { headers }) : answer
          },
        })
        await refused(world, await world.back(await world.fake.signIn(await world.start())), "OAUTH_ANSWER_INVALID")
      }
  })
  test("without an address takes one from userinfo only with userinfo's own word for it", async () => {
    const world = clientWorld(STAFF, {
      claims: ({ email: _, ...claims }) => ({ ...claims, email_verified: true }),
      answer: (endpoint, answer) =>
        endpoint === "userinfo" ? Response.json({ sub: "1001", email: "victim@example.com" }) : answer,
    })
    await world.back(await world.fake.signIn(await world.start()))
    expect(world.signedIn[0]!.identity).toMatchObject({ email: "victim@example.com", emailVerified: false })
  })
  test("of a person who signed in too long ago is not enough where the app asks for more", async () => {
    for (const [authTime, comesIn] of [
      [nowSeconds - 400, false],
      [nowSeconds - 100, true],
      [undefined, false],
    ] as const) {
      const fake = fakeProvider(STAFF, {
        claims: ({ auth_time: _, ...claims }) => ({
          ...claims,
          ...(authTime !== undefined && { auth_time: authTime }),
        }),
        clock: { now: () => nowSeconds * 1000 },
      })
      const { client } = clientWorld(STAFF, { fetch: fake.fetch })
      const begun = await client.begin("staff", { maxAgeSeconds: 300 })
      const { parameters } = await fake.signIn(begun.url)
      const finished = client.finish("staff", { parameters, transaction: begun.transaction })
      expect(
        await finished.then(
          () => true,
          () => false,
        ),
      ).toBe(comesIn)
    }
  })
})

describe("a provider that answers", () => {
  const endless = (): Response =>
    new Response(
      new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(65_536).fill(32))
        },
      }),
      { headers: { "content-type": "application/json" } },
    )
  const silent = (): Response =>
    new Response(new ReadableStream({}), { headers: { "content-type": "application/json" } })
  const rows: [string, () => Response, Partial<OAuthClientOptions<string>>?][] = [
    ["without end", endless],
    ["with a head and nothing after it", silent, { timeoutMs: 100 }],
    ["HTML", () => new Response("<h1>hi</h1>", { headers: { "content-type": "text/html" } })],
    ["half of JSON", () => new Response('{"access_token":', { headers: { "content-type": "application/json" } })],
    ["a list", () => Response.json([])],
    ["null", () => Response.json(null)],
    ["a redirect", () => new Response(null, { status: 302, headers: { location: "https://evil.example" } })],
    ["500", () => new Response("no", { status: 500 })],
    ["an error without a word", () => Response.json({ error: { message: "<b>" } }, { status: 400 })],
  ]
  const points: ["discovery" | "token" | "keys" | "userinfo" | "api", Provider][] = [
    ["discovery", STAFF],
    ["token", STAFF],
    ["token", github(app)],
    ["keys", STAFF],
    ["userinfo", STAFF],
    ["api", github(app)],
  ]
  test.each(rows)("%s opens nothing, and soon", async (_what, bad, client = {}) => {
    for (const [endpoint, provider] of points) {
      let isBad = false
      const world = clientWorld(provider, {
        client,
        answer: (at, answer) => (isBad && at === endpoint ? bad() : answer),
      })
      isBad = endpoint === "discovery"
      const begun = await world.browser.open(`/auth/sign-in/${provider.name}`)
      isBad = true
      const page = begun.leftTo === undefined ? begun : await world.back(await world.fake.signIn(begun.leftTo))
      expect(world.signedIn).toEqual([])
      expect(["OAUTH_PROVIDER_FAILED", "OAUTH_ANSWER_INVALID"]).toContain(codeOf(page)!)
      expect(page.text).not.toContain("a secret")
    }
  })
  test("an error with a secret in it is told in its word alone", async () => {
    const world = clientWorld(GOOGLE, {
      answer: (endpoint, answer) =>
        endpoint === "token"
          ? Response.json({ error: "invalid_client", error_description: "a secret is wrong" }, { status: 401 })
          : answer,
    })
    const page = await world.back(await world.fake.signIn(await world.start()))
    const problem = JSON.parse(page.text) as Record<string, unknown>
    expect(problem).toMatchObject({ code: "OAUTH_PROVIDER_FAILED", details: { error: "invalid_client" } })
    expect(page.text).not.toContain("a secret is wrong")
  })
})

describe("discovery", () => {
  test.each<[string, (metadata: Record<string, unknown>) => object]>([
    ["of another issuer", (all) => ({ ...all, issuer: "https://evil.example" })],
    ["of the same with a slash", (all) => ({ ...all, issuer: `${all.issuer}/` })],
    ["without an issuer", ({ issuer: _, ...all }) => all],
    ["without endpoints", ({ issuer }) => ({ issuer })],
    ["whose page is http", (all) => ({ ...all, authorization_endpoint: "http://sso.example.com/authorize" })],
    ["whose page is a script", (all) => ({ ...all, authorization_endpoint: "javascript:alert(1)" })],
  ])("%s begins nothing", async (_what, change) => {
    const world = clientWorld(STAFF, {
      answer: async (endpoint, answer) =>
        endpoint === "discovery" ? Response.json(change((await answer.json()) as Record<string, unknown>)) : answer,
    })
    const page = await world.browser.open("/auth/sign-in/staff")
    expect([page.leftTo, page.status >= 400]).toEqual([undefined, true])
  })
  test("is asked once by many, kept for an hour, and again after a failure", async () => {
    let fails = true
    const world = clientWorld(STAFF, {
      answer: (endpoint, answer) => (endpoint === "discovery" && fails ? new Response(null, { status: 503 }) : answer),
    })
    const count = (): number => world.fake.asked.filter(({ endpoint }) => endpoint === "discovery").length
    expect((await world.browser.open("/auth/sign-in/staff")).status).toBe(502)
    fails = false
    await Promise.all(Array.from({ length: 10 }, () => world.start()))
    expect(count()).toBe(2)
    world.clock.advance(3_599_000)
    await world.start()
    expect(count()).toBe(2)
    world.clock.advance(2_000)
    await world.start()
    expect(count()).toBe(3)
  })
  test("of an issuer that a customer names reaches public addresses only", async () => {
    const issuers = [
      "http://127.0.0.1:1",
      "http://localhost:1",
      "https://127.0.0.1",
      "https://169.254.169.254",
      "https://[::1]",
    ]
    const { app: server, client } = clientWorld(STAFF, {
      client: {
        findProvider: (name) => {
          const issuer = issuers[Number(name.replace("customer-", ""))]
          return issuer === undefined ? undefined : oidc({ name, issuer, ...app })
        },
      },
    })
    // The fake is the fetch of the world: here it is the real one that must refuse.
    const { createOAuthClient } = await import("@ashlar/oauth/client")
    const real = createOAuthClient<string>({
      url: APP,
      providers: [],
      sealer: testSealer(),
      findProvider: (name) => client.find(name),
    })
    for (const at of issuers.keys()) {
      const failed = await real.begin(`customer-${at}`).catch((error: unknown) => error)
      expect(failed).toMatchObject({ code: "OAUTH_PROVIDER_FAILED" })
      if (at >= 2) expect(failed).toMatchObject({ cause: { code: "SECURITY_FETCH_REFUSED" } })
    }
    expect((await server.fetch(new Request(`${APP}/sign-in/customer-9`))).status).toBe(404)
  })
})
