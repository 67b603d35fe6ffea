/** Reads answers of HTTP/1.1 as strictly as they are defined: whatever a lenient client would forgive is an error here. */

/** One final answer. @see https://www.rfc-editor.org/rfc/rfc9112#section-4 */
export interface Answer {
  readonly status: number
  readonly reason: string
  /** In the order and the case they came. */
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** One `latin1` character for each byte, so that nothing is lost or mended. */
  readonly body: string
  /** The statuses of the 1xx answers before this one. */
  readonly interim: readonly number[]
  readonly framing: "none" | "length" | "chunked" | "close"
}

/** What is wrong with an answer: the text says which rule it breaks. */
export class AnswerMalformed extends Error {}

/** The values of a field, by its lower-case name. */
export function fieldsOf(answer: Answer, name: string): string[] {
  return answer.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value)
}

/** The value of a field that must not repeat; undefined when it is absent. */
export function fieldOf(answer: Answer, name: string): string | undefined {
  return fieldsOf(answer, name)[0]
}

/** The body as text. */
export function textOf(answer: Answer): string {
  return Buffer.from(answer.body, "latin1").toString("utf8")
}

interface Head {
  readonly status: number
  readonly reason: string
  readonly fields: readonly (readonly [string, string])[]
  /** Where the body starts. */
  readonly end: number
}

export interface Parsed {
  readonly answer: Answer
  /** Where the next answer starts. */
  readonly end: number
}

export interface ParseOptions {
  /** Where the answer starts. */
  readonly start: number
  /** The method it answers: HEAD has no body, whatever its fields say. */
  readonly method: string
  /** Whether the connection has ended, so that nothing more comes. */
  readonly ended: boolean
}

/**
 * The answer that starts at `start`; undefined while more of it must come.
 * @throws {AnswerMalformed}
 */
export function parseAnswer(bytes: Buffer, { start, method, ended }: ParseOptions): Parsed | undefined {
  const interim: number[] = []
  let at = start
  for (;;) {
    const head = parseHead(bytes, at)
    if (head === undefined) return undefined
    if (head.status >= 200 || head.status === 101) {
      const body = parseBody(bytes, head, { start, method, ended })
      if (body === undefined) return undefined
      const { status, reason, fields } = head
      return { answer: { status, reason, fields, interim, body: body.text, framing: body.framing }, end: body.end }
    }
    interim.push(head.status)
    at = head.end
  }
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-5]\d\d) ([\t \x21-\x7e\x80-\xff]*)$/
const FIELD =
  /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*((?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)[ \t]*$/

function parseHead(bytes: Buffer, start: number): Head | undefined {
  const end = bytes.indexOf("\r\n\r\n", start, "latin1")
  if (end === -1) {
    if (bytes.length - start >= 5 && !bytes.subarray(start, start + 5).equals(Buffer.from("HTTP/")))
      throw new AnswerMalformed(`Expected an answer, got ${show(bytes, start)}`)
    return undefined
  }
  const [first = "", ...lines] = bytes.toString("latin1", start, end).split("\r\n")
  const status = STATUS_LINE.exec(first)
  if (status === null) throw new AnswerMalformed(`Not a status line: ${JSON.stringify(first)}`)
  const fields = lines.map((line) => {
    const field = FIELD.exec(line)
    if (field === null) throw new AnswerMalformed(`Not a field line: ${JSON.stringify(line)}`)
    return [field[1]!, field[2]!] as const
  })
  return { status: Number(status[1]), reason: status[2]!, fields, end: end + 4 }
}

interface Body {
  readonly text: string
  readonly end: number
  readonly framing: Answer["framing"]
}

/** @see https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */
function parseBody(bytes: Buffer, head: Head, { method, ended }: ParseOptions): Body | undefined {
  const values = (name: string): string[] =>
    head.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value)
  const [encodings, lengths] = [values("transfer-encoding"), values("content-length")]
  if (encodings.length > 0 && lengths.length > 0)
    throw new AnswerMalformed("The answer has both Transfer-Encoding and Content-Length")
  if (encodings.length > 1 || lengths.length > 1) throw new AnswerMalformed("The answer says its length twice")
  const bodiless = head.status === 204 || head.status === 101
  if (bodiless && (encodings.length > 0 || lengths.length > 0))
    throw new AnswerMalformed(`An answer of status ${head.status} must not say a length`)
  if (method === "HEAD" || bodiless || head.status === 304) return { text: "", end: head.end, framing: "none" }
  if (encodings.length > 0) {
    if (encodings[0]!.toLowerCase() !== "chunked") throw new AnswerMalformed(`Unknown encoding ${encodings[0]}`)
    return parseChunks(bytes, head.end)
  }
  if (lengths.length > 0) {
    if (!/^\d+$/.test(lengths[0]!)) throw new AnswerMalformed(`Not a length: ${JSON.stringify(lengths[0])}`)
    const end = head.end + Number(lengths[0])
    return bytes.length < end ? undefined : { text: bytes.toString("latin1", head.end, end), end, framing: "length" }
  }
  return ended ? { text: bytes.toString("latin1", head.end), end: bytes.length, framing: "close" } : undefined
}

function parseChunks(bytes: Buffer, start: number): Body | undefined {
  const parts: string[] = []
  let at = start
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at, "latin1")
    if (lineEnd === -1) return undefined
    const line = bytes.toString("latin1", at, lineEnd)
    if (!/^[0-9A-Fa-f]{1,8}$/.test(line)) throw new AnswerMalformed(`Not a chunk size: ${JSON.stringify(line)}`)
    const size = Number.parseInt(line, 16)
    at = lineEnd + 2
    if (bytes.length < at + size + 2) return undefined
    parts.push(bytes.toString("latin1", at, at + size))
    if (bytes[at + size] !== 13 || bytes[at + size + 1] !== 10)
      throw new AnswerMalformed(`A chunk of ${size} bytes does not end where it says`)
    at += size + 2
    if (size === 0) return { text: parts.join(""), end: at, framing: "chunked" }
  }
}

/** The start of some bytes, as a message shows them. */
export function show(bytes: Buffer, start = 0, most = 400): string {
  const text = JSON.stringify(bytes.toString("latin1", start, start + most))
  return bytes.length - start > most ? `${text} … (${bytes.length - start} bytes)` : text
}
