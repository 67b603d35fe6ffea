/** What of a page is not to be read. */
const HIDDEN = new Set(["head", "style", "script", "title", "template"])
const BLOCKS = new Set(
  "address article blockquote div dl dd dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table tr ul".split(
    " ",
  ),
)
/** Those with an empty line around them. */
const APART = new Set("p h1 h2 h3 h4 h5 h6 ul ol table blockquote pre".split(" "))
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  copy: "©",
  reg: "®",
  hellip: "…",
  ndash: "–",
  mdash: "—",
  euro: "€",
  laquo: "«",
  raquo: "»",
  bull: "•",
  middot: "·",
  times: "×",
  zwnj: "",
  shy: "",
}

/** The text of a message's HTML, for those who read no HTML: paragraphs, lists, and links with where they lead. */
export function toText(html: string): string {
  const out: string[] = []
  let link: Link | undefined // none is within another one
  let hidden = 0
  for (const [token, tag] of tokens(html)) {
    const isEnd = token.startsWith("</")
    if (tag !== undefined && HIDDEN.has(tag)) hidden = Math.max(0, hidden + (isEnd ? -1 : 1))
    else if (hidden > 0) continue
    else if (tag === undefined) out.push(decode(token).replace(/\s+/g, " "))
    else if (tag === "br") out.push("\n")
    else if (tag === "li") out.push(isEnd ? "\n" : "\n- ")
    else if (tag === "td" || tag === "th") out.push(isEnd ? " " : "")
    else if (tag === "img") out.push(attribute(token, "alt"))
    else if (tag === "hr") out.push("\n---\n")
    else if (tag === "a" && !isEnd) link = { href: attribute(token, "href"), at: out.length }
    else if (tag === "a") {
      out.push(target(link, out))
      link = undefined
    } else if (BLOCKS.has(tag)) out.push(APART.has(tag) ? "\n\n" : "\n")
  }
  const lines = out
    .join("")
    .replace(/[ \t]{2,}/g, " ")
    .replace(/[ \t]?\n[ \t]?/g, "\n")
  return lines.replace(/\n{3,}/g, "\n\n").trim()
}

interface Link {
  readonly href: string
  /** Where its text begins, among the pieces. */
  readonly at: number
}

/** Tags with their names, and the text between them. Each character is looked at once: what never ends is text, all of it. */
function* tokens(html: string): Generator<readonly [token: string, tag?: string]> {
  for (let at = 0; at < html.length; ) {
    const open = html.indexOf("<", at)
    if (open !== at) {
      yield [html.slice(at, open < 0 ? html.length : open)]
      if (open < 0) return
      at = open
    }
    if (html.startsWith("<!--", at)) {
      const end = html.indexOf("-->", at + 4)
      if (end < 0) return
      at = end + 3
      continue
    }
    // A declaration: `<!doctype html>`.
    if (/^<[!?]/.test(html.slice(at, at + 2))) {
      const end = html.indexOf(">", at)
      if (end < 0) return
      at = end + 1
      continue
    }
    const name = /^<\/?([a-zA-Z][a-zA-Z0-9]{0,30})/.exec(html.slice(at, at + 33))?.[1]
    const end = name === undefined ? at : endOfTag(html, at)
    const token = html.slice(at, end < 0 ? html.length : end + 1)
    if (name === undefined || end < 0) yield [token]
    else yield [token, name.toLowerCase()]
    at += token.length
  }
}

function endOfTag(html: string, from: number): number {
  for (let at = from; at < html.length; at++) {
    const char = html[at]
    if (char === ">") return at
    if (char !== '"' && char !== "'") continue
    at = html.indexOf(char, at + 1)
    if (at < 0) return -1
  }
  return -1
}

/** Where a link leads, unless that is what it says. */
function target(link: Link | undefined, out: readonly string[]): string {
  if (link === undefined || link.href === "" || link.href.startsWith("#")) return ""
  const shown = out.slice(link.at).join("").trim()
  return shown === link.href || `mailto:${shown}` === link.href ? "" : ` (${link.href})`
}

function attribute(tag: string, name: string): string {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, "i").exec(tag)
  return decode(match?.[1] ?? match?.[2] ?? match?.[3] ?? "")
}

function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name]! : whole
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
