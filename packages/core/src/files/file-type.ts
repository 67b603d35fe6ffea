import { DEEPER, REFINEMENTS, SIGNATURES } from "./signatures.ts"

const UNKNOWN = "application/octet-stream"

/** The extension of each type that is known here. */
const extensions: ReadonlyMap<string, string> = new Map([
  ["text/plain", ".txt"],
  ...Object.values(REFINEMENTS).flatMap((kinds) => Object.entries(kinds)),
  ...Object.entries(DEEPER),
  ...SIGNATURES.map(({ type, extension }) => [type, extension] as const),
])

/** The types that a sender's word decides, where the content is no more than what they look like. */
const refined: ReadonlySet<string> = new Set(Object.values(REFINEMENTS).flatMap((kinds) => Object.keys(kinds)))

/** The usual extension of a type, with its dot; undefined for a type that is not known here. */
export function extensionOf(type: string): string | undefined {
  return extensions.get(type)
}

/**
 * What a file counts as. What is recognised by content is that, whatever was declared. The sender's word decides only
 * where content cannot: between kinds that look alike (text that may be CSV), and for kinds that nobody recognises here.
 */
export function resolveType(sniffed: string, declared: string): string {
  if (Object.hasOwn(REFINEMENTS[sniffed] ?? {}, declared)) return declared
  const isOpen = sniffed === UNKNOWN || sniffed === "text/plain"
  return isOpen && !extensions.has(declared) && !refined.has(declared) && declared !== UNKNOWN ? declared : sniffed
}

/**
 * Whether a type is one that a rule names: `image/png`, or `image/*` for all of a kind. A star never takes in what
 * browsers run as a page of its own (SVG, HTML, XML): those must be named.
 */
export function isNamed(type: string, named: readonly string[]): boolean {
  return named.some(
    (one) => one === type || (one.endsWith("/*") && type.startsWith(one.slice(0, -1)) && !ACTIVE.has(type)),
  )
}

const ACTIVE: ReadonlySet<string> = new Set([
  "image/svg+xml",
  "text/html",
  "application/xhtml+xml",
  "application/xml",
  "text/xml",
  "text/javascript",
  "application/x-php",
  "text/x-shellscript",
])
