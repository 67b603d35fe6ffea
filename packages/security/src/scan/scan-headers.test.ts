import { describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { securityHeaders } from "../headers/security-headers.ts"
import { judgeHeaders, scanHeaders } from "./scan-headers.ts"

describe("headers", () => {
  const rules = (headers: [string, string][], url = "https://app.test/") =>
    judgeHeaders(new URL(url), new Headers(headers)).map(({ rule }) => rule)
  test("an app with securityHeaders has nothing to mend, one without has", async () => {
    const bare = createApp()
    const app = createApp({ layers: [securityHeaders()] })
    for (const one of [bare, app]) one.get("/", (ctx) => ctx.html("a"))
    const ask = (which: typeof app) =>
      scanHeaders("https://app.test/", (async (url: URL, init?: RequestInit) =>
        which.fetch(new Request(url, init))) as typeof fetch)
    expect(await ask(app)).toEqual([])
    expect((await ask(bare)).map(({ rule }) => rule)).toEqual([
      "header/no-csp",
      "header/no-hsts",
      "header/no-nosniff",
      "header/framing",
    ])
  })
  const good: [string, string][] = [
    ["content-security-policy", "script-src 'self'; frame-ancestors 'none'"],
    ["strict-transport-security", "max-age=31536000"],
    ["x-content-type-options", "nosniff"],
  ]
  test.each<[[string, string][], string[]]>([
    [[], []],
    [[["set-cookie", "sid=1; Secure; HttpOnly; SameSite=Lax"]], []],
    [[["set-cookie", "sid=1; HttpOnly"]], ["header/cookie"]],
    [
      [
        ["set-cookie", "a=1; Secure; HttpOnly; SameSite=Lax"],
        ["set-cookie", "b=1"],
      ],
      ["header/cookie"],
    ],
    [[["x-powered-by", "Express"]], ["header/banner"]],
    [[["server", "nginx"]], []],
    [[["server", "nginx/1.18.0"]], ["header/banner"]],
    [
      [
        ["access-control-allow-origin", "https://ashlar-scan.invalid"],
        ["access-control-allow-credentials", "true"],
      ],
      ["header/cors"],
    ],
    [[["access-control-allow-origin", "*"]], []],
  ])("%j: %j", (more, expected) => expect(rules([...good, ...more])).toEqual(expected as never))
  test.each([
    ["script-src * ; frame-ancestors 'none'", ["header/weak-csp"]],
    ["default-src 'self' 'unsafe-inline'; frame-ancestors 'none'", ["header/weak-csp"]],
    ["script-src 'unsafe-inline' 'nonce-abc' ; frame-ancestors 'none'", []],
    ["script-src 'unsafe-eval' 'nonce-abc' ; frame-ancestors 'none'", ["header/weak-csp"]],
    ["img-src 'self'; frame-ancestors 'none'", ["header/weak-csp"]],
    ["script-src 'self'; script-src *; frame-ancestors 'none'", []],
    ["script-src 'self'", ["header/framing"]],
  ])("the policy %s: %j", (policy, expected) => {
    expect(rules([["content-security-policy", policy], ...good.slice(1)])).toEqual(expected as never)
  })
  test("plain HTTP is for this machine only", () => {
    expect(rules(good, "http://app.test/")).toEqual(["header/no-tls"])
    expect(rules(good, "http://localhost:3000/")).toEqual([])
  })
  test("HSTS for a day is none", () => {
    expect(rules([good[0]!, good[2]!, ["strict-transport-security", "max-age=86400"]])).toEqual(["header/no-hsts"])
  })
  test("of what cannot be asked are told of: SECURITY_SCAN_INPUT_INVALID", async () => {
    for (const url of ["ftp://a", "http://127.0.0.1:1"])
      await expect(scanHeaders(url)).rejects.toMatchObject({ code: "SECURITY_SCAN_INPUT_INVALID" })
  })
})
