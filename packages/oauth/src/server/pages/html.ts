import { createHash } from "node:crypto"

/** HTML that was made of texts by {@link html}: what it holds is escaped. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Piece = string | Html | undefined | readonly Html[]

/** Writes HTML. Texts that are put in are escaped, wherever they stand; attributes must be in quotes. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let text = strings[0]!
  pieces.forEach((piece, at) => {
    text += write(piece) + strings[at + 1]!
  })
  return new Html(text)
}

function write(piece: Piece): string {
  if (piece === undefined) return ""
  if (typeof piece === "string") return escapeHtml(piece)
  return piece instanceof Html ? piece.text : piece.map((one) => one.text).join("")
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A text with its places filled in. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (Object.hasOwn(values, name) ? values[name]! : place))
}

/** A source of a Content-Security-Policy that lets one text in, and no other. */
export function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`
}
