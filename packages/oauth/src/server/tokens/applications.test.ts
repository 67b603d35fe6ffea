import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { manualClock } from "@ashlar/core"
import { createSealer } from "@ashlar/security"
import {
  API,
  allow,
  authorizePath,
  basic,
  pkce,
  type TestServer,
  testServer,
  tokensOf,
  WEB,
} from "../../testing/test-server.ts"
import { MemoryStore } from "../store/memory.ts"
import { Applications } from "./applications.ts"

const folder = temporaryFolder()
const other = { ...WEB, id: "other", name: "Another" }
const isGood = async (test: TestServer, token: unknown): Promise<unknown> =>
  (await test.post("/oauth/introspect", { token: String(token) }, basic())).body.active

describe("what a person allowed", () => {
  test("is shown, by application, and ends with all that it gave", async () => {
    const clock = manualClock()
    const test = testServer({ clock, clients: [WEB, other] })
    const first = await tokensOf(test, { scope: "openid books:read" })
    clock.advance(1_000)
    const second = await tokensOf(test, { scope: "openid email", resource: API })
    await allow(test, authorizePath(pkce().challenge, { client_id: "other" }))
    const shown = await test.server.applications("person-1")
    expect(shown.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { clientId: "other", name: "Another", scopes: ["openid"], resources: [], sinceMs: clock.now() },
      {
        clientId: "shop",
        name: "The Shop",
        scopes: ["openid", "books:read", "email"],
        resources: [API],
        sinceMs: clock.now() - 1_000,
      },
    ])
    expect(await test.server.applications("person-2")).toEqual([])
    await test.server.endGrants("person-2")
    await test.server.endGrants("person-1", "other")
    expect(await isGood(test, first.body.access_token)).toBe(true)
    await test.server.endGrants("person-1", "shop")
    for (const { body } of [first, second]) {
      expect([await isGood(test, body.access_token), await isGood(test, body.refresh_token)]).toEqual([false, false])
      const form = { grant_type: "refresh_token", refresh_token: body.refresh_token as string }
      expect((await test.post("/oauth/token", form, basic())).body.error).toBe("invalid_grant")
    }
    expect((await test.browser.open(authorizePath(pkce().challenge))).text).toContain('name="decision"')
    expect(await test.server.applications("person-1")).toEqual([])
  })
  test("ends also while a code is on its way, and for applications of the same maker", async () => {
    const test = testServer({ clients: [{ ...WEB, firstParty: true }] })
    const { verifier, challenge } = pkce()
    const code = (await allow(test, authorizePath(challenge))).get("code")!
    expect(await test.server.applications("person-1")).toMatchObject([{ clientId: "shop", scopes: [] }])
    await test.server.endGrants("person-1")
    const form = { grant_type: "authorization_code", code, code_verifier: verifier }
    expect((await test.post("/oauth/token", form, basic())).body.error).toBe("invalid_grant")
  })
  test.each(["memory:", `sqlite:${join(folder, "person.db")}`])(
    "is kept whole when much happens at once, in %s",
    async (store) => {
      const sealer = createSealer({ keys: { a: crypto.getRandomValues(new Uint8Array(32)) }, current: "a" })
      const test = testServer({ store, keys: { algorithms: ["ES256"], sealer } })
      await tokensOf(test)
      const all = await Promise.all(Array.from({ length: 6 }, () => tokensOf(test)))
      expect(all.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
      await test.server.endGrants("person-1")
      for (const { body } of all) expect(await isGood(test, body.access_token)).toBe(false)
      await test.server.close()
    },
  )
  test("is bounded: of very many sign-ins and applications the oldest end", async () => {
    const clock = manualClock()
    const store = new MemoryStore(clock)
    const applications = new Applications(store)
    const untilMs = clock.now() + 1_000_000
    const grant = async (id: string, clientId: string) => {
      await store.add({ kind: "grant", id, body: "{}", untilMs })
      await applications.note("person-1", clientId, { id, nowMs: clock.now() })
      clock.advance(1)
    }
    for (let at = 0; at < 52; at++) await grant(`g${at}`, "shop")
    const alive = async (id: string) => (await store.get("grant", id)) !== undefined
    expect([await alive("g0"), await alive("g1"), await alive("g2"), await alive("g51")]).toEqual([
      false,
      false,
      true,
      true,
    ])
    for (let at = 0; at < 100; at++) await grant(`c${at}`, `client ${at}`)
    expect([await alive("g51"), await alive("c0"), (await applications.of("person-1")).size]).toEqual([
      false,
      true,
      100,
    ])
  })
})

test("a person who is no more gets nothing for a code", async () => {
  let isThere = true
  const test = testServer({ people: { verify: () => ({ id: "person-1" }), claims: () => (isThere ? {} : undefined) } })
  const { verifier, challenge } = pkce()
  const code = (await allow(test, authorizePath(challenge))).get("code")!
  isThere = false
  const form = { grant_type: "authorization_code", code, code_verifier: verifier }
  expect((await test.post("/oauth/token", form, basic())).body.error).toBe("invalid_grant")
})
