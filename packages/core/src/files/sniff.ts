import { Delimiter } from "./delimiter.ts"
import { DEEPER, SIGNATURES } from "./signatures.ts"

/** How much of a file {@link sniffType} wants to see. Less is enough for a file that is shorter. */
export const SNIFF_BYTES = 8192

const UNKNOWN = "application/octet-stream"

/** One byte that must be there: its place, its value under a mask. */
type Probe = readonly [at: number, value: number, mask: number]

interface Known {
  readonly type: string
  readonly probes: readonly Probe[]
}

/**
 * By their first byte where they have one, so that a file is held against few of them. Made for the first file: it takes as
 * long as all else that is made when an app starts.
 */
let byFirstByte: readonly (readonly Known[])[] | undefined

function knownBy(firstByte: number): readonly Known[] {
  byFirstByte ??= index(SIGNATURES.map(({ type, at }) => ({ type, probes: at.flatMap(parseProbes) })))
  return byFirstByte[firstByte]!
}

function parseProbes(text: string): Probe[] {
  const [place, digits] = text.includes(":") ? (text.split(":") as [string, string]) : ["0", text]
  return [...digits.matchAll(/([0-9a-f]{2})(?:\[([0-9a-f]{2})\])?/g)].map(([, value, mask = "ff"], offset) => [
    Number(place) + offset,
    Number.parseInt(value!, 16),
    Number.parseInt(mask, 16),
  ])
}

function index(known: readonly Known[]): readonly (readonly Known[])[] {
  return Array.from({ length: 256 }, (_, byte) =>
    known.filter(({ probes }) => probes.every(([at, value, mask]) => at !== 0 || (byte & mask) === value)),
  )
}

/**
 * What a file is, by how it begins: `image/png`, `text/html`, `application/zip` … Text that is no markup is `text/plain`,
 * bytes that nothing is known about are `application/octet-stream`. What the sender says plays no part.
 *
 * A file is what it begins as: this is no proof that the rest is well-formed, or that no other program would read it as
 * something else. Serve what strangers uploaded with `X-Content-Type-Options: nosniff`.
 *
 * @param head The first {@link SNIFF_BYTES} bytes, or all of a shorter file.
 * @see https://mimesniff.spec.whatwg.org
 * @example sniffType(await readFile("logo.png")) // "image/png"
 */
export function sniffType(head: Uint8Array): string {
  const data = head.length > SNIFF_BYTES ? head.subarray(0, SNIFF_BYTES) : head
  const mark = markOf(data)
  // Markup first, as browsers do: they take it for markup whatever bytes come after.
  const kind = mark !== undefined || beginsAsMarkup(data) ? sniffText(new TextDecoder(mark).decode(data)) : "text/plain"
  if (mark !== undefined || kind !== "text/plain") return kind
  const isBinary = data.some(isBinaryByte)
  const known = knownBy(data[0] ?? 0).find(({ probes }) => probes.every((probe) => fits(data, probe)))
  if (known !== undefined && (isBinary || !LOOSE.has(known.type))) return lookInside(known.type, data)
  return isBinary ? UNKNOWN : kind
}

function fits(data: Uint8Array, [at, value, mask]: Probe): boolean {
  return at < data.length && (data[at]! & mask) === value
}

/** Signatures so short that a text may begin with them: they count in what is no text. */
const LOOSE: ReadonlySet<string> = new Set([
  "application/x-msdownload",
  "application/vnd.apache.parquet",
  "audio/mpeg",
  "image/bmp",
  "image/vnd.adobe.photoshop",
])

/** Files in containers: the container's signature, and what in its beginning tells them apart. */
function lookInside(type: string, data: Uint8Array): string {
  if (type === "application/zip") return sniffZip(data)
  if (type === "video/webm") return has(data.subarray(0, 64), "webm") ? type : "video/x-matroska"
  if (type === "audio/ogg") return has(data, "\x80theora") ? "video/ogg" : type
  return type
}

function has(data: Uint8Array, latin1: string): boolean {
  return new Delimiter(Uint8Array.from(latin1, (character) => character.charCodeAt(0))).find(data, 0) !== -1
}

const ZIP_ENTRY = new Delimiter(Uint8Array.of(0x50, 0x4b, 3, 4))
/** What the entries of a zip say about it, by how their names begin. */
const ZIP_ENTRIES: readonly (readonly [start: string, type: string])[] = [
  ["word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  ["xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  ["ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"],
  ["META-INF/MANIFEST.MF", "application/java-archive"],
]

/** @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT section 4.3.7 */
function sniffZip(data: Uint8Array): string {
  for (let at = ZIP_ENTRY.find(data, 0); at !== -1; at = ZIP_ENTRY.find(data, at + 4)) {
    if (at + 30 > data.length) break
    const nameLength = data[at + 26]! + data[at + 27]! * 256
    const name = latin1(data.subarray(at + 30, at + 30 + nameLength))
    // The first entry of an OpenDocument and of an EPUB is its media type, neither compressed nor padded.
    if (name === "mimetype") {
      const content = latin1(data.subarray(at + 38, at + 38 + 80))
      const declared = Object.keys(DEEPER).filter((type) => content.startsWith(type))
      if (declared.length > 0) return declared.sort((a, b) => b.length - a.length)[0]!
    }
    const known = ZIP_ENTRIES.find(([start]) => name.startsWith(start))
    if (known !== undefined) return known[1]
  }
  return "application/zip"
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

/** The encoding that a byte order mark at the start names. */
function markOf([a, b, c]: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return "utf-8"
  if (a === 0xff && b === 0xfe) return "utf-16le"
  return a === 0xfe && b === 0xff ? "utf-16be" : undefined
}

/** Whether the first byte that is no blank is one that {@link sniffText} knows a kind for. */
function beginsAsMarkup(data: Uint8Array): boolean {
  const first = data.find((byte) => byte !== 0x20 && (byte < 0x09 || byte > 0x0d))
  return first === 0x3c || first === 0x23
}

/** @see https://mimesniff.spec.whatwg.org/#binary-data-byte */
function isBinaryByte(byte: number): boolean {
  return byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d && byte !== 0x1b
}

/** The tags that make a browser take text for HTML. @see https://mimesniff.spec.whatwg.org/#identifying-a-resource-with-an-unknown-mime-type */
const HTML_START =
  /^<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|base|img|form|input|object|embed|video|audio|template|noscript|frameset|center|marquee|math)(?=[\s>/]|$)/i

function sniffText(text: string): string {
  const markup = skipComments(text)
  if (HTML_START.test(markup)) return "text/html"
  if (/^<svg(?=[\s>/:]|$)/i.test(markup)) return "image/svg+xml"
  if (/^<(?:\?xml|!doctype|[a-z_][\w.-]*:)/i.test(markup)) return sniffXml(markup)
  if (/^<\?(?:php|=)/i.test(markup)) return "application/x-php"
  return markup.startsWith("#!/") ? "text/x-shellscript" : "text/plain"
}

/** What an XML document is, by its first element. */
function sniffXml(markup: string): string {
  if (/<svg(?=[\s>/]|$)|<[\w.-]+:svg(?=[\s>/]|$)|http:\/\/www\.w3\.org\/2000\/svg/i.test(markup)) return "image/svg+xml"
  return /<(?:[\w.-]+:)?html(?=[\s>/]|$)|http:\/\/www\.w3\.org\/1999\/xhtml/i.test(markup)
    ? "text/html"
    : "application/xml"
}

/** The text from its first character that is neither blank nor in a comment. */
function skipComments(text: string): string {
  let rest = text.trimStart()
  while (rest.startsWith("<!--")) {
    const end = rest.indexOf("-->", 4)
    if (end === -1) return "<html" // a comment that fills all of the window: only markup has one
    rest = rest.slice(end + 3).trimStart()
  }
  return rest
}
