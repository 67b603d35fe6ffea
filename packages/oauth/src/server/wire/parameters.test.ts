import { describe, expect, test } from "bun:test"
import { Parameters, parseScopes } from "./parameters.ts"

describe("parameters", () => {
  test("without a value count as left out", () => {
    const parameters = new Parameters({ state: "", scope: "a", resource: ["", "b"] })
    expect([parameters.get("state"), parameters.has("state"), parameters.all("resource")]).toEqual([
      undefined,
      false,
      ["b"],
    ])
  })
  test.each([
    ["twice", { scope: ["a", "a"] }],
    ["twice, once without a value", { scope: ["a", ""] }],
    ["too long", { scope: "a".repeat(8_193) }],
    ["with a line break", { state: "a\nb" }],
    ["with a NUL", { state: "a\u0000" }],
    ["half a character", { state: "\ud800" }],
    ["a resource too often", { resource: Array.from({ length: 11 }, () => "a") }],
    ["too many", Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`p${at}`, "1"]))],
  ])("are refused: %s", (_, record) => {
    expect(() => new Parameters(record)).toThrow(
      expect.objectContaining({ code: "OAUTH_REFUSED", error: "invalid_request" }),
    )
  })
  test("take no name for more than a name", () => {
    const record = JSON.parse('{"__proto__": "x", "constructor": "y"}') as Record<string, string>
    const parameters = new Parameters(record)
    expect([parameters.get("__proto__"), parameters.get("toString")]).toEqual(["x", undefined])
  })
})
test("scopes are taken once each, and in their order", () => {
  expect(parseScopes("b a  b c")).toEqual(["b", "a", "c"])
  for (const text of ["é", 'a"b', "a\\b", "a\tb", Array.from({ length: 101 }, (_, at) => `s${at}`).join(" ")])
    expect(() => parseScopes(text)).toThrow(expect.objectContaining({ error: "invalid_scope" }))
})
