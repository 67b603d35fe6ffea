import { describe, expect, test } from "bun:test"
import { createTrustedProxies, type Origin } from "./trusted-proxies.ts"

const PEER = "10.0.0.1"
const ours = createTrustedProxies(["10.0.0.0/8", "loopback"])
const standard = createTrustedProxies(["10.0.0.0/8"], "forwarded")
const xff = (value: string, more: Record<string, string> = {}): Headers =>
  new Headers({ "x-forwarded-for": value, ...more })

describe("the client's address", () => {
  test.each<[string, string, string | undefined]>([
    ["the peer's client", "203.0.113.9", "203.0.113.9"],
    ["through two proxies of ours", "203.0.113.9, 10.0.0.2", "203.0.113.9"],
    ["what a caller sent in front is not looked at", "127.0.0.1, 198.51.100.1, 203.0.113.9", "203.0.113.9"],
    ["a caller cannot pass for one of ours", "10.0.0.7, 203.0.113.9", "203.0.113.9"],
    ["only proxies of ours: the farthest", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["with a port", "203.0.113.9:4711", "203.0.113.9"],
    ["IPv6", "2001:DB8::0:1", "2001:db8::1"],
    ["IPv6 in brackets, with a port", "[2001:db8::1]:4711", "2001:db8::1"],
    ["IPv4 mapped to IPv6, of ours", "203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9"],
    ["IPv4 mapped to IPv6, a client", "::ffff:203.0.113.9", "203.0.113.9"],
    ["what is no address hides the rest", "203.0.113.9, <script>", undefined],
    ["an unknown client", "unknown", undefined],
    ["an empty entry", "203.0.113.9, ", undefined],
    ["an empty header", "", undefined],
    ["a number", "2130706433", undefined],
    ["an address with a zone", "fe80::1%eth0", undefined],
    ["several lines make one list", "203.0.113.9,10.0.0.2,\t10.0.0.3", "203.0.113.9"],
  ])("%s", (_what, value, expected) => {
    expect(ours.originOf(PEER, xff(value)).address).toBe(expected)
  })

  test.each<[string, string | undefined, string | undefined]>([
    ["a peer that nobody trusts", "203.0.113.1", "203.0.113.1"],
    ["a peer that nobody trusts, mapped", "::ffff:203.0.113.1", "203.0.113.1"],
    ["a peer without an address", undefined, undefined],
    ["a peer that is no address", "/run/app.sock", "/run/app.sock"],
    ["a peer one beyond the range", "11.0.0.1", "11.0.0.1"],
  ])("is the peer's, whatever is sent, for %s", (_what, peer, expected) => {
    const headers = xff("198.51.100.7", { "x-forwarded-proto": "https", "x-forwarded-host": "evil.example" })
    expect(ours.originOf(peer, headers)).toEqual({ address: expected, scheme: undefined, host: undefined })
    expect(ours.trusts(peer)).toBe(false)
  })

  test("is the peer's when a trusted proxy says nothing", () => {
    expect(ours.originOf(PEER, new Headers())).toEqual({ address: PEER, scheme: undefined, host: undefined })
    expect(ours.trusts(PEER)).toBe(true)
  })

  test.each<[number, string, string | undefined]>([
    [0, "203.0.113.1, 203.0.113.2", "192.0.2.1"],
    [1, "203.0.113.1, 203.0.113.2", "203.0.113.2"],
    [2, "203.0.113.1, 203.0.113.2", "203.0.113.1"],
    [3, "203.0.113.1, 203.0.113.2", "203.0.113.1"],
    [2, "203.0.113.1, unknown", "203.0.113.1"],
    [1, "203.0.113.1, unknown", undefined],
  ])("is found %d hops away, whatever the hops' addresses", (hops, value, expected) => {
    expect(createTrustedProxies([hops]).originOf("192.0.2.1", xff(value)).address).toBe(expected)
  })

  test("is found by hops where the peer has no address: a function platform, a Unix socket", () => {
    expect(createTrustedProxies([1]).originOf(undefined, xff("6.6.6.6, 203.0.113.2")).address).toBe("203.0.113.2")
  })

  test("takes a bounded time, however many proxies claim to be ours", () => {
    const many = new Array(5000).fill("10.0.0.9").join(",")
    expect(ours.originOf(PEER, xff(`203.0.113.9,${many}`)).address).toBe("10.0.0.9")
  })
})

describe("scheme and host", () => {
  test.each<[string, Record<string, string>, Partial<Origin>]>([
    [
      "as the proxy says",
      { "x-forwarded-proto": "https", "x-forwarded-host": "Shop.Example:8443" },
      { scheme: "https", host: "shop.example:8443" },
    ],
    [
      "the nearest proxy's, where there is one hop",
      { "x-forwarded-proto": "http, https", "x-forwarded-host": "evil.example, shop.example" },
      { scheme: "https", host: "shop.example" },
    ],
    ["another scheme is not believed", { "x-forwarded-proto": "javascript" }, { scheme: undefined }],
    ["a host with a path is not believed", { "x-forwarded-host": "evil.example/@shop" }, { host: undefined }],
    ["nor one with credentials", { "x-forwarded-host": "a:b@evil.example" }, { host: undefined }],
    ["nor one with a port beyond the last", { "x-forwarded-host": "shop.example:65536" }, { host: undefined }],
    ["nor one that looks like an address and is none", { "x-forwarded-host": "1.2.3.999" }, { host: undefined }],
    ["nor an endless one", { "x-forwarded-host": `${"a.".repeat(200)}example` }, { host: undefined }],
    ["an IPv6 host", { "x-forwarded-host": "[2001:db8::1]:80" }, { host: "[2001:db8::1]:80" }],
  ])("%s", (_what, headers, expected) => {
    expect(ours.originOf(PEER, xff("203.0.113.9", headers))).toMatchObject(expected)
  })

  test("are those that the farthest trusted proxy took the request with", () => {
    const headers = xff("203.0.113.9, 10.0.0.2", {
      "x-forwarded-proto": "https, http",
      "x-forwarded-host": "a.example, b.example",
    })
    expect(ours.originOf(PEER, headers)).toMatchObject({ scheme: "https", host: "a.example" })
  })

  test("are told without an address as well", () => {
    const headers = new Headers({ "x-forwarded-proto": "https", "x-forwarded-host": "shop.example" })
    expect(ours.originOf(PEER, headers)).toEqual({ address: PEER, scheme: "https", host: "shop.example" })
  })
})

describe("the Forwarded header of RFC 7239", () => {
  test.each<[string, string, Origin]>([
    [
      "one element",
      "for=203.0.113.9;proto=https;host=shop.example",
      { address: "203.0.113.9", scheme: "https", host: "shop.example" },
    ],
    [
      "names in any case, values quoted, spaces",
      'For="[2001:db8::1]:4711" ; PROTO="https"',
      { address: "2001:db8::1", scheme: "https", host: undefined },
    ],
    [
      "through two proxies of ours: the farthest one's words",
      "for=203.0.113.9;proto=https;host=a.example, for=10.0.0.2;proto=http",
      { address: "203.0.113.9", scheme: "https", host: "a.example" },
    ],
    [
      "what a caller sent in front is not looked at",
      "for=127.0.0.1;proto=https, for=203.0.113.9;proto=http",
      { address: "203.0.113.9", scheme: "http", host: undefined },
    ],
    [
      "a quote that a caller leaves open hides nothing",
      'for="evil, for=203.0.113.9;proto=https',
      { address: "203.0.113.9", scheme: "https", host: undefined },
    ],
    [
      "a quote with an escape at its end hides nothing",
      'for="evil\\", for=203.0.113.9',
      { address: "203.0.113.9", scheme: undefined, host: undefined },
    ],
    [
      "a comma in quotes is text",
      'for=203.0.113.9;by="a,b"',
      { address: "203.0.113.9", scheme: undefined, host: undefined },
    ],
    [
      "an escaped quote is text",
      'for=203.0.113.9;by="a\\",b"',
      { address: "203.0.113.9", scheme: undefined, host: undefined },
    ],
    [
      "a proxy of ours after an open quote",
      'for="evil, for=10.0.0.2',
      { address: undefined, scheme: undefined, host: undefined },
    ],
    ["an obfuscated client", "for=_hidden;proto=https", { address: undefined, scheme: "https", host: undefined }],
    ["an unknown client", "for=unknown", { address: undefined, scheme: undefined, host: undefined }],
    ["a parameter twice", "for=203.0.113.9;for=127.0.0.1", { address: undefined, scheme: undefined, host: undefined }],
    ["nonsense", ";;=,=;", { address: undefined, scheme: undefined, host: undefined }],
    ["empty pairs", ";; for=203.0.113.9;;proto=https;", { address: "203.0.113.9", scheme: "https", host: undefined }],
    ["an obfuscated port", 'for="203.0.113.9:_x"', { address: "203.0.113.9", scheme: undefined, host: undefined }],
  ])("%s", (_what, value, expected) => {
    expect(standard.originOf(PEER, new Headers({ forwarded: value }))).toEqual(expected)
  })

  test("is not looked at where the proxies write the other ones, and the reverse", () => {
    const both = xff("203.0.113.9", { forwarded: "for=198.51.100.7;host=evil.example" })
    expect(ours.originOf(PEER, both)).toEqual({ address: "203.0.113.9", scheme: undefined, host: undefined })
    const other = new Headers({
      forwarded: "for=203.0.113.9",
      "x-forwarded-for": "198.51.100.7",
      "x-forwarded-host": "evil.example",
    })
    expect(standard.originOf(PEER, other)).toEqual({ address: "203.0.113.9", scheme: undefined, host: undefined })
  })
})

describe("trusted proxies", () => {
  test.each<[readonly (string | number)[], string]>([
    [["10.0.0.0/33"], "10.0.0.0/33"],
    [["loopbak"], 'Did you mean "loopback"?'],
    [["proxy.example"], "Known: loopback, link-local, private"],
    [[-1], "hops"],
    [[1.5], "hops"],
    [[1, 2], "hops"],
    [[1000], "hops"],
    [["__proto__"], "__proto__"],
  ])("are addresses, ranges, their names or a number of hops, and not %p", (proxies, part) => {
    expect(() => createTrustedProxies(proxies)).toThrow(
      expect.objectContaining({ code: "HTTP_PROXY_INVALID", message: expect.stringContaining(part) }),
    )
  })

  test.each(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])("by name: %s is loopback", (address) => {
    expect(createTrustedProxies(["loopback"]).trusts(address)).toBe(true)
  })
})
