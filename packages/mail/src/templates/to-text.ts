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
  const links: { readonly href: string; readonly at: number }[] = []
  let hidden = 0
  // A tag, a comment, or text up to the next of them: each character is looked at once.
  for (const [token, name] of html.matchAll(
    /<!--[\s\S]*?(?:-->|$)|<\/?([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|'[^']*'|[^'">])*>|[^<]+|</g,
  )) {
    const tag = name?.toLowerCase()
    const isEnd = token.startsWith("</")
    if (tag !== undefined && HIDDEN.has(tag)) hidden = Math.max(0, hidden + (isEnd ? -1 : 1))
    else if (hidden > 0 || token.startsWith("<!--")) continue
    else if (tag === undefined) out.push(decode(token).replace(/\s+/g, " "))
    else if (tag === "br") out.push("\n")
    else if (tag === "li") out.push(isEnd ? "\n" : "\n- ")
    else if (tag === "td" || tag === "th") out.push(isEnd ? " " : "")
    else if (tag === "img") out.push(attribute(token, "alt"))
    else if (tag === "hr") out.push("\n---\n")
    else if (tag === "a" && !isEnd) links.push({ href: attribute(token, "href"), at: out.length })
    else if (tag === "a") out.push(target(links.pop(), out))
    else if (BLOCKS.has(tag)) out.push(APART.has(tag) ? "\n\n" : "\n")
  }
  return out
    .join("")
    .replace(/[ \t]*\n[ \t]*/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/ {2,}/g, " ")
    .trim()
}

/** Where a link leads, unless that is what it says. */
function target(link: { readonly href: string; readonly at: number } | undefined, out: readonly string[]): string {
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
