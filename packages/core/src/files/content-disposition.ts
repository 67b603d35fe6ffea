/**
 * A `Content-Disposition` header: whether a browser shows an answer or saves it, and under which name. A name beyond
 * ASCII is said twice, for clients of any age. No name can end the header or begin a folder.
 * @see https://www.rfc-editor.org/rfc/rfc6266 @see https://www.rfc-editor.org/rfc/rfc8187
 * @example
 * contentDisposition("Übersicht.pdf") // attachment; filename="_bersicht.pdf"; filename*=UTF-8''%C3%9Cbersicht.pdf
 */
export function contentDisposition(filename: string, type: "attachment" | "inline" = "attachment"): string {
  const name = filename.toWellFormed().replace(UNFIT, "_")
  const plain = name.replace(/[^\x20-\x7e]/g, "_").replace(/["%]/g, "_")
  const header = `${type}; filename="${plain}"`
  return plain === name ? header : `${header}; filename*=UTF-8''${encode(name)}`
}

/** What makes a path of a name, or has no shape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const UNFIT = /[/\\\x00-\x1f\x7f-\x9f]/g

/** Percent escapes for all but the characters that RFC 8187 allows. */
function encode(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
