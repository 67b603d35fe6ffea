import { describe, expect, test } from "bun:test"
import { inspect } from "node:util"
import { parseDriverUrl, redactUrl } from "./driver-url.ts"

/** The parts as plain data, the password included. */
function parts(text: string) {
  const { scheme, user, password, host, port, name, options } = parseDriverUrl(text)
  const given = { scheme, user, password: password?.reveal(), host, port, name, options: Object.fromEntries(options) }
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && JSON.stringify(value) !== "{}"),
  )
}

describe("parseDriverUrl", () => {
  test.each([
    ["memory:", { scheme: "memory", name: "" }],
    ["sqlite:./data/app.db", { scheme: "sqlite", name: "./data/app.db" }],
    ["sqlite:./my%20data/a%3Fb.db?wal=1", { scheme: "sqlite", name: "./my data/a?b.db", options: { wal: "1" } }],
    ["file:C:\\data", { scheme: "file", name: "C:\\data" }],
    ["FILE:/var/Data", { scheme: "file", name: "/var/Data" }],
    ["tiered:memory:,redis://cache", { scheme: "tiered", name: "memory:,redis://cache" }],
    ["redis://localhost", { scheme: "redis", host: "localhost", name: "" }],
    ["redis://Cache.Example.ORG:6380/2", { scheme: "redis", host: "cache.example.org", port: 6380, name: "2" }],
    ["redis://:hunter2@h", { scheme: "redis", password: "hunter2", host: "h", name: "" }],
    ["postgres://ada@h/shop", { scheme: "postgres", user: "ada", host: "h", name: "shop" }],
    [
      "postgres://a:b:c@[::1]:5432/x",
      { scheme: "postgres", user: "a", password: "b:c", host: "::1", port: 5432, name: "x" },
    ],
    [
      "postgres://a%40b:p%2F%23%3A@h/x%2Fy",
      { scheme: "postgres", user: "a@b", password: "p/#:", host: "h", name: "x/y" },
    ],
    ["s3:///bucket/key", { scheme: "s3", host: "", name: "bucket/key" }],
    ["memory:?a=1&b=x%3Dy&c=", { scheme: "memory", name: "", options: { a: "1", b: "x=y", c: "" } }],
    ["memory:?__proto__=1", { scheme: "memory", name: "", options: Object.fromEntries([["__proto__", "1"]]) }],
  ])("%s", (text, expected) => {
    expect(parts(text)).toEqual(expected)
  })

  test.each([
    ["", "there is no scheme"],
    ["./data/app.db", "there is no scheme"],
    ["1a:x", "there is no scheme"],
    ["redis//h", "there is no scheme"],
    ["redis://h#frag", "a # must be written %23"],
    ["redis://:pa#ss@h", "a # must be written %23"],
    ["redis://a@b@h", "must be written %40"],
    ["redis://h:0", "between 1 and 65535"],
    ["redis://h:65536", "between 1 and 65535"],
    ["redis://h:abc", "the host is not a name"],
    ["redis://h h", "the host is not a name"],
    ["redis://[::1", "the host is not a name"],
    ["redis://:pa/ss@h", "the host is not a name"],
    ["sqlite:./a%zz", "a % in the path"],
    ["redis://%:x@h", "a % in the user"],
    ["sqlite:a%00b", "a control character"],
    ["redis://h/x?user=a%0Ab", "a control character"],
    ["memory:?ttl", "not written name=value"],
    ["memory:?=1", "not written name=value"],
    ["memory:?a=1&a=2", 'the option "a" is given twice'],
    [`memory:${"x".repeat(5000)}`, "at most 4096 characters"],
  ])("%p is refused: CORE_DRIVER_URL_INVALID", (text, why) => {
    expect(() => parseDriverUrl(text)).toThrow(expect.objectContaining({ code: "CORE_DRIVER_URL_INVALID" }))
    expect(() => parseDriverUrl(text)).toThrow(why)
  })

  test("reads back what was put in, for any text in any part", () => {
    const alphabet = "ab Z09-._~:/?#[]@!$&'()*+,;=%\\\"<>^`{|}é漢😀"
    const pick = (least: number) =>
      Array.from(
        { length: least + Math.floor(Math.random() * 8) },
        () => [...alphabet][Math.floor(Math.random() * [...alphabet].length)],
      ).join("")
    for (let i = 0; i < 2_000; i++) {
      const [user, password, name, option, value] = [pick(1), pick(1), pick(0), pick(1), pick(0)]
      const port = 1 + Math.floor(Math.random() * 65_535)
      const e = encodeURIComponent
      const text = `x-${i}://${e(user)}:${e(password)}@h.example:${port}/${e(name)}?${e(option)}=${e(value)}`
      expect(parts(text)).toEqual({
        scheme: `x-${i}`,
        user,
        password,
        host: "h.example",
        port,
        name,
        options: Object.fromEntries([[option, value]]),
      })
    }
  })

  test("answers or refuses any text, and never throws anything else", () => {
    const alphabet = [..."ab:/?#@%[]=&.,- 1\n"]
    for (let i = 0; i < 5_000; i++) {
      const text = `r:${Array.from({ length: Math.floor(Math.random() * 16) }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join("")}`
      try {
        parseDriverUrl(text)
      } catch (error) {
        expect(error).toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
      }
    }
  })
})

describe("a URL's secrets", () => {
  const url = parseDriverUrl("redis://ada:hunter2@h:1/0?ttlMs=5&authToken=hunter2")

  test.each([
    ["String()", () => String(url)],
    ["JSON", () => JSON.stringify({ url })],
    ["inspect", () => inspect(url, { depth: 9, showHidden: true })],
    ["Bun.inspect", () => Bun.inspect([url])],
  ])("are not shown by %s", (_, print) => {
    expect(print()).not.toContain("hunter2")
    expect(print()).toContain("redis://***@h:1/0?ttlMs=5&authToken=***")
  })

  test("are given to who asks for them by name", () => {
    expect(url.reveal()).toBe("redis://ada:hunter2@h:1/0?ttlMs=5&authToken=hunter2")
  })

  test.each([
    "redis://:hunter2@h#x",
    "redis://hunter2@x@h",
    "redis://a:hunter2/y@h",
    "redis://a:hunter2?y@h",
    "redis://a:hunter2@h:99999",
    "redis:a:hunter2@h#",
    "postgres://h/x?password=hunter2#",
    "postgres://h/x?sslkey=hunter2&a",
    "tiered:memory:,redis://u:hunter2@h#",
  ])("are in no message about the malformed %p", (text) => {
    let message = ""
    try {
      parseDriverUrl(text)
    } catch (error) {
      message = String(error)
    }
    expect(message).toContain("CORE_DRIVER_URL_INVALID")
    expect(message).not.toContain("hunter2")
  })
})

describe("redactUrl", () => {
  test.each([
    ["memory:", "memory:"],
    ["sqlite:./data/app.db?wal=1", "sqlite:./data/app.db?wal=1"],
    ["file:./node_modules/@x/y", "file:./node_modules/@x/y"],
    ["redis://u:p@h:1/0", "redis://***@h:1/0"],
    ["redis://u@h", "redis://***@h"],
    ["tiered:memory:,redis://u:p@h", "tiered:memory:,redis://***@h"],
    [
      "could not connect to redis://u:p@h, nor to nats://a:b@c",
      "could not connect to redis://***@h, nor to nats://***@c",
    ],
    ["s3://h/b?secretAccessKey=abc&region=x", "s3://h/b?secretAccessKey=***&region=x"],
    ["", ""],
    [`redis://u:p${"p".repeat(9_000)}@h`, "redis://***@h"],
  ])("%p -> %p", (text, shown) => {
    expect(redactUrl(text)).toBe(shown)
  })

  test("never shows the password of a URL, whatever it is made of", () => {
    const alphabet = [..."ab:/?#@%[]=&.,-1"]
    for (let i = 0; i < 3_000; i++) {
      const noise = () =>
        Array.from(
          { length: Math.floor(Math.random() * 6) },
          () => alphabet[Math.floor(Math.random() * alphabet.length)],
        ).join("")
      expect(redactUrl(`redis://user:${noise()}hunter2${noise()}@host/name`)).not.toContain("hunter2")
    }
  })

  test("is linear in the length of hostile text", () => {
    const started = performance.now()
    for (const piece of ["://", "?a", "a:", "@", "?a=", "://@ ", "&key=:"]) redactUrl(piece.repeat(100_000))
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
