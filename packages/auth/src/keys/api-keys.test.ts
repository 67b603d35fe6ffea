import { describe, expect, test } from "bun:test"
import { createContainer, systemClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import fc from "fast-check"
import { type ApiKeyGuardOptions, anyOf, apiKeyGuard, defineApiKeys, openApiKeys, requireScopes } from "../index.ts"
import { MemoryRecords } from "../records/memory-records.ts"
import { Records } from "../records/open-records.ts"
import { describeApiKeys } from "../testing/key-suite.ts"
import { testStores } from "../testing/test-stores.ts"
import { isKeyText, newKeyText } from "./key-text.ts"

let shared: MemoryRecords | undefined
let opened = 0
describeApiKeys("memory", {
  async open() {
    // The two of a case are one: memory has no second connection.
    if (opened++ % 2 === 0 || shared === undefined) shared = new MemoryRecords({ maxEntries: 1_000 }, systemClock)
    return shared
  },
})
for (const { name, url } of await testStores())
  if (name !== "memory") {
    let at = 0
    describeApiKeys(name, { open: async () => await new Records(url(10 + (at++ % 2)), { name: "api_keys" }).use() })
  }

describe("the text of a key", () => {
  test("has a checksum: one with a letter changed, or two in the wrong order, is none", () => {
    const text = newKeyText("acme")
    expect(isKeyText(text, "acme")).toBe(true)
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom(..."09AZaz_-é\0 "), (at, char) => {
        if (text[at] !== char) expect(isKeyText(text.slice(0, at) + char + text.slice(at + 1), "acme")).toBe(false)
      }),
    )
    for (let at = 5; at + 1 < text.length; at++) {
      const swapped = text.slice(0, at) + text[at + 1]! + text[at]! + text.slice(at + 2)
      if (swapped !== text) expect(isKeyText(swapped, "acme")).toBe(false)
    }
  })
  test.each(["", "acme", "acme_", newKeyText("acmf"), newKeyText("acme2"), newKeyText("xacme"), "x".repeat(1e6)])(
    "is not %p",
    (text) => expect(isKeyText(text, "acme")).toBe(false),
  )
  test("is another each time", () => expect(new Set(Array.from({ length: 500 }, () => newKeyText("a"))).size).toBe(500))
})

describe("a guard by key", () => {
  const keys = openApiKeys("memory:", { prefix: "acme" })
  async function ask(options: Partial<ApiKeyGuardOptions>, headers: Record<string, string>) {
    const key = apiKeyGuard({ keys, ...options })
    const app = createApp()
    app.get("/", { layers: [key, requireScopes(key, "books:read")] }, (ctx) => ctx.principal)
    const response = await app.fetch(new Request("https://a.test/", { headers }))
    await Bun.sleep(0) // what follows an answer
    return [response.status, response.ok ? await response.json() : response.headers.get("www-authenticate")]
  }
  test("tells whose it is, and what it may do", async () => {
    const { text, key } = await keys.create({
      owner: "ana",
      name: "CI",
      scopes: ["books:read"],
      claims: { keyId: "x" },
    })
    const principal = {
      id: "ana",
      kind: "key",
      method: "key",
      roles: [],
      permissions: ["books:read"],
      scopes: ["books:read"],
      claims: { keyId: key.id, keyName: "CI" },
      amr: [],
      authTimeMs: key.createdAtMs,
    }
    expect(await ask({}, { authorization: `Bearer ${text}` })).toEqual([200, principal])
    expect((await keys.list("ana"))[0]!.lastUsedAtMs).toBeGreaterThan(0)
    expect(await ask({ header: "x-api-key" }, { "x-api-key": text })).toEqual([200, principal])
    const owned = await ask({ rolesOf: async ({ owner }) => [`${owner}s role`] }, { authorization: `Bearer ${text}` })
    expect(owned).toMatchObject([200, { roles: ["anas role"], permissions: [], scopes: ["books:read"] }])
  })
  test("refuses what is none, not good any more, or not for this", async () => {
    const { text } = await keys.create({ owner: "bob", name: "k", scopes: ["books:write"] })
    expect(await ask({}, { authorization: `Bearer ${text}` })).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="books:read"',
    ])
    const wrong = [newKeyText("acme"), "acme_x", `${text.slice(0, -1)}!`]
    for (const one of wrong)
      expect(await ask({}, { authorization: `Bearer ${one}` })).toEqual([401, 'Bearer error="invalid_token"'])
    for (const one of [...wrong, "", "other_key"])
      expect(await ask({ header: "x-api-key" }, { "x-api-key": one })).toEqual([401, 'ApiKey header="x-api-key"'])
  })
  test("leaves to another what begins otherwise, and may come from a service", async () => {
    const live = apiKeyGuard({ keys: defineApiKeys(() => "memory:", { prefix: "live" }), name: "live" })
    const test = apiKeyGuard({ keys, name: "test" })
    const app = createApp()
    app.get("/", { layers: [anyOf(live, test)] }, (ctx) => ctx.principal.method)
    const { text } = await keys.create({ owner: "cyd", name: "k", scopes: ["a"] })
    const response = await app.fetch(new Request("https://a.test/", { headers: { authorization: `Bearer ${text}` } }))
    expect(await response.text()).toBe("test")
    await app.stop(0)
  })
})

describe("settings that do not fit are refused: AUTH_SETUP_INVALID", () => {
  test.each(["", "a b", "a-b", "1a", "a_", "x".repeat(21), "a'; --"])("the prefix %p", (prefix) =>
    expect(() => openApiKeys("memory:", { prefix })).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" })),
  )
  test("a key of nobody, without a name, or that may do nothing", async () => {
    const keys = openApiKeys("memory:", { prefix: "a" })
    const good = { owner: "ana", name: "k", scopes: ["a"] }
    for (const odd of [
      { owner: "" },
      { name: " " },
      { scopes: [] },
      { scopes: ["a b"] },
      { scopes: ['a"'] },
      { ttl: "0s" },
    ])
      expect(await keys.create({ ...good, ...odd } as typeof good).catch((error) => error)).toMatchObject({
        code: (odd as { ttl?: string }).ttl === undefined ? "AUTH_API_KEY_REFUSED" : "AUTH_SETUP_INVALID",
      })
    const container = createContainer()
    expect((await container.get(defineApiKeys(async () => "memory:", { prefix: "a" }))).prefix).toBe("a")
    await container.close()
  })
})
