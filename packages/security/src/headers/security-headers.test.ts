import { describe, expect, test } from "bun:test"
import { type AnyLayer, type BaseContext, createApp, errors, fail, Reply } from "@ashlar/http"
import { when } from "@ashlar/http/layers"
import { compileCsp, NONCE } from "./csp.ts"
import type { SecurityHeadersOptions } from "./header-options.ts"
import { nonceOf, securityHeaders } from "./security-headers.ts"

/** As Helmet 8.1 sends them. @see https://github.com/helmetjs/helmet#readme */
const HELMET = {
  "content-security-policy":
    "default-src 'self'; base-uri 'self'; font-src 'self' https: data:; form-action 'self'; frame-ancestors 'self'; img-src 'self' data:; object-src 'none'; script-src 'self'; script-src-attr 'none'; style-src 'self' https: 'unsafe-inline'; upgrade-insecure-requests",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-dns-prefetch-control": "off",
  "x-download-options": "noopen",
  "x-frame-options": "SAMEORIGIN",
  "x-permitted-cross-domain-policies": "none",
  "x-xss-protection": "0",
}

async function ask(
  path: string,
  layers: AnyLayer[],
  inner: AnyLayer[] = [],
  handle: (ctx: BaseContext) => unknown = () => "",
) {
  const app = createApp({ layers: layers as [], onError: () => undefined })
  app.scope("/", inner as [], (scope) => {
    scope.get("/", (ctx) => handle(ctx))
    scope.get("/broken", () => {
      throw new TypeError("broken")
    })
    scope.get("/none", () => fail(errors.NotFound))
  })
  const { headers, status } = await app.fetch(new Request(`https://x.test${path}`))
  const { "content-type": _type, "cache-control": _cache, ...rest } = Object.fromEntries(headers)
  return { status, headers: rest }
}

test.each(["/", "/broken", "/none", "/nowhere"])("%s has Helmet's headers, and no others", async (path) => {
  expect((await ask(path, [securityHeaders()])).headers).toEqual(HELMET)
})

test("a route decides over all of them", async () => {
  const outer = securityHeaders({ permissionsPolicy: { camera: [] } })
  const inner = securityHeaders({
    contentSecurityPolicy: false,
    frameOptions: false,
    crossOriginResourcePolicy: "cross-origin",
    strictTransportSecurity: { maxAgeSeconds: 63_072_000, preload: true },
  })
  const { "content-security-policy": _csp, "x-frame-options": _frames, ...rest } = HELMET
  expect((await ask("/", [outer], [inner])).headers).toEqual({
    ...rest,
    "cross-origin-resource-policy": "cross-origin",
    "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
  })
  expect((await ask("/nowhere", [outer], [inner])).headers).toEqual({ ...HELMET, "permissions-policy": "camera=()" })
})

test("a handler's own header stays", async () => {
  const own = () => new Reply(200, "", undefined, { "x-frame-options": "DENY" })
  expect((await ask("/", [securityHeaders()], [], own)).headers["x-frame-options"]).toBe("DENY")
})

test("under a condition nothing is sent empty", async () => {
  const { headers } = await ask("/", [when(() => true, securityHeaders())])
  expect(headers).toEqual(HELMET)
})

test("each header can be left out, and all of them be", async () => {
  const off: Record<string, false> = {}
  for (const name of [
    "contentSecurityPolicy",
    "crossOriginOpenerPolicy",
    "crossOriginResourcePolicy",
    "strictTransportSecurity",
    "referrerPolicy",
    "frameOptions",
    "noSniff",
    "originAgentCluster",
    "dnsPrefetchControl",
    "downloadOptions",
    "permittedCrossDomainPolicies",
    "xssProtection",
  ]) {
    off[name] = false
    expect(Object.keys((await ask("/", [securityHeaders({ [name]: false })])).headers)).toHaveLength(11)
  }
  expect((await ask("/", [securityHeaders(off)])).headers).toEqual({})
})

test("the others are written as their standards say", async () => {
  const { headers } = await ask("/", [
    securityHeaders({
      permissionsPolicy: { camera: [], geolocation: ["self", "https://maps.test"], fullscreen: "*" },
      crossOriginEmbedderPolicy: "require-corp",
      referrerPolicy: ["no-referrer", "strict-origin-when-cross-origin"],
      reportingEndpoints: { csp: "/reports", other: "https://r.test/x?y=1" },
      contentSecurityPolicyReportOnly: { "script-src": ["'none'"], "report-to": ["csp"], sandbox: true },
    }),
  ])
  expect(headers).toMatchObject({
    "permissions-policy": 'camera=(), geolocation=(self "https://maps.test"), fullscreen=*',
    "cross-origin-embedder-policy": "require-corp",
    "referrer-policy": "no-referrer, strict-origin-when-cross-origin",
    "reporting-endpoints": 'csp="/reports", other="https://r.test/x?y=1"',
    "content-security-policy-report-only": "script-src 'none'; report-to csp; sandbox",
  })
})

describe("a nonce", () => {
  const policy = securityHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "script-src": ["'self'", NONCE], "style-src": [NONCE] },
    },
    contentSecurityPolicyReportOnly: { "default-src": [NONCE], "report-uri": ["/r"] },
  })
  test("is in the policies, is new for every request, and is the same within one", async () => {
    const seen = new Set<string>()
    for (let round = 0; round < 50; round++) {
      let nonce = ""
      const { headers } = await ask("/", [policy], [], (ctx) => {
        nonce = nonceOf(ctx)
        return ctx.html(nonceOf(ctx) === nonce ? "" : "another")
      })
      expect(Buffer.from(nonce, "base64")).toHaveLength(16)
      expect(headers["content-security-policy"]).toBe(`script-src 'self' 'nonce-${nonce}'; style-src 'nonce-${nonce}'`)
      expect(headers["content-security-policy-report-only"]).toBe(`default-src 'nonce-${nonce}'; report-uri /r`)
      seen.add(nonce)
    }
    expect(seen.size).toBe(50)
  })
  test("that nobody asks for is in none", async () => {
    const { headers } = await ask("/", [policy])
    expect(headers["content-security-policy"]).toBe("script-src 'self'; style-src 'none'")
  })
  test("is that of the innermost policy", async () => {
    const inner = securityHeaders({
      contentSecurityPolicy: { useDefaults: false, directives: { "script-src": [NONCE] } },
    })
    const { headers } = await ask("/", [policy], [inner], (ctx) => ctx.html(nonceOf(ctx)))
    expect(headers["content-security-policy"]).toMatch(/^script-src 'nonce-[^']+'$/)
    expect(headers["content-security-policy-report-only"]).toBeUndefined()
  })
  test("may be under a condition", async () => {
    const { headers } = await ask("/", [when(() => true, policy)], [], (ctx) => ctx.html(nonceOf(ctx)))
    expect(headers["content-security-policy"]).toMatch(/'nonce-/)
  })
  test("needs a policy with a place for it", async () => {
    for (const layers of [[], [securityHeaders()], [securityHeaders({ contentSecurityPolicy: false })]]) {
      let problem: unknown
      await ask("/", layers, [], (ctx) => {
        try {
          nonceOf(ctx)
        } catch (error) {
          problem = error
        }
      })
      expect(problem).toMatchObject({ code: "SECURITY_HEADERS_INVALID" })
    }
  })
})

describe("what browsers would not understand is refused when it is made", () => {
  const policies: [string, Record<string, unknown>, string][] = [
    ["an unknown directive", { "script-source": ["'self'"] }, 'Did you mean "script-src"?'],
    ["a word without quotes", { "script-src": ["self"] }, "quotes around self"],
    ["a hash without quotes", { "script-src": ["sha256-abc"] }, "quotes"],
    ["a second directive in a source", { "script-src": ["'self'; script-src *"] }, "semicolons"],
    ["a second policy in a source", { "script-src": ["'self',"] }, "commas"],
    ["a line break", { "script-src": ["a\r\nb"] }, "spaces"],
    ["a nonce that stays", { "script-src": ["'nonce-abc'"] }, "same for every request"],
    ["a nonce for images", { "img-src": [NONCE] }, "NONCE"],
    ["none and others", { "script-src": ["'none'", "https:"] }, "alone"],
    ["no sources", { "script-src": true }, "list of sources"],
    ["sources for a flag", { "upgrade-insecure-requests": ["x"] }, "true or false"],
    ["nothing", {}, "at least one"],
  ]
  test.each(policies)("%s", (_name, directives, part) => {
    expect(() => compileCsp(directives as never)).toThrow(part)
  })
  const wrong: [string, Record<string, unknown>][] = [
    ["a word", { crossOriginOpenerPolicy: "same" }],
    ["a frame option", { frameOptions: "ALLOW-FROM https://a.test" }],
    ["a referrer policy", { referrerPolicy: ["none"] }],
    ["no referrer policy", { referrerPolicy: [] }],
    ["preload for a day", { strictTransportSecurity: { maxAgeSeconds: 86_400, preload: true } }],
    ["preload for one host", { strictTransportSecurity: { includeSubDomains: false, preload: true } }],
    ["a time", { strictTransportSecurity: { maxAgeSeconds: -1 } }],
    ["a feature", { permissionsPolicy: { "camera=*, x": [] } }],
    ["an origin", { permissionsPolicy: { camera: ['https://a.test") x=("'] } }],
    ["an endpoint", { reportingEndpoints: { csp: 'https://a.test/"' } }],
    ["an endpoint over http", { reportingEndpoints: { csp: "http://a.test/" } }],
    ["an endpoint of another host", { reportingEndpoints: { csp: "//a.test/" } }],
  ]
  test.each(wrong)("%s", (_name, options) => {
    expect(() => securityHeaders(options as SecurityHeadersOptions)).toThrow(
      expect.objectContaining({ code: "SECURITY_HEADERS_INVALID" }),
    )
  })
})
