import { describe, expect, test } from "bun:test"
import { isGranted, parseGrants } from "./grants.ts"

test.each<[string, string, boolean]>([
  ["api.example.com", "https://api.example.com/x", true],
  ["api.example.com", "http://api.example.com/x", true],
  ["api.example.com", "https://API.EXAMPLE.COM./x", true],
  ["API.Example.com", "https://api.example.com/x", true],
  ["api.example.com", "https://api.example.com:443/x", true],
  ["api.example.com", "https://api.example.com:8443/x", false],
  ["api.example.com", "http://api.example.com:443/x", false],
  ["api.example.com", "https://example.com/x", false],
  ["api.example.com", "https://evil-api.example.com/x", false],
  ["api.example.com", "https://api.example.com.evil.org/x", false],
  ["api.example.com", "https://api.example.com..evil.org/x", false],
  ["api.example.com:8443", "https://api.example.com:8443/x", true],
  ["api.example.com:8443", "https://api.example.com/x", false],
  ["*.example.org", "https://a.example.org/", true],
  ["*.example.org", "https://a.b.example.org/", true],
  ["*.example.org", "https://example.org/", false],
  ["*.example.org", "https://badexample.org/", false],
  ["*.example.org:8443", "https://a.example.org:8443/", true],
  ["*.example.org:8443", "https://a.example.org/", false],
  ["münchen.example", "https://xn--mnchen-3ya.example/", true],
  ["203.0.113.9", "https://203.0.113.9/", true],
  ["203.0.113.9", "https://3405803785/", true],
  ["[2606:4700::1111]", "https://[2606:4700:0::1111]/", true],
])("the grant %s and %s: %p", (grant, url, expected) => {
  expect(isGranted(parseGrants([grant]), new URL(url))).toBe(expected)
})

describe("no grant is read from", () => {
  test.each([
    "",
    "*",
    "*.com",
    "*.",
    "*.*.org",
    "a.*.org",
    "https://example.com",
    "example.com/path",
    "example.com?x",
    "user@example.com",
    "a b",
    "example.com:0",
    "example.com:65536",
    "example.com:x",
    "*.1.2.3.4",
    "a\\b",
    "a#b",
  ])("%p", (entry) => {
    expect(() => parseGrants([entry])).toThrow("Expected entries of egress")
  })

  test("what is no text, or too much of it", () => {
    expect(() => parseGrants([5 as unknown as string])).toThrow()
    expect(() => parseGrants(Array.from({ length: 101 }, (_, n) => `h${n}.example`))).toThrow("at most 100")
  })
})
