import { describe, expect, test } from "bun:test"
import { type AnyLayer, createApp, layer } from "@ashlar/http"
import { type CsrfOptions, csrf } from "./csrf.ts"
import type { CsrfTokens } from "./csrf-tokens.ts"
import { doubleSubmit } from "./double-submit.ts"
import { isMasked, mask } from "./mask.ts"
import { csrfSecret, synchronizer } from "./synchronizer.ts"

const KEY = "k".repeat(32)

interface Sent {
  readonly url?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

function serve(layers: AnyLayer[], url = "http://api.test/") {
  let done = 0
  const app = createApp({ layers: layers as [] })
  app.get("/", () => ({ done }))
  app.post("/", () => ({ done: ++done }))
  app.delete("/", () => ({ done: ++done }))
  return {
    async send({ method = "POST", headers = {}, ...rest }: Sent) {
      const before = done
      const answer = await app.fetch(
        new Request(rest.url ?? url, { method, headers, ...(rest.body && { body: rest.body }) }),
      )
      const body = (await answer.json()) as { code?: string }
      expect(done - before).toBe(answer.status === 200 && method !== "GET" ? 1 : 0)
      return [answer.status, body.code ?? "done"] as const
    },
  }
}

describe("where a request comes from decides", () => {
  const cases: [string, CsrfOptions, Sent, "done" | "refused"][] = [
    ["this origin's page", {}, { headers: { "sec-fetch-site": "same-origin", origin: "http://api.test" } }, "done"],
    ["what the user typed", {}, { headers: { "sec-fetch-site": "none" } }, "done"],
    [
      "another site's page",
      {},
      { headers: { "sec-fetch-site": "cross-site", origin: "https://evil.test" } },
      "refused",
    ],
    [
      "another site's form of login",
      {},
      {
        headers: {
          "sec-fetch-site": "cross-site",
          origin: "https://evil.test",
          "content-type": "application/x-www-form-urlencoded",
        },
        body: "user=evil",
      },
      "refused",
    ],
    [
      "a host below the site's domain",
      {},
      { headers: { "sec-fetch-site": "same-site", origin: "http://blog.api.test" } },
      "refused",
    ],
    [
      "the same, where that is said",
      { sameSite: true },
      { headers: { "sec-fetch-site": "same-site", origin: "http://blog.api.test" } },
      "done",
    ],
    [
      "another site, where only that is said",
      { sameSite: true },
      { headers: { "sec-fetch-site": "cross-site", origin: "https://evil.test" } },
      "refused",
    ],
    [
      "one that is trusted",
      { origins: ["https://app.test"] },
      { headers: { "sec-fetch-site": "cross-site", origin: "https://app.test" } },
      "done",
    ],
    [
      "one that is trusted, later",
      { origins: async (one) => one === "https://app.test" },
      { headers: { origin: "https://app.test" } },
      "done",
    ],
    ["one that is not, later", { origins: async () => false }, { headers: { origin: "https://evil.test" } }, "refused"],
    [
      "a look-alike of one",
      { origins: ["https://app.test"] },
      { headers: { "sec-fetch-site": "cross-site", origin: "https://app.test.evil.test" } },
      "refused",
    ],
    [
      "a word that there is not",
      {},
      { headers: { "sec-fetch-site": "same-origin, cross-site", origin: "https://evil.test" } },
      "refused",
    ],
    ["an old browser on this origin", {}, { headers: { origin: "http://api.test" } }, "done"],
    ["an old browser, https in front", {}, { headers: { origin: "https://api.test" } }, "done"],
    [
      "an old browser over plain http",
      {},
      { url: "https://api.test/", headers: { origin: "http://api.test" } },
      "refused",
    ],
    ["an old browser elsewhere", {}, { headers: { origin: "https://evil.test" } }, "refused"],
    ["another port", {}, { headers: { origin: "http://api.test:8080" } }, "refused"],
    ["a prefix of this host", {}, { headers: { origin: "http://api.test.evil.test" } }, "refused"],
    ["this host as a login", {}, { headers: { origin: "http://api.test@evil.test" } }, "refused"],
    ["a sandboxed frame", {}, { headers: { origin: "null" } }, "refused"],
    ["a sandboxed frame, whoever is trusted", { origins: () => true }, { headers: { origin: "null" } }, "refused"],
    ["an empty origin", {}, { headers: { origin: "" } }, "refused"],
    ["a program", {}, {}, "done"],
    ["a program, where none may", { unknown: "refuse" }, {}, "refused"],
    ["another site's delete", {}, { method: "DELETE", headers: { "sec-fetch-site": "cross-site" } }, "refused"],
    [
      "another site's read",
      {},
      { method: "GET", headers: { "sec-fetch-site": "cross-site", origin: "https://evil.test" } },
      "done",
    ],
    [
      "another site's WebSocket",
      {},
      { method: "GET", headers: { "sec-fetch-site": "cross-site", origin: "https://evil.test", upgrade: "websocket" } },
      "refused",
    ],
    [
      "this site's WebSocket",
      {},
      { method: "GET", headers: { origin: "http://api.test", upgrade: "websocket" } },
      "done",
    ],
  ]
  test.each(cases)("%s", async (_name, options, sent, expected) => {
    const got = await serve([csrf(options)]).send(sent)
    expect(got).toEqual(expected === "done" ? [200, "done"] : [403, "SECURITY_ORIGIN_REFUSED"])
  })
})

interface Page {
  readonly token: string
  readonly cookie: string
}

/** An app with sessions by a header, for the attacker who has one too. */
const sessions = layer({
  name: "sessions",
  before: ({ headers }) => ({ session: headers.get("x-session") ?? undefined }),
})

function site(tokens: CsrfTokens<readonly [typeof sessions]>) {
  const app = createApp()
  let done = 0
  app.scope("/", [sessions, csrf({ tokens })], (scope) => {
    scope.get("/", (ctx) => tokens.of(ctx))
    scope.post("/", () => ({ done: ++done }))
  })
  return {
    async load(session?: string, cookie?: string): Promise<Page> {
      const headers = { ...(session && { "x-session": session }), ...(cookie && { cookie }) }
      const answer = await app.fetch(new Request("https://x.test/", { headers }))
      const set = answer.headers.getSetCookie()[0]
      if (set !== undefined) expect(set).toMatch(/^__Host-csrf=[^;]+; .*HttpOnly/)
      return { token: await answer.text(), cookie: set?.split(";")[0] ?? cookie ?? "" }
    },
    async post({ token, cookie }: Partial<Page>, session?: string, body?: string): Promise<string> {
      const before = done
      const headers = {
        ...(session && { "x-session": session }),
        ...(cookie && { cookie }),
        ...(token && { "x-csrf-token": token }),
        ...(body && { "content-type": "application/x-www-form-urlencoded" }),
      }
      const answer = await app.fetch(new Request("https://x.test/", { method: "POST", headers, ...(body && { body }) }))
      const code = ((await answer.json()) as { code?: string }).code
      expect(done - before).toBe(code === undefined ? 1 : 0)
      return code ?? "done"
    },
  }
}

const REFUSED = "SECURITY_CSRF_TOKEN_INVALID"

describe("a token that is submitted twice", () => {
  const tokens = () => doubleSubmit({ keys: [KEY], needs: [sessions], session: (ctx) => ctx.session })

  test("lets its own page do things, with scripts and without", async () => {
    const { load, post } = site(tokens())
    const page = await load("ada")
    expect(await post(page, "ada")).toBe("done")
    expect(await post({ cookie: page.cookie }, "ada", `_csrf=${page.token}&a=1`)).toBe("done")
  })
  test("is another text each time, of one cookie", async () => {
    const { load, post } = site(tokens())
    const first = await load("ada")
    const second = await load("ada", first.cookie)
    expect([second.cookie, second.token === first.token]).toEqual([first.cookie, false])
    expect([await post(first, "ada"), await post(second, "ada")]).toEqual(["done", "done"])
  })
  test("protects a form of login, and ends with it", async () => {
    const { load, post } = site(tokens())
    const before = await load()
    expect(await post({})).toBe(REFUSED)
    expect(await post(before)).toBe("done")
    expect(await post(before, "ada")).toBe(REFUSED)
    const after = await load("ada", before.cookie)
    expect(after.cookie).not.toBe(before.cookie)
    expect(await post(after, "ada")).toBe("done")
  })

  // Who owns a host below the domain can set cookies for all of it, where the browser does not know `__Host-`.
  const attacks: [string, (pages: { victim: Page; attacker: Page; nobody: Page }) => [Partial<Page>, string?]][] = [
    ["nothing", () => [{}]],
    ["the cookie alone, as the browser sends it", ({ victim }) => [{ cookie: victim.cookie }]],
    ["the token without its cookie", ({ victim }) => [{ token: victim.token }]],
    ["the attacker's own pair, its cookie set from below", ({ attacker }) => [attacker]],
    ["a pair of nobody's, its cookie set from below", ({ nobody }) => [nobody]],
    [
      "the attacker's token beside the victim's cookie",
      ({ attacker, victim }) => [{ ...victim, token: attacker.token }],
    ],
    ["the cookie's value as the token", ({ victim }) => [{ ...victim, token: victim.cookie.split("=")[1]! }]],
    ["the same made up twice", () => [{ cookie: "__Host-csrf=abc", token: "abc" }]],
    ["the right length, made up", () => [{ cookie: `__Host-csrf=${"A".repeat(86)}`, token: "A".repeat(171) }]],
    ["a token that was cut", ({ victim }) => [{ ...victim, token: victim.token.slice(0, -2) }]],
    ["a token that is too long", ({ victim }) => [{ ...victim, token: victim.token.repeat(4) }]],
    ["a cookie without its prefix", ({ victim }) => [{ ...victim, cookie: victim.cookie.replace("__Host-", "") }]],
    ["a form with two", ({ victim }) => [{ cookie: victim.cookie }, `_csrf=${victim.token}&_csrf=x`]],
  ]
  test.each(attacks)("is not got round with %s", async (_name, forge) => {
    const { load, post } = site(tokens())
    const pages = { victim: await load("ada"), attacker: await load("eve"), nobody: await load() }
    const [page, body] = forge(pages)
    expect(await post(page, "ada", body)).toBe(REFUSED)
    expect(await post(pages.victim, "ada")).toBe("done")
  })
  test("is good under an old key, and not under another", async () => {
    const of = (...keys: string[]) => site(doubleSubmit({ keys, needs: [sessions], session: (ctx) => ctx.session }))
    const page = await of(KEY).load("ada")
    expect(await of("n".repeat(32), KEY).post(page, "ada")).toBe("done")
    expect(await of("n".repeat(32)).post(page, "ada")).toBe(REFUSED)
  })
  test("needs keys", () => {
    for (const keys of [[], ["short"], Array.from({ length: 9 }, () => KEY)])
      expect(() => doubleSubmit({ keys, session: () => undefined })).toThrow(
        expect.objectContaining({ code: "SECURITY_CSRF_INVALID" }),
      )
  })
})

describe("a token whose secret the session keeps", () => {
  const secrets: Record<string, string> = { ada: csrfSecret(), eve: csrfSecret() }
  const tokens = synchronizer({ needs: [sessions], secret: (ctx) => secrets[ctx.session ?? ""] })

  test("is good in its session only", async () => {
    const { load, post } = site(tokens)
    const [ada, eve] = [await load("ada"), await load("eve")]
    expect(await post(ada, "ada")).toBe("done")
    expect(await post({}, "ada", `_csrf=${ada.token}`)).toBe("done")
    expect(await post(eve, "ada")).toBe(REFUSED)
    expect(await post({ token: secrets.ada! }, "ada")).toBe(REFUSED)
    expect(await post(ada)).toBe(REFUSED)
    secrets.ada = csrfSecret()
    expect(await post(ada, "ada")).toBe(REFUSED)
  })
  test("needs a secret that nobody guesses, and a session to give one", () => {
    const weak = synchronizer({ secret: () => "weak" })
    expect(() => weak.of({} as never)).toThrow(expect.objectContaining({ code: "SECURITY_CSRF_INVALID" }))
    expect(() => synchronizer({ secret: () => undefined }).of({} as never)).toThrow(
      expect.objectContaining({ code: "SECURITY_CSRF_INVALID" }),
    )
  })
})

test("a masked secret opens with that secret only", () => {
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const other = secret.map((byte, at) => (at === 31 ? byte ^ 1 : byte))
  const text = mask(secret)
  expect([isMasked(text, secret), isMasked(text, other), isMasked("", secret), isMasked(`${text}AA`, secret)]).toEqual([
    true,
    false,
    false,
    false,
  ])
})

test("what cannot protect is refused when it is made", () => {
  expect(() => csrf({ safeMethods: ["GET", "POST"] })).toThrow(
    expect.objectContaining({ code: "SECURITY_CSRF_INVALID" }),
  )
  expect(() => csrf({ origins: [] })).toThrow(expect.objectContaining({ code: "SECURITY_CSRF_INVALID" }))
  expect(() => csrf({ origins: ["https://app.test/"] })).toThrow(
    expect.objectContaining({ code: "SECURITY_CSRF_INVALID" }),
  )
  expect(() => csrf({ unknown: "maybe" as never })).toThrow(expect.objectContaining({ code: "SECURITY_CSRF_INVALID" }))
})
