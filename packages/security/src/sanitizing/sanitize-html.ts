import sanitize from "sanitize-html"
import { HtmlTooLarge } from "../errors.ts"
import { cleanText } from "./clean-text.ts"

/**
 * How much markup is left: `text` none at all; `inline` what stands in a line (emphasis, code, links); `article` paragraphs, headings, lists,
 * quotes, tables and pictures besides.
 */
export type HtmlPreset = "text" | "inline" | "article"

const INLINE = [
  "a",
  "abbr",
  "b",
  "br",
  "code",
  "del",
  "em",
  "i",
  "ins",
  "kbd",
  "mark",
  "q",
  "s",
  "small",
  "strong",
  "sub",
  "sup",
  "u",
]
const ARTICLE = [
  ...INLINE,
  "blockquote",
  "caption",
  "dd",
  "div",
  "dl",
  "dt",
  "figcaption",
  "figure",
  "h1",
  "h2",
  "h3",
  "h4",
  "h5",
  "h6",
  "hr",
  "img",
  "li",
  "ol",
  "p",
  "pre",
  "span",
  "table",
  "tbody",
  "td",
  "tfoot",
  "th",
  "thead",
  "tr",
  "ul",
]
const MAX_LENGTH = 1_000_000
const MAX_NESTING = 50

const common: sanitize.IOptions = {
  allowedSchemes: ["https", "http", "mailto"],
  allowedSchemesByTag: { img: ["https"] },
  allowedSchemesAppliedToAttributes: ["href", "src", "cite"],
  // `//evil.test` is an address of another host.
  allowProtocolRelative: false,
  allowVulnerableTags: false,
  disallowedTagsMode: "discard",
  nonTextTags: [
    "style",
    "script",
    "textarea",
    "option",
    "noscript",
    "template",
    "iframe",
    "svg",
    "math",
    "xmp",
    "noembed",
    "noframes",
    "plaintext",
    "title",
  ],
  enforceHtmlBoundary: false,
  parseStyleAttributes: false,
  nestingLimit: MAX_NESTING,
  transformTags: {
    // A page that is opened must not reach back, and strangers' links are no recommendations.
    a: (tagName, attribs) => ({ tagName, attribs: { ...attribs, rel: "noopener noreferrer nofollow ugc" } }),
    img: (tagName, attribs) => ({ tagName, attribs: { ...attribs, loading: "lazy", referrerpolicy: "no-referrer" } }),
  },
}

const PRESETS: Readonly<Record<HtmlPreset, sanitize.IOptions>> = {
  text: { ...common, allowedTags: [], allowedAttributes: {} },
  inline: { ...common, allowedTags: INLINE, allowedAttributes: { a: ["href", "rel", "title"], abbr: ["title"] } },
  article: {
    ...common,
    allowedTags: ARTICLE,
    allowedAttributes: {
      a: ["href", "rel", "title"],
      abbr: ["title"],
      img: ["src", "alt", "title", "width", "height", "loading", "referrerpolicy"],
      ol: ["start"],
      td: ["colspan", "rowspan"],
      th: ["colspan", "rowspan", "scope"],
    },
  },
}

/**
 * HTML of a stranger's without what could act: scripts, handlers, styles, frames, forms, addresses of other schemes. What is not in the
 * preset is taken away, its text stays. Control characters go first, so that none hides a name from the parser.
 *
 * The answer is for the content of an element. It fits no attribute, and no `<script>`.
 *
 * @throws {SECURITY_HTML_TOO_LARGE} beyond a million characters.
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html
 * @example sanitizeHtml('<b onclick="steal()">hi</b><script>steal()</script>', "inline") // "<b>hi</b>"
 */
export function sanitizeHtml(html: string, preset: HtmlPreset = "inline"): string {
  if (html.length > MAX_LENGTH)
    throw new HtmlTooLarge(`Expected at most ${MAX_LENGTH} characters of HTML, got ${html.length}.`)
  return sanitize(cleanText(html), PRESETS[preset])
}
