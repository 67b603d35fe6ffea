import type { ServerResponse } from "node:http"

/**
 * The head of an answer, written by ourselves where Node would write the same: `writeHead` sorts out options that we
 * never use, and takes a tenth of a small request for it. Node sends whatever stands in `_header` when the body ends;
 * where it keeps its head elsewhere, or anything is out of the ordinary, `writeHead` writes it.
 */

interface Internals {
  _header?: string | null
  _contentLength?: number | null
  readonly _expect_continue?: boolean
}

/** What Node itself decides about, or what changes how the body ends. */
const SPECIAL: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "transfer-encoding",
  "trailer",
  "expect",
])
const statusLines = new Map<number, string>()

/** Ends an answer with a text of known length. `head`: name, value, name, value …, its names in lower case. */
export function endWithText(answer: ServerResponse, status: number, head: readonly string[], text: string): void {
  const lines = isOrdinary(answer) ? linesOf(head) : undefined
  if (lines !== undefined) {
    endWithLines(answer, status, lines, text)
    return
  }
  const at = head.indexOf("content-length") // the length of this text, whatever was said before
  const others = at < 0 ? head : head.toSpliced(at, 2)
  answer.writeHead(status, [...others, "content-length", String(Buffer.byteLength(text))])
  answer.end(text)
}

/** The same for {@link linesOf | lines} made before, on an answer that {@link isOrdinary}. */
export function endWithLines(answer: ServerResponse, status: number, lines: string, text: string): void {
  const length = Buffer.byteLength(text)
  const internals = answer as unknown as Internals
  answer.statusCode = status
  internals._contentLength = length
  internals._header = `${statusLine(status)}${lines}content-length: ${length}\r\nDate: ${date()}\r\nConnection: keep-alive\r\n\r\n`
  // As many bytes as characters: then it is ASCII, which is written without a look at every character.
  answer.end(text, length === text.length ? "latin1" : "utf8")
}

/** An answer to HTTP/1.1 on a connection that stays, whose body may follow its head at once. */
export function isOrdinary(answer: ServerResponse): boolean {
  const { req: message } = answer
  return (
    (answer as unknown as Internals)._header === null &&
    answer.shouldKeepAlive &&
    message.httpVersionMinor === 1 &&
    message.method !== "HEAD" &&
    (answer as unknown as Internals)._expect_continue !== true
  )
}

/** The head's lines, already checked; undefined when Node has a say in one of them. */
export function linesOf(head: readonly string[]): string | undefined {
  let lines = ""
  for (let index = 0; index < head.length; index += 2) {
    const name = head[index]!
    if (SPECIAL.has(name)) return undefined
    lines += `${name}: ${head[index + 1]}\r\n`
  }
  return lines
}

function statusLine(status: number): string {
  let line = statusLines.get(status)
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${process.getBuiltinModule("node:http").STATUS_CODES[status] ?? "unknown"}\r\n`
    statusLines.set(status, line)
  }
  return line
}

let now: string | undefined

/** The date, made once a second. @see RFC 9110, section 6.6.1 */
function date(): string {
  if (now === undefined) {
    const at = new Date()
    now = at.toUTCString()
    setTimeout(() => {
      now = undefined
    }, 1000 - at.getMilliseconds()).unref()
  }
  return now
}
