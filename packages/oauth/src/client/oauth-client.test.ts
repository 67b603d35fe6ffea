import { describe, expect, test } from "bun:test"
import { openProofs } from "@ashlar/auth/proofs"
import { manualClock } from "@ashlar/core"
import { OAuthGrantEnded, OAuthOptionInvalid } from "../errors.ts"
import { APP, clientWorld, testSealer } from "../testing/client-world.ts"
import { fakeProvider } from "../testing/fake-provider.ts"
import { createOAuthClient, createTokenVault, facebook, github, google, oidc, type ProviderTokens } from "./index.ts"

const app = { clientId: "app", clientSecret: "a secret" }
const STAFF = oidc({ name: "staff", issuer: "https://sso.example.com", ...app })

describe("a client", () => {
  test("takes what one sign-in asks for, and nothing that it says itself", async () => {
    const { client, fake } = clientWorld(google(app))
    const { url } = await client.begin("google", {
      maxAgeSeconds: 60,
      parameters: {
        prompt: "login",
        login_hint: "ana@example.com",
        client_id: "evil",
        redirect_uri: "https://evil.example",
        state: "s",
        nonce: "n",
        code_challenge: "c",
        code_challenge_method: "plain",
        response_mode: "fragment",
        request: "x",
        max_age: "9",
        response_type: "token",
      },
    })
    const asked = Object.fromEntries(url.searchParams)
    expect(asked).toMatchObject({
      client_id: "app",
      redirect_uri: `${APP}/sign-in/google/callback`,
      response_type: "code",
      scope: "openid email profile",
      prompt: "login",
      login_hint: "ana@example.com",
      max_age: "60",
      code_challenge_method: "S256",
    })
    expect([asked.state!.length, asked.nonce!.length, asked.code_challenge!.length]).toEqual([43, 43, 43])
    expect([asked.response_mode, asked.request]).toEqual([undefined, undefined])
    await fake.signIn(url)
  })
  test("of two processes lets one answer in once, by a store that both use", async () => {
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const store = await openProofs("memory:", { clock })
    const fake = fakeProvider(STAFF, { clock })
    const options = { url: APP, sealer: testSealer(), providers: [STAFF], fetch: fake.fetch, store, clock }
    const [one, two] = [createOAuthClient(options), createOAuthClient(options)]
    const begun = await one.begin("staff")
    const { parameters } = await fake.signIn(begun.url)
    const answer = { parameters, transaction: begun.transaction }
    const results = await Promise.allSettled([two.finish("staff", answer), one.finish("staff", answer)])
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"])
    await one.close()
    expect(await store.find("oauth-state", "none")).toBeUndefined() // a store of the app's stays open
    await store.close()
  })
  test("leaves a sign-in as it is where an answer of another one comes", async () => {
    const { client, fake } = clientWorld(STAFF)
    const [one, two] = [await client.begin("staff"), await client.begin("staff")]
    const answer = await fake.signIn(one.url)
    const { parameters } = await fake.signIn(two.url)
    await expect(client.finish("staff", { parameters, transaction: one.transaction })).rejects.toMatchObject({
      code: "OAUTH_STATE_INVALID",
    })
    await client.finish("staff", { parameters: answer.parameters, transaction: one.transaction })
  })
  test("refuses what came from another provider of the same name by then", async () => {
    const sealer = testSealer()
    const clock = manualClock(Date.UTC(2026, 10, 29))
    const other = oidc({ name: "staff", issuer: "https://other.example.com", ...app })
    const before = createOAuthClient({ url: APP, sealer, providers: [STAFF], fetch: fakeProvider(STAFF).fetch, clock })
    const after = createOAuthClient({ url: APP, sealer, providers: [other], fetch: fakeProvider(other).fetch, clock })
    const begun = await before.begin("staff")
    const parameters = new URLSearchParams({ state: begun.state, code: "c" })
    await expect(after.finish("staff", { parameters, transaction: begun.transaction })).rejects.toMatchObject({
      code: "OAUTH_STATE_INVALID",
    })
  })
  test("finds providers by name, and keeps what was discovered of them", async () => {
    const customers = new Map([["acme", oidc({ name: "acme", issuer: "https://id.acme.example", ...app })]])
    const fake = fakeProvider(customers.get("acme")!)
    const client = createOAuthClient<string>({
      url: APP,
      sealer: testSealer(),
      providers: [],
      findProvider: async (name) => customers.get(name) ?? (name === "wrong" ? customers.get("acme") : undefined),
      fetch: fake.fetch,
    })
    await client.begin("acme")
    await client.begin("acme")
    expect(fake.asked.filter(({ endpoint }) => endpoint === "discovery").length).toBe(1)
    await expect(client.begin("other")).rejects.toMatchObject({ code: "OAUTH_PROVIDER_UNKNOWN" })
    await expect(client.begin("../acme")).rejects.toMatchObject({ code: "OAUTH_PROVIDER_UNKNOWN" })
    await expect(client.begin("wrong")).rejects.toMatchObject({ code: "OAUTH_OPTION_INVALID" })
  })
  test.each([
    ["http of another machine", { url: "http://app.example" }],
    ["a slash at the end", { url: "https://app.example/" }],
    ["a query", { url: "https://app.example/?a" }],
    ["a user", { url: "https://a@app.example" }],
    ["two providers of one name", { providers: [STAFF, STAFF] }],
    ["a sign-in of a second", { signInSeconds: 1 }],
    ["a tolerance of an hour", { clockToleranceSeconds: 3_600 }],
    ["no time for answers", { timeoutMs: 0 }],
    ["answers without bounds", { maxBodyBytes: Number.POSITIVE_INFINITY }],
  ])("with %s is refused at once", (_what, options) => {
    expect(() => createOAuthClient({ url: APP, sealer: testSealer(), providers: [STAFF], ...options })).toThrow(
      OAuthOptionInvalid,
    )
  })
  test("says where to sign out, where the provider can", async () => {
    const { client } = clientWorld(STAFF)
    const url = await client.logoutUrl("staff", { idToken: "a.b.c", returnTo: "https://app.example/bye", state: "s" })
    expect(url!.href).toBe(
      "https://sso.example.com/logout?client_id=app&id_token_hint=a.b.c&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye&state=s",
    )
    expect(await clientWorld(github(app)).client.logoutUrl("github")).toBeUndefined()
  })
  test("sends nobody to a page that is none, on this machine neither", async () => {
    const local = oidc({ name: "local", issuer: "http://127.0.0.1:8080", ...app })
    for (const page of ["javascript:alert(1)", "data:text/html,hi", "file:///etc/passwd", "page"]) {
      const { client } = clientWorld(local, {
        answer: async (endpoint, answer) =>
          endpoint === "discovery"
            ? Response.json({
                ...((await answer.json()) as object),
                authorization_endpoint: page,
                end_session_endpoint: page,
              })
            : answer,
      })
      await expect(client.begin("local")).rejects.toMatchObject({ code: "OAUTH_PROVIDER_FAILED" })
      await expect(client.logoutUrl("local")).rejects.toMatchObject({ code: "OAUTH_PROVIDER_FAILED" })
    }
  })
  test("shows Facebook's API a proof of the secret, and never the secret", async () => {
    const world = clientWorld(facebook(app))
    await world.back(await world.fake.signIn(await world.start()))
    await world.client.revoke("facebook", world.signedIn[0]!.tokens)
    const urls = world.fake.asked.filter(({ endpoint }) => endpoint === "api").map(({ url }) => new URL(url))
    expect(urls.map((url) => url.searchParams.get("appsecret_proof")?.length)).toEqual([64, 64])
    expect(urls.some((url) => url.href.includes("a%20secret") || url.href.includes("a+secret"))).toBe(false)
  })
  test("refuses new tokens of another person", async () => {
    let subject = "1001"
    const world = clientWorld(STAFF, {
      claims: (claims) => ({ ...claims, sub: subject }),
      answer: (endpoint, answer) => (endpoint === "userinfo" ? Response.json({ sub: subject }) : answer),
    })
    await world.back(await world.fake.signIn(await world.start()))
    subject = "victim"
    await expect(world.client.refresh("staff", world.signedIn[0]!.tokens)).rejects.toMatchObject({
      code: "OAUTH_ANSWER_INVALID",
    })
  })
  test("without a refresh token has nothing to refresh by", async () => {
    const tokens = { refreshToken: undefined, idToken: undefined, scopes: undefined }
    await expect(clientWorld(STAFF).client.refresh("staff", tokens)).rejects.toBeInstanceOf(OAuthGrantEnded)
  })
})

describe("a vault of tokens", () => {
  const start = async () => {
    const world = clientWorld(STAFF)
    const store = await openProofs("memory:", { clock: world.clock })
    await world.back(await world.fake.signIn(await world.start()))
    const vault = createTokenVault({ client: world.client, store })
    const { tokens } = world.signedIn[0]!
    await vault.save("u1", "staff", tokens)
    const refreshes = (): number => world.fake.asked.filter(({ endpoint }) => endpoint === "token").length - 1
    return { ...world, store, vault, tokens, refreshes }
  }
  test("keeps them sealed, for one user and provider each", async () => {
    const { store, vault, tokens } = await start()
    const [kept] = await store.list("u1")
    for (const secret of [tokens.accessToken, tokens.refreshToken!, tokens.idToken!])
      expect(kept!.data).not.toContain(secret)
    expect(await vault.fresh("u1", "staff")).toEqual(tokens)
    expect(await vault.fresh("u2", "staff")).toBeUndefined()
    // What is sealed for one opens for no other, wherever it is put.
    const { fresh, save } = vault
    expect([typeof fresh, typeof save]).toEqual(["function", "function"])
    const second: ProviderTokens = { ...tokens, accessToken: "second" }
    await vault.save("u2", "staff", second)
    const other = (await store.list("u2"))[0]!
    await store.replace(other.kind, other.id, { from: other.data, to: kept!.data })
    await expect(vault.fresh("u2", "staff")).rejects.toMatchObject({ code: "SECURITY_SEAL_INVALID" })
  })
  test("refreshes what is about to end, once for all who ask", async () => {
    const { vault, tokens, clock, refreshes } = await start()
    clock.advance(3_539_000)
    expect((await vault.fresh("u1", "staff"))!.accessToken).toBe(tokens.accessToken)
    clock.advance(2_000)
    const all = await Promise.all(Array.from({ length: 20 }, () => vault.fresh("u1", "staff")))
    expect([new Set(all.map((one) => one!.accessToken)).size, refreshes()]).toEqual([1, 1])
    expect((await vault.fresh("u1", "staff"))!.accessToken).toBe(all[0]!.accessToken)
  })
  test("forgets them where the provider gives none any more", async () => {
    const { vault, client, clock, tokens } = await start()
    await client.refresh("staff", tokens) // somebody else used it up
    clock.advance(3_600_000)
    await expect(vault.fresh("u1", "staff")).rejects.toMatchObject({ code: "OAUTH_GRANT_ENDED" })
    expect(await vault.fresh("u1", "staff")).toBeUndefined()
  })
  test("refreshes once for several processes", async () => {
    const { vault, client, store, clock, tokens, refreshes } = await start()
    const others = Array.from({ length: 3 }, () => createTokenVault({ client, store }))
    clock.advance(3_600_000)
    const all = await Promise.all([vault, ...others].map((one) => one.fresh("u1", "staff")))
    expect([new Set(all.map((one) => one!.accessToken)).size, refreshes()]).toEqual([1, 1])
    expect(all[0]!.accessToken).not.toBe(tokens.accessToken)
  })
  test("does not refresh what another process refreshed just before", async () => {
    const { vault, client, store, clock, refreshes } = await start()
    clock.advance(3_600_000)
    let first = true
    const late = createTokenVault({
      client,
      store: Object.assign(Object.create(store) as typeof store, {
        add: async (proof: Parameters<typeof store.add>[0]) => {
          // Between reading and the lease, the other one goes all the way.
          if (first) await vault.fresh("u1", "staff")
          first = false
          return await store.add(proof)
        },
        find: store.find.bind(store),
        replace: store.replace.bind(store),
        take: store.take.bind(store),
      }),
    })
    expect((await late.fresh("u1", "staff"))!.accessToken).toBe((await vault.fresh("u1", "staff"))!.accessToken)
    expect(refreshes()).toBe(1)
  })
  test("keeps what a sign-in wrote while it refreshed", async () => {
    const { vault, clock, tokens, client, store } = await start()
    clock.advance(3_600_000)
    const newer: ProviderTokens = { ...tokens, accessToken: "newer", expiresAtMs: clock.now() + 3_600_000 }
    const slow = createTokenVault({
      client: {
        ...client,
        clock,
        sealer: client.sealer,
        refresh: async (...args) => {
          await vault.save("u1", "staff", newer)
          return await client.refresh(...args)
        },
      },
      store,
    })
    await slow.fresh("u1", "staff")
    expect((await vault.fresh("u1", "staff"))!.accessToken).toBe("newer")
  })
  test("takes them back at the provider when they go", async () => {
    const { vault, fake, tokens } = await start()
    expect([await vault.remove("u1", "staff"), await vault.remove("u1", "staff")]).toEqual([true, false])
    expect([...fake.revoked]).toEqual([tokens.refreshToken!])
  })
})
