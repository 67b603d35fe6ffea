import { MultipartInvalid } from "../errors.ts"
import { parseHeaderParams } from "./header-params.ts"
import { NullRecord } from "./null-record.ts"
import { decodeUtf8 } from "./utf8.ts"

/** What the headers of a part say. */
export interface PartHeaders {
  readonly name: string
  /** As it was sent; undefined for a part that is no file. */
  readonly filename: string | undefined
  /** The declared media type, lower-cased, without parameters. */
  readonly type: string
  /** By lower-cased name, in a record without a prototype. */
  readonly headers: Readonly<Record<string, string>>
}

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/
/** Encodings that leave the bytes as they are. */
const IDENTITY_ENCODINGS: ReadonlySet<string> = new Set(["7bit", "8bit", "binary"])
const UTF8_CHARSETS: ReadonlySet<string> = new Set(["utf-8", "utf8", "us-ascii"])

/**
 * Reads the lines between a boundary and the empty line.
 * @throws {HTTP_MULTIPART_INVALID}
 * @see https://www.rfc-editor.org/rfc/rfc7578#section-4
 */
export function parsePartHeaders(block: Uint8Array, place: string): PartHeaders {
  const headers = new NullRecord<string>()
  const text = decodeUtf8(block)
  if (text === undefined) throw new MultipartInvalid(`${place} has headers that are not UTF-8`)
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":")
    const name = line.slice(0, Math.max(0, colon)).toLowerCase()
    if (!NAME.test(name) || CONTROL.test(line)) {
      throw new MultipartInvalid(`${place} has a header line that is none. Expected "Name: value"`)
    }
    if (name in headers) throw new MultipartInvalid(`${place} has two ${name} headers. Send one`)
    headers[name] = withoutBlanks(line, colon + 1)
  }
  const { name, filename } = readDisposition(headers["content-disposition"], place)
  return { name, filename, type: readType(headers, filename, place), headers }
}

/** What browsers write, and most others: read at one look, and to the same result as by the whole grammar. */
const PLAIN_DISPOSITION = /^form-data; name="([^"]*)"(?:; filename="([^"]*)")?$/

/** By hand: a pattern that trims both ends takes quadratic time on a long run of blanks. */
function withoutBlanks(line: string, from: number): string {
  let [start, end] = [from, line.length]
  while (start < end && isBlank(line[start])) start++
  while (end > start && isBlank(line[end - 1])) end--
  return line.slice(start, end)
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t"
}

function readDisposition(text: string | undefined, place: string): Pick<PartHeaders, "name" | "filename"> {
  if (text === undefined) throw new MultipartInvalid(`${place} has no Content-Disposition header`)
  const plain = PLAIN_DISPOSITION.exec(text)
  if (plain !== null)
    return { name: undoEscapes(plain[1]!), filename: plain[2] === undefined ? undefined : undoEscapes(plain[2]) }
  const parsed = parseHeaderParams(text, "plain")
  if (parsed === undefined) {
    throw new MultipartInvalid(
      `${place} has a Content-Disposition that cannot be read. Write names in quotes, and a quote in them as %22`,
    )
  }
  const { value, params } = parsed
  const name = params.get("name")
  const filename = params.get("filename")
  if (value !== "form-data" || name === undefined) {
    throw new MultipartInvalid(`${place}: expected Content-Disposition to be form-data with a name`)
  }
  // Some clients send both forms; the other one is then a second reading of the same name, and only one may count.
  if (filename === undefined && params.has("filename*")) {
    throw new MultipartInvalid(`${place} names its file with filename*, which forms may not use. Send filename="…"`)
  }
  return { name: undoEscapes(name), filename: filename === undefined ? undefined : undoEscapes(filename) }
}

/** Undoes what browsers do to a name, and nothing else. @see https://html.spec.whatwg.org/#multipart-form-data */
function undoEscapes(name: string): string {
  return name.includes("%") ? name.replace(/%22|%0D|%0A/gi, (escaped) => decodeURIComponent(escaped)) : name
}

function readType(headers: PartHeaders["headers"], filename: string | undefined, place: string): string {
  const encoding = headers["content-transfer-encoding"]
  if (encoding !== undefined && !IDENTITY_ENCODINGS.has(encoding.toLowerCase())) {
    throw new MultipartInvalid(`${place} has a Content-Transfer-Encoding, which forms may not use. Send the bytes`)
  }
  const declared = headers["content-type"]
  if (declared === undefined) return filename === undefined ? "text/plain" : "application/octet-stream"
  const parsed = parseHeaderParams(declared, "escaped")
  if (parsed === undefined || !parsed.value.includes("/")) {
    throw new MultipartInvalid(`${place} has a Content-Type that cannot be read`)
  }
  const charset = parsed.params.get("charset")?.toLowerCase()
  if (filename === undefined && charset !== undefined && !UTF8_CHARSETS.has(charset)) {
    throw new MultipartInvalid(`${place} is text in another charset. Send UTF-8`)
  }
  return parsed.value
}
