import { HeadersInvalid } from "../errors.ts"
import type { HstsOptions, SecurityHeadersOptions } from "./header-options.ts"

const YEAR_SECONDS = 31_536_000

type Words = readonly string[]
const OPENER: Words = ["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none"]
const EMBEDDER: Words = ["require-corp", "credentialless", "unsafe-none"]
const RESOURCE: Words = ["same-origin", "same-site", "cross-origin"]
const FRAMES: Words = ["DENY", "SAMEORIGIN"]
const CROSS_DOMAIN: Words = ["none", "master-only", "by-content-type", "all"]
const REFERRER: Words = [
  "no-referrer",
  "no-referrer-when-downgrade",
  "origin",
  "origin-when-cross-origin",
  "same-origin",
  "strict-origin",
  "strict-origin-when-cross-origin",
  "unsafe-url",
]

/** The headers but for the policies of contents; an empty one takes away what an outer layer says. @throws {SECURITY_HEADERS_INVALID} */
export function headerValues(options: SecurityHeadersOptions): Record<string, string> {
  const { referrerPolicy = "no-referrer", permissionsPolicy = false, reportingEndpoints = false } = options
  const { strictTransportSecurity: hsts = {} } = options
  const { crossOriginOpenerPolicy: opener = "same-origin", crossOriginEmbedderPolicy: embedder = false } = options
  const { crossOriginResourcePolicy: resource = "same-origin", frameOptions = "SAMEORIGIN" } = options
  const { dnsPrefetchControl = "off", permittedCrossDomainPolicies: crossDomain = "none" } = options
  return {
    "cross-origin-opener-policy": word(opener, OPENER, "crossOriginOpenerPolicy"),
    "cross-origin-embedder-policy": word(embedder, EMBEDDER, "crossOriginEmbedderPolicy"),
    "cross-origin-resource-policy": word(resource, RESOURCE, "crossOriginResourcePolicy"),
    "origin-agent-cluster": options.originAgentCluster === false ? "" : "?1",
    "permissions-policy": permissionsPolicy === false ? "" : permissions(permissionsPolicy),
    "referrer-policy": referrerPolicy === false ? "" : referrer([referrerPolicy].flat()),
    "reporting-endpoints": reportingEndpoints === false ? "" : endpoints(reportingEndpoints),
    "strict-transport-security": hsts === false ? "" : transport(hsts),
    "x-content-type-options": options.noSniff === false ? "" : "nosniff",
    "x-dns-prefetch-control": word(dnsPrefetchControl, ["on", "off"], "dnsPrefetchControl"),
    "x-download-options": options.downloadOptions === false ? "" : "noopen",
    "x-frame-options": word(frameOptions, FRAMES, "frameOptions"),
    "x-permitted-cross-domain-policies": word(crossDomain, CROSS_DOMAIN, "permittedCrossDomainPolicies"),
    "x-xss-protection": options.xssProtection === false ? "" : "0",
  }
}

function word(value: string | false, words: Words, name: string): string {
  if (value === false) return ""
  if (words.includes(value)) return value
  throw new HeadersInvalid(`Expected ${name} to be false or one of ${words.join(", ")}, got ${JSON.stringify(value)}.`)
}

function referrer(policies: Words): string {
  for (const policy of policies) word(policy, REFERRER, "referrerPolicy")
  if (policies.length === 0) throw new HeadersInvalid("Expected a referrerPolicy, got an empty list.")
  return policies.join(", ")
}

function transport({ maxAgeSeconds = YEAR_SECONDS, includeSubDomains = true, preload = false }: HstsOptions): string {
  if (!Number.isInteger(maxAgeSeconds) || maxAgeSeconds < 0 || maxAgeSeconds > 2 * YEAR_SECONDS)
    throw new HeadersInvalid(
      `Expected maxAgeSeconds to be an integer from 0 to ${2 * YEAR_SECONDS}, got ${maxAgeSeconds}.`,
    )
  if (preload && (!includeSubDomains || maxAgeSeconds < YEAR_SECONDS))
    throw new HeadersInvalid("Expected `preload` with `includeSubDomains` and a maxAgeSeconds of a year or more.")
  return `max-age=${maxAgeSeconds}${includeSubDomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`
}

/** @see https://www.w3.org/TR/permissions-policy/#permissions-policy-http-header-field */
function permissions(policy: Readonly<Record<string, "*" | Words>>): string {
  return Object.entries(policy)
    .map(([feature, allowed]) => {
      if (!/^[a-z][a-z0-9-]*$/.test(feature))
        throw new HeadersInvalid(
          `Expected features like "camera" in permissionsPolicy, got ${JSON.stringify(feature)}.`,
        )
      if (allowed === "*") return `${feature}=*`
      return `${feature}=(${allowed.map((one) => (one === "self" ? one : `"${permitted(one)}"`)).join(" ")})`
    })
    .join(", ")
}

function permitted(origin: string): string {
  if (/^https?:\/\/(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?$/.test(origin)) return origin
  throw new HeadersInvalid(`Expected "self" or an origin in permissionsPolicy, got ${JSON.stringify(origin)}.`)
}

/** @see https://www.w3.org/TR/reporting-1/#header */
function endpoints(named: Readonly<Record<string, string>>): string {
  return Object.entries(named)
    .map(([name, url]) => {
      const isFine = /^[a-z][a-z0-9_-]*$/.test(name) && /^(?:https:\/\/|\/(?!\/))[\x21\x23-\x5b\x5d-\x7e]*$/.test(url)
      if (isFine) return `${name}="${url}"`
      throw new HeadersInvalid(
        `Expected a name in lower case and a URL of https or a path in reportingEndpoints, at "${name}".`,
      )
    })
    .join(", ")
}
