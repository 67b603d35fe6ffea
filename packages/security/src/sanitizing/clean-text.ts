/** What can be wrong with a text that a stranger gave. */
export type TextFault =
  /** NUL, which ends a text for programs in C, and which PostgreSQL takes in no text. */
  | "nul"
  /** Other control characters than tab and the ends of lines. */
  | "control"
  /** Characters that turn the direction of what follows: a text reads as another than it is. */
  | "bidi"
  /** Characters that nobody sees: two names look the same. */
  | "invisible"
  /** Half a character: no text at all. */
  | "malformed"
  /** Another spelling of a text that looks the same (Unicode NFC). */
  | "unnormalized"

export interface TextOptions {
  /** Ends of lines and tabs belong into it. Default true; without, they are control characters. */
  readonly lines?: boolean
}

/* biome-ignore-start lint/suspicious/noControlCharactersInRegex: these are what is looked for */
const CONTROL = /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g
const LINE = /[\t\n\r\u2028\u2029\u0085]/g
/* biome-ignore-end lint/suspicious/noControlCharactersInRegex: these are what is looked for */
/** @see https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters and CVE-2021-42574 */
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Joiners that writing needs (between letters of Persian or of Indic scripts, within emoji) are none. */
const INVISIBLE = new RegExp(
  [
    "[\\u00ad\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u2060-\\u2065\\u206a-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb]",
    "\\u034f",
    "[\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e00ff}\\u{e01f0}-\\u{e0fff}]",
    // Variants of Han and Mongolian letters, elsewhere a place to hide in.
    "(?<!\\p{Script=Han})[\\u{e0100}-\\u{e01ef}]",
    "(?<!\\p{Script=Mongolian})[\\u180b-\\u180d\\u180f]",
    "(?<![\\p{L}\\p{M}\\p{Extended_Pictographic}\\u{1f3fb}-\\u{1f3ff}\\ufe0f])[\\u200c\\u200d]",
    "[\\u200c\\u200d](?![\\p{L}\\p{M}\\p{Extended_Pictographic}])",
    "(?<=[\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}])[\\u200c\\u200d]",
  ].join("|"),
  "gu",
)
/** The flags of England, Scotland and Wales are written with tags. */
const TAG_FLAG = /\u{1f3f4}[\u{e0061}-\u{e007a}]{3,6}\u{e007f}/gu

/** What is wrong with a text, each kind once; none for a text that is fine. */
export function textFaults(text: string, { lines = true }: TextOptions = {}): readonly TextFault[] {
  // Printable ASCII is the usual case.
  if (/^[\x20-\x7e]*$/.test(text)) return []
  const shown = text.replace(TAG_FLAG, "")
  const found: TextFault[] = []
  if (text.includes("\0")) found.push("nul")
  if (has(CONTROL, text) || (!lines && has(LINE, text))) found.push("control")
  if (has(BIDI, text)) found.push("bidi")
  if (has(INVISIBLE, shown)) found.push("invisible")
  if (!text.isWellFormed()) found.push("malformed")
  if (text.normalize("NFC") !== text) found.push("unnormalized")
  return found
}

/**
 * A text without what {@link textFaults} finds: control characters, turns of direction and what nobody sees are taken out, half a character
 * becomes U+FFFD, and what is left is in Unicode's form NFC. Applied again it changes nothing.
 *
 * It is no protection against markup: escape where a text is put into HTML, or see `sanitizeHtml`.
 *
 * @see https://www.unicode.org/reports/tr15/
 * @example cleanText("a\u0000b\u202Ec") // "abc"
 */
export function cleanText(text: string, options: TextOptions = {}): string {
  let clean = text
  // What is taken out may bring together what then is not normal, or alone.
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = clean
    clean = once(clean, options)
    if (clean === before) break
  }
  return clean
}

const MAX_ROUNDS = 16

function once(text: string, { lines = true }: TextOptions): string {
  const whole = text.toWellFormed()
  const flags = whole.match(TAG_FLAG) ?? []
  return whole
    .split(TAG_FLAG)
    .map((part, at) => withoutFaults(part, lines) + (flags[at] ?? ""))
    .join("")
    .normalize("NFC")
}

function withoutFaults(text: string, lines: boolean): string {
  return (lines ? text.replaceAll("\u0085", "") : text.replaceAll(LINE, " "))
    .replaceAll("\0", "")
    .replaceAll(CONTROL, "")
    .replaceAll(BIDI, "")
    .replaceAll(INVISIBLE, "")
}

function has(pattern: RegExp, text: string): boolean {
  return text.search(pattern) !== -1
}
