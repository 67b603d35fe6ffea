import { describe, expect, test } from "bun:test"
import { Secret } from "@ashlar/core"
import fc from "fast-check"
import { isCardNumber } from "./card-number.ts"
import { createRedactor, redact } from "./redactor.ts"

/** Put together here, so that nothing in this file looks like a key of somebody's. */
const pem = (body: string, end = "") => `-----BEGIN ${"RSA PRIVATE"} KEY-----\n${body}\n${end}`
const SECRET = "Zx9Qw7Ty5Ui3Op1As2Df4Gh6Jk8Lz0Xc"

describe("what stands under the name of a secret is hidden", () => {
  test.each([
    "password",
    "newPassword",
    "PASSWORD_HASH",
    "x-api-key",
    "Authorization",
    "set-cookie",
    "refreshToken",
    "client_secret",
    "pin",
    "cvv",
    "otp",
    "sessionId",
    "aws_access_key_id",
    "connectionString",
    "card_number",
    "signature",
    "recoveryCodes",
  ])("%s", (name) => {
    for (const value of [SECRET, 1234, [SECRET], { deep: { deeper: SECRET } }, new Map([["a", SECRET]])])
      expect(JSON.stringify(redact({ user: { [name]: value }, kept: "yes" }))).toBe(
        `{"user":{"${name}":"[redacted]"},"kept":"yes"}`,
      )
  })
  test("but that there is one, or none, is told", () => {
    const value = { password: null, token: undefined, hasPassword: true, secret: false }
    expect(redact(value)).toEqual({ password: null, token: null, hasPassword: true, secret: false })
  })
  test.each<[string, unknown]>([
    [
      "a pair",
      [
        ["content-type", "a"],
        ["authorization", SECRET],
      ],
    ],
    ["raw headers", ["host", "a", "Cookie", SECRET, "accept", "b"]],
    ["a field of a form", [{ name: "password", value: SECRET }]],
    ["headers", new Headers({ "x-api-key": SECRET })],
    ["a map", new Map([["token", SECRET]])],
    ["a query", new URLSearchParams({ access_token: SECRET })],
    ["a URL", new URL(`https://a.test/?a=1&access_token=${SECRET}&b=2`)],
    ["JSON in a text", JSON.stringify({ a: 1, password: SECRET })],
    ["JSON in JSON in a text", JSON.stringify({ body: JSON.stringify({ password: SECRET }) })],
    ["a line of a log", `login failed user=ana password=${SECRET} from=10.0.0.1`],
    ["an .env file", `PORT=80\nDATABASE_PASSWORD='${SECRET}'\nHOST=a`],
    ["YAML", `db:\n  password: ${SECRET}\n  host: a`],
    ["a header in a text", `Authorization: Bearer ${SECRET}`],
    ["a cookie in a text", `cookie: theme=dark; other=${SECRET}\nhost: a`],
    ["a scheme of one's own", `Authorization: Mine a="1", b=${SECRET}`],
    [
      "an error's message, stack and cause",
      new RangeError(`token=${SECRET}`, { cause: new Error(`secret: ${SECRET}`) }),
    ],
    ["a field of an error", Object.assign(new Error("no"), { config: { headers: { authorization: SECRET } } })],
    ["many errors", new AggregateError([new Error(`password=${SECRET}`)])],
    ["a Secret", { a: new Secret(SECRET) }],
    ["a database's URL", `connect postgres://app:${SECRET}@db:5432/shop failed`],
    ["a key of a map of tokens", { [`ak_secret_${SECRET}`]: "ana" }],
    ["a set", new Set([`Bearer ${SECRET}`])],
  ])("in %s", (_where, value) => {
    const text = JSON.stringify(redact(value))
    expect(text).not.toContain(SECRET)
    expect(text).toContain("[redacted]")
  })
  test("and what stands beside it is not", () => {
    expect(redact(`user=ana password=${SECRET} from=10.0.0.1`)).toBe("user=ana password=[redacted] from=10.0.0.1")
    expect(redact(`https://a.test/?a=1&token=${SECRET}&b=2`)).toBe("https://a.test/?a=1&token=[redacted]&b=2")
    expect(redact(JSON.stringify({ password: 'a"b,c', next: 1 }))).toBe('{"password":"[redacted]","next":1}')
    expect(redact(`Authorization: Bearer ${SECRET}`)).toBe("Authorization: [redacted]")
    expect(redact(`mysql://root:${SECRET}@h/d?x=1`)).toBe("mysql://root:[redacted]@h/d?x=1")
  })
})

describe("what looks like a secret is hidden wherever it is", () => {
  const [upper, digits] = ["ABCDEFGHIJKLMNOP", "1234567890123456"]
  test.each([
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${SECRET}`,
    `ak_secret_${SECRET}`,
    `AKIA${upper}`,
    `ghp_${SECRET}abcd`,
    `github_pat_${SECRET}${SECRET}`,
    `glpat-${SECRET}`,
    `xoxb-${digits}-${SECRET}`,
    `sk_live_${SECRET}`,
    `AIza${SECRET}abc`,
    `npm_${SECRET}abcd`,
    `SG.${SECRET}.${SECRET}`,
    `sk-proj-${SECRET}`,
    `hf_${SECRET}ab`,
    `hvs.${SECRET}`,
    pem(SECRET),
    pem(SECRET, `-----END ${"RSA PRIVATE"} KEY-----`),
    "4242 4242 4242 4242",
    "5555-5555-5555-4444",
    "378282246310005",
    "6011111111111117",
  ])("%s", (text) => {
    const found = redact({ note: `before ${text}` }) as { note: string }
    expect(found.note).toBe("before [redacted]")
  })
  test.each([
    "the bearer of this letter",
    "basic functionality",
    "Token authentication failed.",
    "the bearer authenticates",
    "a token of love",
    "2026-11-29T04:13:13.123Z",
    "1234567890123456",
    "order 4242424242424241",
    "550e8400-e29b-41d4-a716-446655440000",
    "tel. +44 20 7946 0958",
    "sk-short",
    "3.14159265358979323846",
    "192.168.100.200",
    "https://user@host/path",
    "key: value",
    "a@b.test: hello",
    `sha256:${"ab".repeat(32)}`,
    "passed=12",
  ])("%s is none", (text) => expect(redact(text)).toBe(text))
  test("a number of a card as a number, and no time in milliseconds", () => {
    expect(redact({ a: 4242424242424242, b: 1795925593123, c: 1e300 })).toEqual({
      a: "[redacted]",
      b: 1795925593123,
      c: 1e300,
    })
  })
  test("Luhn's digit is counted as ISO/IEC 7812 says", () => {
    for (const number of [
      "4111111111111111",
      "2223003122003222",
      "30569309025904",
      "3530111333300000",
      "6200000000000005",
    ])
      for (let digit = 0; digit < 10; digit++) {
        const other = `${number.slice(0, -1)}${digit}`
        expect([other, isCardNumber(other)]).toEqual([other, other === number])
      }
  })
})

describe("options", () => {
  test("more names, fewer, other patterns, another mark", () => {
    const redactor = createRedactor({
      names: ["Note", /^internal/],
      shown: ["maxTokens"],
      patterns: [{ kind: "badge", pattern: /\bB-\d{4}\b/g }],
      replacement: (kind) => `<${kind}>`,
    })
    expect(redactor({ note: "a", internalId: 7, maxTokens: 100, text: "badge B-1234", password: "a" })).toEqual({
      note: "<named>",
      internalId: "<named>",
      maxTokens: 100,
      text: "badge <badge>",
      password: "<named>",
    })
  })
  test.each([
    { maxDepth: 0 },
    { maxDepth: 101 },
    { maxValues: 1.5 },
    { maxTextLength: 1 },
    { names: [/a/g] },
    { patterns: [{ kind: "a", pattern: /a/ }] },
    { patterns: [{ kind: "A B", pattern: /a/g }] },
  ])("%p is refused: SECURITY_REDACTION_INVALID", (options) => {
    expect(() => createRedactor(options)).toThrow(expect.objectContaining({ code: "SECURITY_REDACTION_INVALID" }))
  })
})

describe("whatever it is given", () => {
  test("a cycle, depth, width and length end", () => {
    const circle: Record<string, unknown> = { name: "a" }
    circle.self = circle
    circle.list = [circle]
    expect(redact(circle)).toEqual({ name: "a", self: "[circular]", list: ["[circular]"] })
    const shared = { a: 1 }
    expect(redact([shared, shared, 0])).toEqual([{ a: 1 }, { a: 1 }, 0])
    let deep: unknown = SECRET
    for (let at = 0; at < 100_000; at++) deep = [deep]
    expect(JSON.stringify(redact(deep))).toContain("[too deep]")
    const wide = redact(Array.from({ length: 1_000_000 }, () => 1)) as unknown[]
    expect([wide.length <= 10_001, wide.at(-1)]).toEqual([true, "[990001 more]"])
    const keys = redact(Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, at])))
    expect(Object.keys(keys as object).length).toBeLessThan(10_002)
  })
  test("a secret that the cut goes through is known for one", () => {
    const text = `${"a ".repeat(40)}ak_secret_${SECRET}`
    for (let maxTextLength = 64; maxTextLength < text.length; maxTextLength++)
      expect(String(createRedactor({ maxTextLength })(text))).not.toContain(SECRET.slice(0, 4))
  })
  test("nothing of it is run, and nothing thrown", () => {
    let runs = 0
    const hostile = {
      get a() {
        runs++
        throw new RangeError("no")
      },
      toJSON() {
        runs++
        return {}
      },
      toString() {
        runs++
        return ""
      },
    }
    const proxy = new Proxy(
      {},
      {
        ownKeys() {
          throw new RangeError("no")
        },
      },
    )
    expect(redact({ hostile, proxy, symbol: Symbol("a"), fn: () => 1, big: 10n, nan: Number.NaN })).toEqual({
      hostile: { a: "[accessor]", toJSON: "[function]", toString: "[function]" },
      proxy: "[unreadable]",
      symbol: "[symbol]",
      fn: "[function]",
      big: "10",
      nan: "NaN",
    })
    expect(runs).toBe(0)
  })
  test("__proto__ is a key as any other", () => {
    const copy = redact(JSON.parse('{"__proto__":{"admin":true},"a":1}')) as { admin?: boolean }
    expect([copy.admin, Object.keys(copy)]).toEqual([undefined, ["__proto__", "a"]])
  })
  test("texts made to be slow are read in no more time than others of their length", () => {
    const redactor = createRedactor({ maxTextLength: 1_000_000 })
    const hostile = [
      "a-",
      "eyJ",
      "a:",
      "http://a",
      '"password":"',
      "-----BEGIN PRIVATE KEY-----",
      "4 ",
      "password",
      '\\"',
      "token = ",
    ]
    const timeOf = (text: string) => {
      const start = performance.now()
      redactor(text)
      return performance.now() - start
    }
    for (const piece of hostile)
      expect([piece, timeOf(piece.repeat(200_000 / piece.length)) < 3_000]).toEqual([piece, true])
  })
  test("any value: it ends, is JSON, and is the same again", () => {
    fc.assert(
      fc.property(fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true }), (value) => {
        const once = redact(value)
        expect(JSON.parse(JSON.stringify(once))).toEqual(once as never)
      }),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (around, text) => {
        const value = {
          ...around,
          list: [{ password: `${text}${SECRET}` }],
          more: `${text} ak_secret_${SECRET} ${text}`,
        }
        expect(JSON.stringify(redact(value))).not.toContain(SECRET)
      }),
    )
  })
})
