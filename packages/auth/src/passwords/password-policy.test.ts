import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import fc from "fast-check"
import { breachFilter, makeBreachFilter } from "./breach-filter.ts"
import type { BreachList } from "./breach-list.ts"
import { breachRange } from "./breach-range.ts"
import { prepareOpaqueString } from "./opaque-string.ts"
import { createPasswordPolicy } from "./password-policy.ts"

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex")

describe("a new password", () => {
  const policy = createPasswordPolicy({ words: ["Ashlar"] })
  const context = ["ana.smith@example.org", "Ana Sofía Smith"]
  const said = async (password: string) =>
    await policy.check(password, context).then(
      () => "fine",
      (error) => [error.code, error.details.reason],
    )
  test.each([
    "correct horse battery",
    "tr0ub4dor&3x",
    "ana likes mountains",
    "ashlar is a stone",
    "пароль из слов",
    "パスワードを選ぶ人",
    "👩‍👩‍👧‍👦❤️ family dinner",
    "        x        y",
    "x".repeat(7) + "yyyy zzz".repeat(30),
    "smith-and-wesson-1852",
  ])("%p is fine", async (password) => expect(await said(password)).toBe("fine"))
  test.each<[string, string]>([
    ["", "short"],
    ["sevench", "short"],
    ["👩‍👩‍👧‍👦", "short"],
    ["e\u0301e\u0301e\u0301e\u0301", "short"],
    ["x y".repeat(100), "long"],
    ["xy".repeat(1_000_000), "long"],
    ["tab\tin it here", "characters"],
    ["nul\0in it here", "characters"],
    ["delete\u007f here", "characters"],
    ["zero\u200bwidth space", "characters"],
    ["right\u202eto left", "characters"],
    ["half \ud800 of one", "characters"],
    ["\ufdd0 is no character", "characters"],
    ["password1", "known"],
    ["PassWord123", "known"],
    ["qwertyuiop", "known"],
    ["aaaaaaaaaaaa", "repeated"],
    ["abcabcabcabc", "repeated"],
    ["hijklmnop", "repeated"],
    ["ponmlkjih", "repeated"],
    ["9876543210", "known"],
    ["ana.smith@example.org", "context"],
    ["anasmith", "context"],
    ["Ana.Smith1!", "context"],
    ["4n4.5m1th", "context"],
    ["ashlar-123", "context"],
    ["@shlar!!", "context"],
    ["SofíaSmith", "context"],
  ])("%p is refused as %s: AUTH_PASSWORD_WEAK", async (password, reason) => {
    expect(await said(password)).toEqual(["AUTH_PASSWORD_WEAK", reason])
  })
  test("is counted in characters, whatever they are made of", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", maxLength: 40 }), async (text) => {
        const answer = await said(text)
        const length = [...prepareOpaqueString(text)].length
        if (length < 8) expect(answer).toEqual(["AUTH_PASSWORD_WEAK", "short"])
        else expect(answer).not.toEqual(["AUTH_PASSWORD_WEAK", "short"])
      }),
    )
  })
  test("is prepared once and for all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const prepared = prepareOpaqueString(text)
        expect(prepareOpaqueString(prepared)).toBe(prepared)
      }),
    )
    // RFC 8265, table 4 (of section 4.3), and one of each other space.
    for (const text of ["correct horse battery staple", "Correct Horse Battery Staple", "πßå", "Jack of ♦s"])
      expect(prepareOpaqueString(text)).toBe(text)
    expect(prepareOpaqueString("foo\u1680bar\u2009x")).toBe("foo bar x")
  })
  test("is not told to others by what is said of it", async () => {
    const error = await policy.check("qwertyuiop").catch((cause) => cause)
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain("qwertyuiop")
  })
  test.each([[{ minCharacters: 7 }], [{ minCharacters: 65 }], [{ maxCharacters: 63 }], [{ maxCharacters: 1.5 }]])(
    "by a policy of %j: AUTH_SETUP_INVALID",
    (options) => {
      expect(() => createPasswordPolicy(options)).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
    },
  )
})

describe("a leaked password", () => {
  const hash = sha1("correct horse battery").toUpperCase()
  const answer = [`${"0".repeat(35)}:7`, `${hash.slice(5)}:3`, `${"F".repeat(35)}:0`].join("\r\n")
  const asked: [string, Headers][] = []
  const serve =
    (body: string | Error, status = 200) =>
    async (url: string, init: RequestInit) => {
      asked.push([url, new Headers(init.headers)])
      if (typeof body !== "string") throw body
      return new Response(body, { status })
    }
  test("is found, and nobody is told more than five digits of its hash", async () => {
    const list = breachRange({ fetch: serve(answer) })
    expect([await list.has("correct horse battery"), await list.has("correct horse batter")]).toEqual([true, false])
    const [url, headers] = asked[0]!
    expect([url, headers.get("add-padding")]).toEqual([
      `https://api.pwnedpasswords.com/range/${hash.slice(0, 5)}`,
      "true",
    ])
    expect(JSON.stringify(asked)).not.toContain(hash.slice(0, 6))
  })
  test("counts from as often as is asked for, and padding counts never", async () => {
    const has = (minCount: number, body = answer) =>
      breachRange({ fetch: serve(body), minCount }).has("correct horse battery")
    expect([await has(3), await has(4), await has(1, `${hash.slice(5)}:0`)]).toEqual([true, false, false])
  })
  test("passes while the list is away, or is refused then: AUTH_BREACH_LIST_AWAY", async () => {
    for (const fetch of [serve(new RangeError("down")), serve("", 503), serve("x".repeat(2_000_000))]) {
      const told: unknown[] = []
      const onError = (error: unknown) => told.push(error)
      expect(await breachRange({ fetch, onError }).has("a password")).toBe(false)
      const refusing = breachRange({ fetch, onError, whenAway: "refuse" })
      expect(await refusing.has("a password").catch((error) => error)).toMatchObject({ code: "AUTH_BREACH_LIST_AWAY" })
      expect(told).toHaveLength(2)
    }
  })
  test("is waited for so long and no longer", async () => {
    const fetch = (_url: string, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)))
    expect(await breachRange({ fetch, timeoutMs: 20 }).has("a password")).toBe(false)
  })
  test("is looked for over https only: AUTH_SETUP_INVALID", () => {
    expect(() => breachRange({ url: "http://example.org/range/" })).toThrow(
      expect.objectContaining({ code: "AUTH_SETUP_INVALID" }),
    )
  })
  test("is found in a file without a network, and few others are", async () => {
    const leaked = Array.from({ length: 5_000 }, (_, at) => `leaked ${at}`)
    const lines = leaked.map((text, at) => (at % 2 ? `${sha1(text).toUpperCase()}:${at}` : sha1(text)))
    const bytes = await makeBreachFilter(lines, { capacity: 5_000, falsePositives: 0.01 })
    expect(bytes.length).toBeLessThan(6_100)
    const list = breachFilter(bytes)
    for (const text of leaked) expect(await list.has(text)).toBe(true)
    let wrong = 0
    for (let at = 0; at < 5_000; at++) if (await list.has(`other ${at}`)) wrong++
    expect(wrong).toBeLessThan(100)
  })
  test("makes no file of what is none, and is read from no other: AUTH_SETUP_INVALID", async () => {
    const invalid = expect.objectContaining({ code: "AUTH_SETUP_INVALID" })
    for (const options of [{ capacity: 0 }, { capacity: 1e10 }, { capacity: 1, falsePositives: 0.5 }])
      expect(await makeBreachFilter([], options).catch((error) => error)).toEqual(invalid)
    for (const lines of [["password"], [sha1("a"), sha1("b")], [`${sha1("a")}0`]])
      expect(await makeBreachFilter(lines, { capacity: 1 }).catch((error) => error)).toEqual(invalid)
    for (const bytes of [new Uint8Array(), new Uint8Array(100), new TextEncoder().encode("ABF1")])
      expect(() => breachFilter(bytes)).toThrow(invalid)
  })
  test("is refused by a policy that has the list, as typed or as prepared", async () => {
    const leaked = new Set(["correct horse battery", "na\u00efve password"])
    const list: BreachList = { has: async (password) => leaked.has(password) }
    const policy = createPasswordPolicy({ breaches: [{ has: async () => false }, list] })
    for (const password of ["correct horse battery", "nai\u0308ve password"])
      expect(await policy.check(password).catch((error) => error.details)).toEqual({ reason: "breached" })
    await policy.check("correct horse battery 2")
  })
})
