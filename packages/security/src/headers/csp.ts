import { nearest } from "@ashlar/core"
import { HeadersInvalid } from "../errors.ts"

/** Stands in a list of sources for the nonce of each request, which `nonceOf(ctx)` gives. */
export const NONCE: unique symbol = Symbol("the nonce of the request")

export type CspSource = string | typeof NONCE

const FETCH = [
  "child-src",
  "connect-src",
  "default-src",
  "fenced-frame-src",
  "font-src",
  "frame-src",
  "img-src",
  "manifest-src",
  "media-src",
  "object-src",
  "script-src",
  "script-src-attr",
  "script-src-elem",
  "style-src",
  "style-src-attr",
  "style-src-elem",
  "worker-src",
] as const
const OTHER = [
  "base-uri",
  "form-action",
  "frame-ancestors",
  "report-to",
  "report-uri",
  "require-trusted-types-for",
] as const
const LISTS_OR_NONE = ["sandbox", "trusted-types"] as const
const FLAGS = ["upgrade-insecure-requests"] as const

export type CspDirective =
  | (typeof FETCH)[number]
  | (typeof OTHER)[number]
  | (typeof LISTS_OR_NONE)[number]
  | (typeof FLAGS)[number]

/** A list of sources by directive; `true` for a directive without any; `false` takes a default away. */
export type CspDirectives = { readonly [D in CspDirective]?: readonly CspSource[] | boolean }

/** What Helmet sends. @see https://helmetjs.github.io/#content-security-policy */
export const DEFAULT_DIRECTIVES: CspDirectives = {
  "default-src": ["'self'"],
  "base-uri": ["'self'"],
  "font-src": ["'self'", "https:", "data:"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'self'"],
  "img-src": ["'self'", "data:"],
  "object-src": ["'none'"],
  "script-src": ["'self'"],
  "script-src-attr": ["'none'"],
  "style-src": ["'self'", "https:", "'unsafe-inline'"],
  "upgrade-insecure-requests": true,
}

/** A policy, put together as far as it can be before a request. */
export interface Csp {
  /** Where there is no nonce: who asks for none gets a policy without one. */
  readonly plain: string
  /** The policy with a nonce; undefined where it has no place for one. */
  readonly withNonce: ((nonce: string) => string) | undefined
}

const KNOWN: readonly string[] = [...FETCH, ...OTHER, ...LISTS_OR_NONE, ...FLAGS]
const MAX_SOURCES = 500
/** Words that mean nothing, and silently so, without their quotes. */
const QUOTED =
  /^(?:self|none|unsafe-inline|unsafe-eval|unsafe-hashes|strict-dynamic|report-sample|wasm-unsafe-eval|inline-speculation-rules|nonce-.*|sha(?:256|384|512)-.*)$/i
/** With one of these in place of the nonce, a page would be as good as without a policy. */
const STATIC_NONCE = /^'nonce-/i

/** @throws {SECURITY_HEADERS_INVALID} */
export function compileCsp(directives: CspDirectives): Csp {
  const entries = Object.entries(directives).filter(([, sources]) => sources !== false && sources !== undefined)
  for (const [name, sources] of entries) checkDirective(name, sources)
  if (entries.length === 0) throw new HeadersInvalid("Expected a policy with at least one directive, got none.")
  const hasNonce = entries.some(([, sources]) => Array.isArray(sources) && sources.includes(NONCE))
  const write = (nonce: string | undefined): string =>
    entries.map(([name, sources]) => writeDirective(name, sources as readonly CspSource[] | true, nonce)).join("; ")
  if (!hasNonce) return { plain: write(undefined), withNonce: undefined }
  const [first, ...parts] = write("\0").split("\0")
  return { plain: write(undefined), withNonce: (nonce) => parts.reduce((text, part) => text + nonce + part, first!) }
}

function writeDirective(name: string, sources: readonly CspSource[] | true, nonce: string | undefined): string {
  if (sources === true) return name
  const written = sources.flatMap((source) => {
    if (source !== NONCE) return source
    return nonce === undefined ? [] : `'nonce-${nonce}'`
  })
  if (written.length > 0) return `${name} ${written.join(" ")}`
  return (LISTS_OR_NONE as readonly string[]).includes(name) ? name : `${name} 'none'`
}

function checkDirective(name: string, sources: unknown): void {
  if (!KNOWN.includes(name)) {
    const close = nearest(name, KNOWN)
    throw new HeadersInvalid(
      `Expected a directive of a content security policy, got "${name}".${close === undefined ? "" : ` Did you mean "${close}"?`}`,
    )
  }
  const isFlag = (FLAGS as readonly string[]).includes(name)
  if (sources === true && (isFlag || (LISTS_OR_NONE as readonly string[]).includes(name))) return
  if (isFlag || !Array.isArray(sources) || sources.length > MAX_SOURCES)
    throw new HeadersInvalid(`Expected ${isFlag ? "true or false" : "a list of sources"} for ${name}.`)
  for (const source of sources) checkSource(name, source)
  if (sources.includes("'none'") && sources.length > 1)
    throw new HeadersInvalid(`Expected 'none' alone in ${name}: with others browsers ignore it.`)
}

function checkSource(directive: string, source: unknown): void {
  if (source === NONCE) {
    if (!/^(?:default|script|style)-src/.test(directive))
      throw new HeadersInvalid(`Expected NONCE in script-src, style-src or default-src, got it in ${directive}.`)
    return
  }
  if (typeof source !== "string" || !/^[\x21-\x2b\x2d-\x3a\x3c-\x7e]+$/.test(source))
    throw new HeadersInvalid(`Expected sources of ${directive} without spaces, commas and semicolons.`)
  if (QUOTED.test(source) && !/^(?:report-to|trusted-types|sandbox)$/.test(directive))
    throw new HeadersInvalid(
      `Expected quotes around ${source} in ${directive}: "'${source}'". Without them it is a host's name.`,
    )
  if (STATIC_NONCE.test(source))
    throw new HeadersInvalid(`Expected NONCE in ${directive}, got a nonce that is the same for every request.`)
}
