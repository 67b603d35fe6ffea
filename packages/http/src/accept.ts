/**
 * The `Accept` family of headers: what a caller takes, and how much it likes each of it.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5
 */

/** One member of an `Accept`, `Accept-Encoding` or `Accept-Language` header. */
export interface Accepted {
  /** The range or token without its parameters, in lower case: `text/html`, `text/*`, `gzip`, `en-gb`, `*`. */
  readonly value: string
  /** Parameters other than `q`, names in lower case: `version=1`. Quotes are taken off. */
  readonly params: ReadonlyMap<string, string>
  /** 0 (never this) to 1. */
  readonly q: number
}

/** What comes after so many characters or members is not read. A browser sends 150, and eight. */
const MAX_LENGTH = 4096
const MAX_MEMBERS = 64

/** A token, then parameters; quotes may hold commas and semicolons. Only what fits is read, the rest is passed over. */
const MEMBER =
  /^[\t ]*([!#$%&'*+\-.^_`|~0-9a-z]+(?:\/[!#$%&'*+\-.^_`|~0-9a-z]+)?)[\t ]*((?:;(?:[^,"]|"(?:[^"\\]|\\.)*")*)?)$/i
const PARAM = /;[\t ]*([!#$%&'*+\-.^_`|~0-9a-z]+)[\t ]*=[\t ]*(?:"((?:[^"\\]|\\.)*)"|([^\t ;,"]*))[\t ]*/gi
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
const NO_PARAMS: ReadonlyMap<string, string> = new Map()

/**
 * Reads a header of the `Accept` family. Members that are malformed, or whose weight is, are left out, and so is what
 * comes after 64 of them or 4,096 characters. Never throws.
 * @example
 * parseAccept("text/html, application/*;q=0.5") // [{ value: "text/html", q: 1, … }, { value: "application/*", q: 0.5, … }]
 */
export function parseAccept(header: string): readonly Accepted[] {
  const members: Accepted[] = []
  for (const text of split(header.slice(0, MAX_LENGTH))) {
    const match = MEMBER.exec(text)
    if (match === null) continue
    const value = match[1]!.toLowerCase()
    if (match[2] === "") {
      members.push({ value, params: NO_PARAMS, q: 1 })
      continue
    }
    const params = paramsIn(match[2]!)
    const weight = params.get("q")
    params.delete("q")
    if (weight === undefined) members.push({ value, params, q: 1 })
    else if (WEIGHT.test(weight)) members.push({ value, params, q: Number(weight) })
  }
  return members
}

/** The members of a list, where a comma in quotes does not separate. */
function split(header: string): readonly string[] {
  if (!header.includes('"')) return header.split(",", MAX_MEMBERS)
  const members: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < header.length && members.length < MAX_MEMBERS; at++) {
    const char = header[at]
    if (quoted && char === "\\") at++
    else if (char === '"') quoted = !quoted
    else if (char === "," && !quoted) {
      members.push(header.slice(start, at))
      start = at + 1
    }
  }
  if (members.length < MAX_MEMBERS) members.push(header.slice(start))
  return members
}

function paramsIn(text: string): Map<string, string> {
  const params = new Map<string, string>()
  for (const [, name, quoted, plain] of text.matchAll(PARAM)) {
    const key = name!.toLowerCase()
    if (!params.has(key)) params.set(key, quoted === undefined ? plain! : quoted.replace(/\\(.)/g, "$1"))
  }
  return params
}

/** How well a member fits an offer: 0 is not at all, more is more specific. */
type Fit = (member: Accepted, offer: string) => number

/**
 * The media type to answer with: the one that the caller likes best, by its most specific range; among equals the more
 * specifically named one, then the first of the list. Without a header, or with none of it readable, the first.
 * @param types in the server's order, in lower case: `application/json`, `text/html;charset=utf-8`.
 * @returns undefined when none is acceptable: answer 406.
 * @example
 * preferred(["application/json", "text/html"], "text/html, *\/*;q=0.8") // "text/html"
 */
export function preferred<const T extends string>(types: readonly T[], header: string | null): T | undefined {
  const members = header === null || header === "*/*" ? [] : parseAccept(header)
  return members.length === 0 ? types[0] : best(types, members, fitType)
}

/**
 * The coding to compress with, or `identity` for none. Without a header it is `identity`: who does not say that it
 * decodes may not.
 * @param encodings those that the server can make, in its order: `["zstd", "br", "gzip"]`.
 * @returns undefined when the caller refuses even the plain form (`identity;q=0`).
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function preferredEncoding<const T extends string>(
  encodings: readonly T[],
  header: string | null,
): T | "identity" | undefined {
  if (header === null || header === "") return "identity"
  const members = parseAccept(header)
  const chosen = best<T | "identity">([...encodings, "identity"], members, fitEncoding)
  if (chosen !== undefined) return chosen
  // Acceptable unless it is refused by name, or by a `*` that no `identity` corrects.
  return members.some(({ value }) => value === "identity" || value === "*") ? undefined : "identity"
}

/**
 * The language to answer in. A range takes longer tags (`en` takes `en-GB`), and as a last resort a longer range takes
 * a shorter tag (`de-AT` takes `de`). Without a header, or with none of it readable, the first.
 * @returns undefined when none is acceptable; most answer in their first language all the same.
 * @see https://www.rfc-editor.org/rfc/rfc4647#section-3
 */
export function preferredLanguage<const T extends string>(
  languages: readonly T[],
  header: string | null,
): T | undefined {
  const members = header === null ? [] : parseAccept(header)
  return members.length === 0 ? languages[0] : best(languages, members, fitLanguage)
}

function best<T extends string>(offers: readonly T[], members: readonly Accepted[], fit: Fit): T | undefined {
  let chosen: T | undefined
  let chosenQ = 0
  let chosenFit = 0
  for (const offer of offers) {
    let q = 0
    let closest = 0
    for (const member of members) {
      const own = fit(member, offer)
      if (own <= closest) continue
      closest = own
      q = member.q
    }
    if (q === 0 || q < chosenQ || (q === chosenQ && closest <= chosenFit)) continue
    chosen = offer
    chosenQ = q
    chosenFit = closest
  }
  return chosen
}

/** `*\/*`, then `text/*`, then `text/html`, then that with parameters, the more the closer. */
function fitType({ value, params }: Accepted, offer: string): number {
  const end = offer.indexOf(";")
  const type = end === -1 ? offer : offer.slice(0, end).trimEnd()
  if (value === type) return params.size === 0 ? 3 : fitParams(params, end === -1 ? "" : offer.slice(end))
  if (params.size > 0) return 0
  if (value === "*/*") return 1
  return value.endsWith("/*") && type.startsWith(value.slice(0, -1)) ? 2 : 0
}

/** A range with a parameter takes only what has the same one; the values of most parameters have no case. */
function fitParams(wanted: ReadonlyMap<string, string>, text: string): number {
  const own = paramsIn(text)
  for (const [name, value] of wanted)
    if (name !== "charset" && own.get(name)?.toLowerCase() !== value.toLowerCase()) return 0
  return 3 + wanted.size
}

function fitEncoding({ value }: Accepted, offer: string): number {
  if (value === offer || (value === "x-gzip" && offer === "gzip")) return 2
  return value === "*" ? 1 : 0
}

function fitLanguage({ value, q }: Accepted, offer: string): number {
  if (value === "*") return 1
  const tag = offer.toLowerCase()
  if (value === tag) return 2 + tag.length
  if (tag.startsWith(`${value}-`)) return 2 + value.length
  return value.startsWith(`${tag}-`) && q > 0 ? 2 : 0 // who refuses `de-AT` has nothing against `de`
}
