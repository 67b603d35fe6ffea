import { describe, expect, test } from "bun:test"
import { accountsWorld, ORIGIN, PASSWORD, tokenOf } from "../testing/accounts-world.ts"

const ANA = "ana@example.org"
const NOBODY = "nobody@example.org"

describe("enumeration", () => {
  test.each([
    ["/sign-in", (email: string) => ({ login: email, password: "not the right one" })],
    ["/sign-in/email", (email: string) => ({ email })],
    ["/reset-password", (email: string) => ({ email })],
  ] as const)("%s answers the same, by the same work, of addresses with an account and without", async (path, body) => {
    for (const canSignUp of [true, false]) {
      const { browser, add, accounts, asked, hashed } = await accountsWorld({ canSignUp })
      await add({ email: ANA, password: PASSWORD })
      await add({ email: "bob@example.org" })
      const told = []
      for (const email of [ANA, "bob@example.org", NOBODY]) {
        const [before, questions] = [hashed(), asked.length]
        const { status, body: said, headers } = await browser().post(path, body(email))
        await accounts.flows.settled()
        const work = path === "/sign-in" ? asked.slice(questions) : []
        const text = JSON.stringify({ ...said, handle: undefined, instance: undefined, requestId: undefined })
        told.push([status, text, [...headers.keys()].sort(), hashed() - before, work])
      }
      expect([told[1], told[2]]).toEqual([told[0], told[0]])
    }
  })
  test("a name that is no address takes the same work as a wrong password", async () => {
    const { browser, hashed, asked } = await accountsWorld()
    for (const login of ["", "ana", "a@b", "x".repeat(500), "ana@example.org\0"]) {
      const [before, questions] = [hashed(), asked.length]
      expect((await browser().signIn(login, "x")).body.code).toBe("AUTH_PASSWORD_WRONG")
      expect([hashed() - before, asked.slice(questions)]).toEqual([1, ["findByEmail", "passwordHash"]])
    }
  })
})

describe("the second step", () => {
  async function halfway() {
    const world = await accountsWorld()
    const user = await world.add({ email: ANA, password: PASSWORD })
    const owner = world.browser()
    await owner.signIn(ANA)
    const { code, factorId } = await owner.enrol()
    const thief = world.browser()
    expect((await thief.signIn(ANA)).body.state).toBe("second-step")
    return { ...world, user, owner, thief, code, factorId }
  }
  test("cannot be skipped: what is half-way in opens nothing else", async () => {
    const { app, thief } = await halfway()
    const open = []
    for (const { method, path } of app.table().records) {
      if (/\/(?:sign-|second-step|reset-|verify-)|\/email\/confirm$/.test(path)) continue
      const { status } = await thief.send(method, path.replace(":id", "x"), method === "GET" ? undefined : {})
      if (status !== 401) open.push(`${method} ${path}: ${status}`)
    }
    expect(open).toEqual([])
    expect([...thief.cookies.keys()]).toEqual(["__Host-device", "__Host-second-step"])
  })
  test("cannot be skipped by another way in", async () => {
    const { browser, mailTo } = await halfway()
    const thief = browser()
    await thief.post("/sign-in/email", { email: ANA })
    const entered = await thief.post("/sign-in/email/confirm", { token: tokenOf(await mailTo(ANA)) })
    expect(entered.body.state).toBe("second-step")
    await thief.post("/reset-password", { email: ANA })
    await thief.post("/reset-password/confirm", {
      token: tokenOf(await mailTo(ANA)),
      password: "the thief's own words",
    })
    expect((await thief.signIn(ANA, "the thief's own words")).body.state).toBe("second-step")
    expect((await thief.send("GET", "/mine")).status).toBe(401)
  })
  test("is not passed by the cookie of the first in the place of the session's", async () => {
    const { thief } = await halfway()
    const token = thief.cookies.get("__Host-second-step")!
    thief.cookies.set("__Host-session", token)
    expect((await thief.send("GET", "/mine")).status).toBe(401)
  })
  test("takes a code once, also from many at once", async () => {
    const { browser, code } = await halfway()
    const all = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const one = browser()
        await one.signIn(ANA)
        return one
      }),
    )
    const shown = code()
    const answers = await Promise.all(all.map((one) => one.post("/second-step", { code: shown })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await all[0]!.post("/second-step", { code: shown })).status).not.toBe(200)
  })
  test("is done once for one first step, also with two good proofs at once", async () => {
    const { thief, owner, code, accounts, user } = await halfway()
    const { codes } = (await owner.post("/account/recovery-codes")).body as { codes: string[] }
    const before = (await accounts.sessions.list(user.id)).length
    const answers = await Promise.all([
      thief.post("/second-step", { code: code() }),
      thief.post("/second-step", { code: codes[0]! }),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    expect((await accounts.sessions.list(user.id)).length).toBe(before + 1)
  })
  test("is locked by wrong codes, of all browsers together, and opens by itself", async () => {
    const { browser, clock, code } = await halfway()
    for (let at = 0; at < 5; at++)
      for (const one of [browser(), browser()]) {
        await one.signIn(ANA)
        expect((await one.post("/second-step", { code: "000000" })).body.code).toBe("AUTH_FACTOR_WRONG")
      }
    const last = browser()
    await last.signIn(ANA)
    expect((await last.post("/second-step", { code: code() })).body.code).toBe("AUTH_MFA_LOCKED")
    clock.advance(15 * 60_000)
    await last.signIn(ANA)
    expect((await last.post("/second-step", { code: code() })).status).toBe(200)
  })
  test("is over ten minutes after the first", async () => {
    const { thief, clock, code } = await halfway()
    clock.advance(601_000)
    expect((await thief.post("/second-step", { code: code() })).body.code).toBe("AUTH_CREDENTIALS_MISSING")
  })
  test("of a new password is a new one: who is half-way in by the old goes no further", async () => {
    const { thief, owner, code } = await halfway()
    const change = { current: PASSWORD, password: "another good one" }
    expect((await owner.post("/account/password", change)).status).toBe(200)
    expect((await thief.post("/second-step", { code: code() })).status).toBe(401)
  })
  test("ends the sessions that never showed one, and no other", async () => {
    const { browser, add, accounts } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const [thief, owner] = [browser(), browser()]
    await thief.signIn(ANA)
    await owner.signIn(ANA)
    await owner.enrol()
    expect([(await thief.send("GET", "/mine")).status, (await owner.send("GET", "/mine")).status]).toEqual([401, 200])
    // A sign-in that found no factor, and began its session when there was one.
    const late = browser()
    const isEnrolled = accounts.mfa.isEnrolled
    let asked = 0
    Object.assign(accounts.mfa, { isEnrolled: async (id: string) => (asked++ === 0 ? false : await isEnrolled(id)) })
    expect((await late.signIn(ANA)).body.code).toBe("AUTH_CREDENTIALS_INVALID")
    expect((await late.send("GET", "/mine")).status).toBe(401)
  })
  test("of somebody else is refused, with a remembered device too", async () => {
    const { browser, add, thief, code, owner } = await halfway()
    await add({ email: "bob@example.org", password: PASSWORD })
    const bob = browser()
    await bob.signIn("bob@example.org")
    const bobs = await bob.enrol()
    expect((await thief.post("/second-step", { code: bobs.code() })).body.code).toBe("AUTH_FACTOR_WRONG")
    const other = browser()
    await other.signIn("bob@example.org")
    await other.post("/second-step", { code: bobs.code(1), remember: true })
    await other.post("/sign-out")
    expect((await other.signIn("bob@example.org")).body.state).toBe("signed-in")
    expect((await other.signIn(ANA)).body.state).toBe("second-step")
    expect([owner.cookies.has("__Host-trusted-device"), code().length]).toEqual([false, 6])
  })
})

describe("sessions", () => {
  test("are never those that somebody planted", async () => {
    const { browser, add } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    await add({ email: "eve@example.org", password: PASSWORD })
    const eve = browser()
    await eve.signIn("eve@example.org")
    const planted = eve.cookies.get("__Host-session")!
    const ana = browser()
    ana.cookies.set("__Host-session", planted)
    await ana.signIn(ANA)
    expect(ana.cookies.get("__Host-session")).not.toBe(planted)
    expect((await eve.send("GET", "/mine")).status).toBe(401)
  })
  test("get another token when a factor is shown, and the old one is of no use", async () => {
    const { browser, add } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    await ana.signIn(ANA)
    const before = ana.cookies.get("__Host-session")!
    await ana.enrol()
    const thief = browser()
    thief.cookies.set("__Host-session", before)
    expect((await thief.send("GET", "/mine")).status).toBe(401)
  })
  test("of others are nobody's to end", async () => {
    const { browser, add, accounts } = await accountsWorld()
    const ana = await add({ email: ANA, password: PASSWORD })
    await add({ email: "eve@example.org", password: PASSWORD })
    const [one, eve] = [browser(), browser()]
    await one.signIn(ANA)
    await eve.signIn("eve@example.org")
    const id = (await accounts.sessions.list(ana.id))[0]!.id
    expect((await eve.send("DELETE", `/auth/account/sessions/${id}`)).status).toBe(404)
    expect((await one.send("GET", "/mine")).status).toBe(200)
  })
  test("of an impersonator do not reach the locks of the account", async () => {
    const { browser, add, app, accounts } = await accountsWorld()
    const { id } = await add({ email: ANA, password: PASSWORD })
    app.post("/as", async (ctx) => {
      await accounts.guard.signIn(ctx, { userId: id, amr: ["pwd"], actor: { id: "boss", kind: "user" } })
      return null
    })
    const boss = browser()
    await boss.send("POST", "/as")
    expect((await boss.send("GET", "/mine")).status).toBe(200)
    const changing = app.table().records.filter(({ path }) => path.startsWith("/auth/account/"))
    for (const { method, path } of changing) {
      if (/\/email|\/account\/password$/.test(path)) continue
      const { status } = await boss.send(method, path.replace(":id", "x"), method === "GET" ? undefined : {})
      expect([path, status]).toEqual([path, 401])
    }
  })
})

describe("links and codes", () => {
  test("let one in, of however many who use one at once, and never again", async () => {
    const { browser, add, mailTo } = await accountsWorld()
    await add({ email: ANA })
    await browser().post("/sign-in/email", { email: ANA })
    const token = tokenOf(await mailTo(ANA))
    const all = await Promise.all(Array.from({ length: 8 }, () => browser().post("/sign-in/email/confirm", { token })))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await browser().post("/sign-in/email/confirm", { token })).body.code).toBe("AUTH_PROOF_INVALID")
  })
  test("lead nowhere else", async () => {
    const { browser, add, mailTo } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    for (const next of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"]) {
      expect((await browser().post("/sign-in", { login: ANA, password: PASSWORD, next })).body.next).toBe("/")
      await browser().post("/sign-in/email", { email: ANA, next })
      const entered = await browser().post("/sign-in/email/confirm", { token: tokenOf(await mailTo(ANA)) })
      expect(entered.body.next).toBe("/")
    }
  })
  test("take an account that somebody else set up from them: password, factors, half a sign-in", async () => {
    const { browser, add, mailTo, accounts } = await accountsWorld()
    const user = await add({ email: ANA, password: PASSWORD, isVerified: false })
    const eve = browser()
    await eve.signIn(ANA)
    await eve.enrol()
    const half = browser()
    await half.signIn(ANA)
    const ana = browser()
    await ana.post("/sign-in/email", { email: ANA })
    expect((await ana.post("/sign-in/email/confirm", { token: tokenOf(await mailTo(ANA)) })).body.state).toBe(
      "signed-in",
    )
    expect(await accounts.mfa.list(user.id)).toEqual([])
    expect((await eve.send("GET", "/mine")).status).toBe(401)
    expect((await half.post("/second-step", { code: "000000" })).status).toBe(401)
    expect((await browser().signIn(ANA)).body.code).toBe("AUTH_PASSWORD_WRONG")
  })
})

describe("pages of other sites", () => {
  test("may do nothing: neither sign in nor out nor anything in between", async () => {
    const { app, browser, add } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    await ana.signIn(ANA)
    const evil = { "sec-fetch-site": "cross-site", origin: "https://evil.example" }
    const sibling = { "sec-fetch-site": "same-site", origin: "https://blog.app.test" }
    const routes = app.table().records.filter(({ method, path }) => path.startsWith("/auth") && method !== "GET")
    expect(routes.length).toBeGreaterThan(30)
    for (const from of [evil, sibling])
      for (const { method, path } of routes) {
        const answer = await ana.send(method, path.replace(":id", "x"), new URLSearchParams({ login: ANA }), from)
        expect([path, answer.status, answer.body.code]).toEqual([path, 403, "SECURITY_ORIGIN_REFUSED"])
      }
    expect((await ana.send("GET", "/mine")).status).toBe(200)
  })
})

describe("guessing", () => {
  test("at one account is stopped, whatever addresses are named, and its owner is not", async () => {
    const { browser, add } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const owner = browser()
    await owner.signIn(ANA)
    await owner.post("/sign-out")
    const codes: unknown[] = []
    for (let at = 0; at < 12; at++) {
      const spelled = at % 2 === 0 ? ANA : " ANA@Example.org "
      codes.push((await browser({ "x-forwarded-for": `203.0.113.${at}` }).signIn(spelled, `guess ${at}`)).body.code)
    }
    expect(codes.slice(0, 10)).toEqual(Array(10).fill("AUTH_PASSWORD_WRONG"))
    expect(codes.slice(10)).toEqual(["AUTH_TOO_MANY_TRIES", "AUTH_TOO_MANY_TRIES"])
    expect((await owner.signIn(ANA)).status).toBe(200)
  })
  test("from one address is stopped, and a header makes it no other", async () => {
    const { app } = await accountsWorld()
    const server = await app.listen({ port: 0, host: "127.0.0.1" })
    try {
      const statuses = new Set<number>()
      for (let at = 0; at < 70; at++) {
        const answer = await fetch(`${server.url}/auth/sign-in/passkey/options`, {
          method: "POST",
          headers: { "x-forwarded-for": `203.0.113.${at}`, forwarded: `for=203.0.113.${at}` },
        })
        statuses.add(answer.status)
      }
      expect([...statuses]).toEqual([200, 429])
    } finally {
      await app.stop(0)
    }
  })
  test("bodies that are large are not read", async () => {
    const { app } = await accountsWorld()
    const body = JSON.stringify({ login: ANA, password: "x".repeat(20_000) })
    const headers = { "content-type": "application/json" }
    const answer = await app.fetch(new Request(`${ORIGIN}/auth/sign-in`, { method: "POST", headers, body }))
    expect(answer.status).toBe(413)
  })
})
