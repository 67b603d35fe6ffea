import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createHash, randomBytes } from "node:crypto"
import { openDatabase } from "@ashlar/orm"
import { appCode, CLIENT, type Identity, PASSWORD, startIdentity } from "./identity-world.ts"

const page = { accept: "text/html" }
let identity: Identity
beforeAll(async () => {
  identity = await startIdentity()
  await identity.person("ana@example.org") // the first one is an admin
  await identity.person("bob@example.org")
})
afterAll(() => identity.stop())

/** A session that has shown a second factor. */
const proven = async (email: string): Promise<string> => {
  const { people, sessions, mfa } = identity.parts
  const { id } = (await people.findByEmail(email))!
  if (!(await mfa.isEnrolled(id))) {
    const { secret, factorId } = await mfa.totp.enrol({ id, amr: ["pwd"], authTimeMs: Date.now() }, email)
    await mfa.totp.confirm(id, factorId, { code: appCode(secret) })
  }
  return `session=${(await sessions.create({ userId: id, amr: ["pwd", "otp", "mfa"] })).token}`
}

describe("an attacker", () => {
  test("leads nobody elsewhere after signing in", async () => {
    for (const next of [
      "//evil.example",
      "/\\evil.example",
      "https://evil.example/",
      "/%09/evil.example\t",
      "javascript:alert(1)",
      "/..//evil.example",
    ]) {
      const shown = await (await identity.send(`/sign-in?next=${encodeURIComponent(next)}`)).text()
      const done = await identity.send("/sign-in", { username: "bob@example.org", password: PASSWORD, next })
      const to = new URL(done.headers.get("location")!, identity.origin)
      expect([next, shown.includes('evil.example"'), to.origin]).toEqual([next, false, identity.origin])
    }
  })
  test("sends no form of a page of another site", async () => {
    const cookie = await identity.signIn("bob@example.org")
    const forms = identity.app
      .table()
      .records.filter(({ method, path }) => method !== "GET" && !/^\/(oauth|mail)/.test(path))
    expect(forms.length).toBeGreaterThan(20)
    for (const { method, path } of forms) {
      for (const headers of [
        { "sec-fetch-site": "cross-site" },
        { origin: "https://evil.example" },
        { origin: "null" },
      ]) {
        const url = `${identity.origin}${path.replaceAll(/:\w+/g, "x")}`
        const answer = await fetch(url, { method, headers: { ...headers, cookie }, redirect: "manual" })
        expect([method, path, answer.status, answer.headers.getSetCookie()]).toEqual([method, path, 403, []])
      }
    }
  })
  test("plants no session (fixation), and a session of before ends", async () => {
    const planted = await identity.signIn("bob@example.org")
    const own = await identity.signIn("ana@example.org", { cookie: planted })
    expect(own).not.toBe(planted)
    expect((await identity.send("/account", undefined, { cookie: planted })).status).toBe(401)
    const chosen = await identity.signIn("ana@example.org", { cookie: `session=${"a".repeat(43)}` })
    expect(chosen).not.toContain("aaaa")
  })
  test("frames no page, and finds none in a cache", async () => {
    const cookie = await proven("ana@example.org")
    const paths = [
      "/",
      "/sign-in",
      "/sign-up",
      "/reset",
      "/factor",
      "/account",
      "/account/keys",
      "/account/sessions",
      "/account/activity",
      "/people",
      "/audit",
    ]
    for (const path of paths) {
      const answer = await identity.send(path, undefined, { cookie, ...page })
      const header = (name: string) => answer.headers.get(name)
      expect([path, answer.status, header("x-frame-options"), header("cache-control")]).toEqual([
        path,
        200,
        "DENY",
        "no-store",
      ])
      expect(header("content-security-policy")).toContain("frame-ancestors 'none'")
      expect([header("x-content-type-options"), header("referrer-policy")]).toEqual(["nosniff", "no-referrer"])
    }
  })
  test("sees nothing of what they write come back as markup", async () => {
    const cookie = await proven("ana@example.org")
    const evil = '"><script>alert(1)</script>'
    for (const path of [
      "/sign-in?next=",
      "/account?done=",
      "/people?done=",
      "/audit?after=",
      "/audit?outcome=",
      "/sign-in/email/confirm?token=",
      "/reset/confirm?token=",
      "/factor?next=/",
    ]) {
      const answer = await identity.send(`${path}${encodeURIComponent(evil)}`, undefined, { cookie, ...page })
      expect([path, answer.status < 500, (await answer.text()).includes("<script>alert")]).toEqual([path, true, false])
    }
    const named = await identity.send(
      "/account/keys",
      { name: evil, days: "30", "profile:read": "yes" },
      { cookie, ...page },
    )
    expect([named.status, (await named.text()).includes("<script>alert")]).toEqual([200, false])
  })
  test("reads refusals that are pages for people", async () => {
    const led = await identity.send("/account/keys?x=1", undefined, page)
    expect([led.status, led.headers.get("location")]).toEqual([303, "/sign-in?next=%2Faccount%2Fkeys%3Fx%3D1"])
    const cookie = await identity.signIn("bob@example.org")
    const refused = await identity.send("/people", undefined, { cookie, ...page })
    expect([refused.status, (await refused.text()).includes("Only admins may see this page.")]).toEqual([403, true])
    const odd = await identity.send("/sign-in", { username: "bob" }, page)
    expect([odd.status, (await odd.text()).includes("missing or too long")]).toEqual([422, true])
  })
  test("comes from half a sign-in to the second step alone, by another app too", async () => {
    await proven("ana@example.org")
    const cookie = await identity.signIn("ana@example.org")
    const client = { client_id: CLIENT.id, redirect_uri: CLIENT.redirect, response_type: "code", scope: "openid" }
    const challenge = { code_challenge: "a".repeat(43), code_challenge_method: "S256" }
    for (const path of [
      "/account",
      "/people",
      `/oauth/authorize?${new URLSearchParams({ ...client, ...challenge })}`,
    ]) {
      const led = await identity.send(path, undefined, { cookie, ...page })
      expect([path, led.headers.get("location")?.split("=")[0]]).toEqual([path, "/factor?next"])
    }
    const wrong = await identity.send("/factor", { code: "000000", next: "/people" }, { cookie })
    expect([wrong.status, wrong.headers.getSetCookie()]).toEqual([401, []])
    expect((await identity.send("/people", undefined, { cookie })).status).toBe(401)
  })
  test("tells nothing to whoever ends sessions or keys of others", async () => {
    const [ana, bob] = [await proven("ana@example.org"), await identity.signIn("bob@example.org")]
    const { people, sessions, keys } = identity.parts
    const owner = (await people.findByEmail("ana@example.org"))!.id
    const { key } = await keys.create({ owner, name: "hers", scopes: ["profile:read"] })
    const session = (await sessions.list(owner))[0]!
    for (const path of [`/account/sessions/${session.id}/end`, `/account/keys/${key.id}/revoke`])
      await identity.send(path, {}, { cookie: bob })
    expect([
      (await keys.list(owner)).length > 0,
      (await sessions.list(owner)).some(({ id }) => id === session.id),
    ]).toEqual([true, true])
    expect((await identity.send("/account", undefined, { cookie: ana })).status).toBe(200)
  })
  test("is noted with a wrong password as nobody, and with the name of whose account it is", async () => {
    await identity.send("/sign-in", { username: "bob@example.org", password: "wrong words" })
    const { id } = (await identity.parts.people.findByEmail("bob@example.org"))!
    const [entry] = await identity.parts.journal.of(id)
    expect(entry).toMatchObject({ action: "session.refused", actor: { type: "anonymous" }, outcome: "failure" })
    expect(JSON.stringify(entry)).not.toContain("wrong words")
  })
  test("changes no entry of the log unseen", async () => {
    const cookie = await proven("ana@example.org")
    const verify = async () => await (await identity.send("/audit/verify", {}, { cookie, ...page })).text()
    expect(await verify()).toContain("The log is whole")
    const database = await openDatabase(`sqlite:${identity.database}`)
    await database.sql`update ashlar_audit_entries set body = replace(body, 'session.started', 'session.ended') where sequence = 2`.run()
    await database.close()
    expect(await verify()).toContain("entry 2 is not as it was written")
  })
})

describe("headers of proxies", () => {
  test("are nobody's word: neither for limits nor for links in mails", async () => {
    const alone = await startIdentity()
    try {
      const asked = { "x-forwarded-host": "evil.example", "x-forwarded-proto": "https", forwarded: "host=evil.example" }
      await alone.send("/sign-up", { email: "cleo@example.org" }, asked)
      await alone.parts.flows.settled()
      expect(String(alone.parts.mail.outbox!.list()[0]!.message.html)).toContain(
        `${alone.origin}/sign-in/email/confirm`,
      )
      const statuses = new Set<number>()
      for (let at = 0; at < 65; at++)
        statuses.add((await alone.send("/auth/sign-out", {}, { "x-forwarded-for": `203.0.113.${at}` })).status)
      expect([...statuses]).toEqual([303, 429])
    } finally {
      await alone.stop()
    }
  })
  test("count where the proxy is one that the app was told of", async () => {
    const behind = await startIdentity({ trustedProxies: ["loopback"] })
    try {
      for (let at = 0; at < 65; at++)
        expect((await behind.send("/auth/sign-out", {}, { "x-forwarded-for": `203.0.113.${at}` })).status).toBe(303)
    } finally {
      await behind.stop()
    }
  })
})

describe("the API", () => {
  const call = (path: string, headers: Record<string, string>, body?: object) =>
    fetch(`${identity.origin}/api${path}`, {
      headers: { ...headers, ...(body && { "content-type": "application/json" }) },
      ...(body && { method: "PATCH", body: JSON.stringify(body) }),
    })
  const codeIn = (answer: Response): string | undefined => {
    const to = answer.headers.get("location") ?? ""
    return to.startsWith(CLIENT.redirect) ? new URL(to).searchParams.get("code")! : undefined
  }
  /** On the page of the consent. */
  const allow = async (asked: Response, session: string): Promise<Response> => {
    const cookie = [session, ...asked.headers.getSetCookie().map((line) => line.split(";")[0]!)].join("; ")
    const path = asked.headers.get("location") ?? ""
    const shown = path === "" ? asked : await identity.send(path, undefined, { cookie, ...page })
    const text = await shown.text()
    const fields = [...text.matchAll(/type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? ""
    expect([shown.status, action]).toEqual([200, `${identity.origin}/oauth/consent`])
    const form = Object.fromEntries(fields.map(([, name, value]) => [name!, value!]))
    return await identity.send("/oauth/consent", { ...form, decision: "allow" }, { cookie, origin: identity.origin })
  }
  const makeKey = async (cookie: string, scopes: readonly string[]): Promise<string> => {
    const ticks = Object.fromEntries(scopes.map((scope) => [scope, "yes"]))
    const answer = await identity.send("/account/keys", { name: "test", days: "30", ...ticks }, { cookie })
    return /identity_[\w-]{30,}/.exec(await answer.text())![0]
  }
  test("knows sessions, and not those that lack their second factor", async () => {
    const cookie = await identity.signIn("bob@example.org")
    expect(await (await call("/me", { cookie })).json()).toMatchObject({
      email: "bob@example.org",
      role: "member",
      via: "session",
    })
    await proven("ana@example.org")
    expect((await call("/me", { cookie: await identity.signIn("ana@example.org") })).status).toBe(401)
    expect((await call("/me", {})).status).toBe(401)
    expect((await call("/me", { cookie, "sec-fetch-site": "cross-site" }, { name: "Evil" })).status).toBe(403)
  })
  test("holds keys to their scopes and to the role of their owner", async () => {
    const [ana, bob] = [await proven("ana@example.org"), await proven("bob@example.org")]
    const reads = { authorization: `Bearer ${await makeKey(bob, ["profile:read"])}` }
    expect(await (await call("/me", reads)).json()).toMatchObject({ email: "bob@example.org", via: "key" })
    expect((await call("/me", reads, { name: "Bob" })).status).toBe(403)
    expect((await call("/people", reads)).status).toBe(403)
    const writes = { authorization: `Bearer ${await makeKey(bob, ["profile:write", "profile:read"])}` }
    expect(await (await call("/me", writes, { name: "Bob" })).json()).toMatchObject({ name: "Bob" })
    const ofMember = { authorization: `Bearer ${await makeKey(bob, ["people:read"])}` }
    expect((await call("/people", ofMember)).status).toBe(403)
    const text = await makeKey(ana, ["people:read"])
    expect(await (await call("/people", { authorization: `Bearer ${text}` })).json()).toHaveLength(2)
    expect((await call(`/people?key=${text}`, {})).status).toBe(401)
    expect((await call("/me", { authorization: `Bearer ${text.slice(0, -1)}`, cookie: bob })).status).toBe(401)
    // A key opens no page.
    expect((await identity.send("/account", undefined, { authorization: `Bearer ${text}` })).status).toBe(401)
    const { keys, people } = identity.parts
    const owner = (await people.findByEmail("ana@example.org"))!.id
    for (const { id } of await keys.list(owner)) await identity.send(`/account/keys/${id}/revoke`, {}, { cookie: ana })
    expect((await call("/people", { authorization: `Bearer ${text}` })).status).toBe(401)
  })
  test("takes tokens that another app was given for it, and no others", async () => {
    const cookie = await proven("ana@example.org")
    const tokensFor = async (scope: string, more: Record<string, string>) => {
      const verifier = randomBytes(32).toString("base64url")
      const challenge = createHash("sha256").update(verifier).digest("base64url")
      const query = new URLSearchParams({
        client_id: CLIENT.id,
        redirect_uri: CLIENT.redirect,
        response_type: "code",
        scope,
        code_challenge: challenge,
        code_challenge_method: "S256",
        ...more,
      })
      const asked = await identity.send(`/oauth/authorize?${query}`, undefined, { cookie, ...page })
      const code = codeIn(asked) ?? codeIn(await allow(asked, cookie))!
      const answer = await identity.send(
        "/oauth/token",
        { grant_type: "authorization_code", code, redirect_uri: CLIENT.redirect, code_verifier: verifier, ...more },
        { authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}` },
      )
      return (await answer.json()) as { access_token: string; id_token: string }
    }
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    const own = await tokensFor("openid profile:read", { resource: `${identity.origin}/api` })
    expect(await (await call("/me", bearer(own.access_token))).json()).toMatchObject({
      email: "ana@example.org",
      via: "token",
    })
    expect((await call("/me", bearer(own.access_token), { name: "Evil" })).status).toBe(403)
    expect((await call("/people", bearer(own.access_token))).status).toBe(403)
    const other = await tokensFor("openid profile:read", {})
    const [header, payload] = own.access_token.split(".")
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url")
    for (const token of [
      own.id_token,
      other.access_token,
      other.id_token,
      `${none}.${payload}.`,
      `${header}.${payload}.AAAA`,
    ])
      expect((await call("/me", bearer(token))).status).toBe(401)
  })
})
