/**
 * What a `Cookie` header holds. Values come as they were meant by `Set-Cookie` of this package: percent escapes decoded,
 * quotes around the whole taken off.
 * @see https://www.rfc-editor.org/rfc/rfc6265#section-4.2
 */

const SEMICOLON = 59
const EQUALS = 61

/** The value of one cookie, found without reading the others; the first where a name repeats. */
export function findCookie(header: string, name: string): string | undefined {
  for (let at = header.indexOf(name); at !== -1; at = header.indexOf(name, at + 1)) {
    let equals = at + name.length
    while (isSpace(header.charCodeAt(equals))) equals++
    if (header.charCodeAt(equals) !== EQUALS || !startsPair(header, at)) continue
    const end = header.indexOf(";", equals)
    return decodeCookie(header.slice(equals + 1, end === -1 ? header.length : end))
  }
  return undefined
}

/** Whether only space stands between here and the pair before. */
function startsPair(header: string, at: number): boolean {
  let before = at - 1
  while (before >= 0 && isSpace(header.charCodeAt(before))) before--
  return before < 0 || header.charCodeAt(before) === SEMICOLON
}

function isSpace(code: number): boolean {
  return code === 32 || code === 9
}

/** Pairs beyond this many are not read. Browsers keep 180 for a site. */
const MAX_PAIRS = 300

/** All cookies, in a record without a prototype; the first where a name repeats. */
export function parseCookies(header: string): Record<string, string> {
  const cookies: Record<string, string> = Object.create(null) as Record<string, string>
  let start = 0
  for (let pairs = 0; start < header.length && pairs < MAX_PAIRS; pairs++) {
    let end = header.indexOf(";", start)
    if (end === -1) end = header.length
    const equals = header.indexOf("=", start)
    if (equals !== -1 && equals < end) {
      const name = header.slice(start, equals).trim()
      if (name !== "" && cookies[name] === undefined) cookies[name] = decodeCookie(header.slice(equals + 1, end))
    }
    start = end + 1
  }
  return cookies
}

function decodeCookie(raw: string): string {
  const text = raw.trim()
  const plain = text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text
  if (!plain.includes("%")) return plain
  try {
    return decodeURIComponent(plain)
  } catch {
    return plain // somebody else's cookie, with a percent sign in it
  }
}
