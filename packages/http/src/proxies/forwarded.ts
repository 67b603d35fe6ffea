import type { RequestHeaders } from "../context/request-headers.ts"

/** What one proxy said of the connection it took. Values as sent; nothing about them is checked yet. */
export interface ForwardedHop {
  /** Who connected to the proxy. */
  readonly for: string | undefined
  readonly proto: string | undefined
  readonly host: string | undefined
}

/** Which headers the proxies write. */
export type ForwardedHeader = "x-forwarded-for" | "forwarded"

/**
 * What the proxies said, the nearest first. Read from the right, since every proxy adds to the end: whatever a caller sent
 * stands further left, and is looked at only if all that is right of it was said by proxies that are trusted.
 */
export function* forwardedHops(headers: RequestHeaders, header: ForwardedHeader): Generator<ForwardedHop> {
  if (header === "forwarded") {
    for (const element of elementsFromRight(headers.get("forwarded"))) yield parseElement(element)
    return
  }
  const protos = [...itemsFromRight(headers.get("x-forwarded-proto"))]
  const hosts = [...itemsFromRight(headers.get("x-forwarded-host"))]
  let hop = 0
  for (const item of itemsFromRight(headers.get("x-forwarded-for"))) {
    // Most proxies replace these two and do not add to them: the last value that is there is meant for all.
    yield { for: item, proto: protos[Math.min(hop, protos.length - 1)], host: hosts[Math.min(hop, hosts.length - 1)] }
    hop++
  }
  if (hop === 0 && (protos.length > 0 || hosts.length > 0)) yield { for: undefined, proto: protos[0], host: hosts[0] }
}

function* itemsFromRight(value: string | null): Generator<string> {
  if (value === null) return
  let end = value.length
  while (end >= 0) {
    const comma = end === 0 ? -1 : value.lastIndexOf(",", end - 1)
    yield value.slice(comma + 1, end).trim()
    end = comma
  }
}

/**
 * The elements of a `Forwarded` header from the right; `undefined` where what is left is not well-formed. Quotes are
 * counted from the right as well: with a quote that he leaves open, a caller would hide what the proxies add after it.
 */
function* elementsFromRight(value: string | null): Generator<string | undefined> {
  if (value === null) return
  let end = value.length
  let isQuoted = false
  for (let index = value.length - 1; index >= 0; index--) {
    const character = value[index]
    if (character === '"' && !isEscaped(value, index, isQuoted)) isQuoted = !isQuoted
    if (character !== "," || isQuoted) continue
    yield value.slice(index + 1, end)
    end = index
  }
  yield isQuoted ? undefined : value.slice(0, end)
}

/** An odd number of backslashes before a quote that stands inside quotes makes it a character of the text. */
function isEscaped(text: string, at: number, isQuoted: boolean): boolean {
  if (!isQuoted) return false
  let before = at
  while (before > 0 && text[before - 1] === "\\") before--
  return (at - before) % 2 === 1
}

/** The grammar lets pairs be empty: `for=192.0.2.1;;proto=https`. */
function withoutEmpty(pairs: string): string {
  return pairs.replace(/^[\s;]+/, "")
}

const NOTHING: ForwardedHop = { for: undefined, proto: undefined, host: undefined }
const PAIR = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)")\s*(?:;|$)/

/**
 * `for="[2001:db8::1]:4711";proto=https;host=example.com`. An element that is not well-formed says nothing.
 * @see https://www.rfc-editor.org/rfc/rfc7239#section-4
 */
function parseElement(element: string | undefined): ForwardedHop {
  if (element === undefined) return NOTHING
  const found = new Map<string, string>()
  let rest = withoutEmpty(element.trim())
  while (rest !== "") {
    const match = PAIR.exec(rest)
    if (match === null) return NOTHING
    const name = match[1]!.toLowerCase()
    if (found.has(name)) return NOTHING // the grammar has each parameter once
    found.set(name, match[2] ?? match[3]!.replace(/\\(.)/g, "$1"))
    rest = withoutEmpty(rest.slice(match[0].length))
  }
  return { for: found.get("for"), proto: found.get("proto"), host: found.get("host") }
}
