import { describe, expect, test } from "bun:test"
import { createApp } from "../index.ts"
import { findCookie, parseCookies } from "./cookie-header.ts"
import { type Cookies, type CookiesOptions, cookies, cookiesOf } from "./cookies.ts"
import type { CookieAttributes } from "./set-cookie.ts"

const KEYS = ["a".repeat(32), "b".repeat(32), "c".repeat(32)]

/** Runs a handler over cookies and gives what it returned, and the lines it set. */
async function run<T>(
  handle: (jar: Cookies) => T,
  { header, ...options }: CookiesOptions & { header?: string } = {},
): Promise<{ value: T; lines: string[]; code: unknown }> {
  let value: T | undefined
  let code: unknown
  const app = createApp({
    layers: [cookies(options)],
    onError: (error) => {
      code = (error as { code?: string }).code
    },
  })
  app.get("/", (ctx) => {
    value = handle(ctx.cookies)
    return "ok"
  })
  const response = await app.fetch(
    new Request("http://x/", header === undefined ? {} : { headers: { cookie: header } }),
  )
  return { value: value as T, lines: response.headers.getSetCookie(), code }
}

/** The `Cookie` header that a browser makes of what was set. */
const sentBack = (lines: readonly string[]): string => lines.map((line) => line.split(";")[0]).join("; ")

describe("a Cookie header", () => {
  const rows: [string, string, string, string | undefined][] = [
    ["one", "a=1", "a", "1"],
    ["the middle one", "x=0; a=1; b=2", "a", "1"],
    ["the last one", "x=0; a=1", "a", "1"],
    ["one without a space before it", "x=0;a=1", "a", "1"],
    ["one with much space around it", "x=0; \t a=1 \t; b=2", "a", "1"],
    ["the first of two", "a=1; a=2", "a", "1"],
    ["an empty one", "a=; b=2", "a", ""],
    ["one with equals signs in it", "a=b=c==; d=e", "a", "b=c=="],
    ["one in quotes", 'a="b c"', "a", "b c"],
    ["a lone quote", 'a="', "a", '"'],
    ["one with escapes", "a=%C3%A9%3B%20x", "a", "é; x"],
    ["one with a broken escape", "a=100%", "a", "100%"],
    ["one whose name ends another's", "xa=0; a=1", "a", "1"],
    ["one whose name begins another's", "ab=0; a=1", "a", "1"],
    ["one whose name is in another's value", "x=a=9; a=1", "a", "1"],
    ["none that only a value holds", "x=a=9", "a", undefined],
    ["none in a name", "xa=9; ab=8", "a", undefined],
    ["none by another case", "A=1", "a", undefined],
    ["none without an equals sign", "a; b=2", "a", undefined],
    ["none in nothing", "", "a", undefined],
    ["what a prototype would have", "b=1", "toString", undefined],
    ["__proto__, as any other", "__proto__=1", "__proto__", "1"],
  ]
  test.each(rows)("has %s", (_what, header, name, expected) => {
    expect(findCookie(header, name)).toBe(expected)
    expect(parseCookies(header)[name]).toBe(expected)
  })
  test("is read the same one by one as whole, whatever is in it", () => {
    const parts = ["a", "b", "__Host-a", "=", ";", "; ", " ", "\t", '"', "%41", "%", "é", "==", ",", "a=1; b=2"]
    let seed = 3
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2 ** 31
      return seed % below
    }
    for (let round = 0; round < 5000; round++) {
      const header = Array.from({ length: random(14) }, () => parts[random(parts.length)]).join("")
      const all = parseCookies(header)
      for (const name of ["a", "b", "__Host-a", ...Object.keys(all)]) expect(findCookie(header, name)).toBe(all[name])
    }
  })
  test("is read up to its 300th pair, in a record that pollutes nothing", () => {
    const all = parseCookies(Array.from({ length: 1000 }, (_, at) => `c${at}=1`).join("; "))
    expect(Object.keys(all).length).toBe(300)
    expect(Object.getPrototypeOf(parseCookies("__proto__=x; constructor=y"))).toBeNull()
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})

describe("a cookie that is set", () => {
  test("is held to this host, TLS, and the server unless it is told otherwise", async () => {
    const { lines } = await run((jar) => jar.set("session", "abc"))
    expect(lines).toEqual(["__Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax"])
  })
  const rows: [string, CookiesOptions, CookieAttributes, string][] = [
    ["an age", {}, { maxAgeSeconds: 60 }, "__Host-a=1; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax"],
    [
      "a date",
      {},
      { expires: new Date(0), sameSite: "strict" },
      "__Host-a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; Secure; HttpOnly; SameSite=Strict",
    ],
    [
      "a jar for each site",
      {},
      { sameSite: "none", partitioned: true },
      "__Host-a=1; Path=/; Secure; HttpOnly; SameSite=None; Partitioned",
    ],
    [
      "subdomains and a path",
      { prefix: "__Secure-" },
      { domain: "example.com", path: "/app" },
      "__Secure-a=1; Domain=example.com; Path=/app; Secure; HttpOnly; SameSite=Lax",
    ],
    ["no promise at all", { prefix: "", secure: false, httpOnly: false }, {}, "a=1; Path=/; SameSite=Lax"],
    [
      "the layer's defaults",
      { maxAgeSeconds: 5, sameSite: "strict" },
      {},
      "__Host-a=1; Max-Age=5; Path=/; Secure; HttpOnly; SameSite=Strict",
    ],
  ]
  test.each(rows)("may have %s", async (_what, options, attributes, line) => {
    const { lines } = await run((jar) => jar.set("a", "1", attributes), options)
    expect(lines).toEqual([line])
  })

  const refused: [string, CookiesOptions, string, string, CookieAttributes][] = [
    ["a name with a space", {}, "a b", "", {}],
    ["a name with an equals sign", { prefix: "" }, "a=b", "", {}],
    ["a name with a line break", {}, "a\r\nx", "", {}],
    ["an empty name", { prefix: "" }, "", "", {}],
    ["a value of half a character", {}, "a", "\ud800", {}],
    ["a path with another attribute in it", { prefix: "" }, "a", "", { path: "/; Domain=evil.example" }],
    ["a path with a line break", { prefix: "" }, "a", "", { path: "/\r\nSet-Cookie: b=2" }],
    ["a path that is none", { prefix: "" }, "a", "", { path: "app" }],
    ["a path that is too long", { prefix: "" }, "a", "", { path: `/${"x".repeat(1024)}` }],
    ["a domain with another attribute in it", { prefix: "" }, "a", "", { domain: "a.example; Path=/x" }],
    ["a domain with a space", { prefix: "" }, "a", "", { domain: "a b" }],
    ["half a second", {}, "a", "", { maxAgeSeconds: 0.5 }],
    ["an age that is text", {}, "a", "", { maxAgeSeconds: "1; Domain=x" as unknown as number }],
    ["an invalid date", {}, "a", "", { expires: new Date("x") }],
    ["an unknown sameSite", {}, "a", "", { sameSite: "Lax; Domain=x" as "lax" }],
    ["a domain that the prefix forbids", {}, "a", "", { domain: "example.com" }],
    ["a path that the prefix forbids", {}, "a", "", { path: "/app" }],
    ["no TLS where the prefix promises it", {}, "a", "", { secure: false }],
    ["no TLS where the other prefix promises it", { prefix: "__Secure-" }, "a", "", { secure: false }],
    ["a prefix in another case, which browsers hold to the same", { prefix: "" }, "__hOST-a", "", { path: "/app" }],
    ["no TLS for all sites", { prefix: "" }, "a", "", { secure: false, sameSite: "none" }],
    ["no TLS for a jar of its own", { prefix: "" }, "a", "", { secure: false, partitioned: true }],
  ]
  test.each(refused)("is refused for %s", async (_what, options, name, value, attributes) => {
    const { lines, code } = await run((jar) => jar.set(name, value, attributes), options)
    expect([lines, code]).toEqual([[], "HTTP_COOKIE_INVALID"])
  })
  test("is refused over 4,096 bytes of name and value", async () => {
    const name = "__Host-a"
    const most = await run((jar) => jar.set("a", "x".repeat(4096 - name.length)))
    expect([most.lines.length, most.code]).toEqual([1, undefined])
    const more = await run((jar) => jar.set("a", "x".repeat(4097 - name.length)))
    expect([more.lines, more.code]).toEqual([[], "HTTP_COOKIE_TOO_LARGE"])
    const escaped = await run((jar) => jar.set("a", "é".repeat(1000)))
    expect(escaped.code).toBe("HTTP_COOKIE_TOO_LARGE")
  })
  test("comes back as it was, whatever its text", async () => {
    const values = [
      "",
      "plain",
      "a b",
      "a;b",
      "a,b",
      'a"b',
      "a\\b",
      "100%",
      "%41",
      "é✓🙂",
      "a=b",
      "\r\nSet-Cookie: x=1",
      "\0",
      "\t",
    ]
    for (const value of values) {
      const { lines } = await run((jar) => jar.set("a", value))
      expect(lines.length).toBe(1)
      expect(lines[0]).toMatch(/^[\x20-\x7e]+$/)
      expect((await run((jar) => jar.get("a"), { header: sentBack(lines) })).value).toBe(value)
    }
  })
  test("replaces an earlier one of its name, and is read in its place", async () => {
    const { value, lines } = await run(
      (jar) => {
        jar.set("a", "1")
        jar.set("ab", "x")
        jar.set("a", "2")
        const seen = [jar.get("a"), jar.get("b")]
        jar.delete("b")
        return [...seen, jar.get("b")]
      },
      { header: "__Host-a=0; __Host-b=9" },
    )
    expect(value).toEqual(["2", "9", undefined])
    expect(lines.map((line) => line.split(";")[0])).toEqual(["__Host-a=2", "__Host-ab=x", "__Host-b="])
  })
  test("is deleted with its own path and domain", async () => {
    const { lines } = await run((jar) => jar.delete("a", { path: "/app", domain: "example.com" }), { prefix: "" })
    expect(lines).toEqual([
      "a=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=example.com; Path=/app; Secure; HttpOnly; SameSite=Lax",
    ])
  })
  test("is not one that a subdomain planted under the plain name", async () => {
    expect((await run((jar) => jar.get("session"), { header: "session=planted" })).value).toBeUndefined()
  })
  test("needs no layer", async () => {
    const app = createApp()
    app.get("/", (ctx) => {
      cookiesOf(ctx).set("b", "2")
      return { a: cookiesOf(ctx).get("a"), all: cookiesOf(ctx).all(), b: cookiesOf(ctx).get("b") }
    })
    const response = await app.fetch(new Request("http://x/", { headers: { cookie: "__Host-a=1; c=3" } }))
    expect(await response.json()).toEqual({ a: "1", all: { "__Host-a": "1", c: "3" }, b: "2" })
  })
})

describe("a signed cookie", () => {
  const sign = async (value: string, keys: readonly string[] = KEYS, name = "a"): Promise<string> =>
    sentBack((await run((jar) => jar.setSigned(name, value), { keys })).lines)
  const read = (header: string, keys: readonly string[] = KEYS): ReturnType<typeof run<string | undefined>> =>
    run((jar) => jar.getSigned("a", { maxAgeSeconds: 60 }), { header, keys })

  test("comes back as it was, and needs no new signature", async () => {
    for (const value of ["", "user-7", "a.b.c", "é; x", "%41"])
      expect(await read(await sign(value))).toMatchObject({ value, lines: [] })
  })
  test("of an older key is good, and is signed anew by the newest", async () => {
    for (const key of KEYS.slice(1)) {
      const { value, lines } = await read(await sign("user-7", [key]))
      expect(value).toBe("user-7")
      expect(lines).toEqual([`${await sign("user-7")}; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax`])
    }
  })

  const forged: [string, (header: string) => string | Promise<string>][] = [
    ["no signature", () => "__Host-a=user-7"],
    ["an empty signature", () => "__Host-a=user-7."],
    ["nothing but a signature", (header) => `__Host-a=${header.slice(-43)}`],
    ["another value", (header) => header.replace("user-7", "user-8")],
    ["a longer value", (header) => header.replace("user-7", "user-7.x")],
    [
      "a signature with one bit changed",
      (header) => header.slice(0, -2) + (header.at(-2) === "A" ? "B" : "A") + header.at(-1),
    ],
    [
      "a signature whose unused bits are changed",
      (header) => header.slice(0, -1) + String.fromCharCode(header.charCodeAt(header.length - 1) + 1),
    ],
    ["a signature that is cut", (header) => header.slice(0, -1)],
    ["a signature that goes on", (header) => `${header}A`],
    ["the signature of another cookie", async () => (await sign("user-7", KEYS, "b")).replace("-b=", "-a=")],
    ["a key that was taken away", async () => await sign("user-7", ["d".repeat(32)])],
  ]
  test.each(forged)("is not believed with %s", async (_what, forge) => {
    expect(await read(await forge(await sign("user-7")))).toMatchObject({ value: undefined, lines: [] })
  })

  const keys: [string, CookiesOptions["keys"]][] = [
    ["short keys", ["x".repeat(31)]],
    ["no keys", []],
    ["nine keys", Array.from({ length: 9 }, () => "x".repeat(32))],
  ]
  test.each(keys)("is not to be had with %s", (_what, given) =>
    expect(() => cookies({ keys: given! })).toThrow(expect.objectContaining({ code: "HTTP_COOKIE_KEYS_INVALID" })),
  )
  test("is an error where there are no keys", async () => {
    expect((await run((jar) => jar.setSigned("a", "1"))).code).toBe("HTTP_COOKIE_KEYS_INVALID")
    expect((await run((jar) => jar.getSigned("a"), { header: "__Host-a=1.x" })).code).toBe("HTTP_COOKIE_KEYS_INVALID")
  })
  test("is an error where the layer's defaults break its prefix's promise", () =>
    expect(() => cookies({ secure: false })).toThrow(expect.objectContaining({ code: "HTTP_COOKIE_INVALID" })))
})
