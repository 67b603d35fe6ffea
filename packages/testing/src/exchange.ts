/** One request that was sent, as a failing test shows it. */
export interface SentRequest {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: Headers
  /** The body as text; `undefined`: none. */
  readonly body: string | undefined
}

/** What came back. */
export interface ReceivedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

const MAX_BODY_CHARACTERS = 4000
const MAX_CAUSE_LINES = 12
const SECRETS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"])

/** A request and its answer, for people; with the errors that the app reported, which the caller is not told. */
export function exchangeText(
  sent: SentRequest,
  received: ReceivedAnswer | undefined,
  causes: readonly unknown[],
): string {
  const lines = [`${sent.method} ${sent.target}`, ...headerLines(sent.headers), ...bodyLines(sent.body ?? "")]
  if (received !== undefined)
    lines.push("", String(received.status), ...headerLines(received.headers), ...bodyLines(received.body))
  for (const cause of causes) lines.push("", "The app reported:", ...causeLines(cause))
  return lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n")
}

function headerLines(headers: Headers): string[] {
  return [...headers].map(([name, value]) => `  ${name}: ${SECRETS.has(name) ? `(${value.length} characters)` : value}`)
}

function bodyLines(body: string): string[] {
  if (body === "") return []
  const text = prettyJson(body) ?? printable(body)
  const cut =
    text.length > MAX_BODY_CHARACTERS ? `${text.slice(0, MAX_BODY_CHARACTERS)}… (${body.length} characters)` : text
  return cut.split("\n").map((line) => `  ${line}`)
}

function prettyJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return undefined // it only looks like JSON
  }
}

/** A terminal is not to obey what an answer says. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it looks for
  return text.replace(/[\0-\x08\x0b-\x1f\x7f]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`)
}

function causeLines(cause: unknown): string[] {
  const text = cause instanceof Error ? (cause.stack ?? String(cause)) : String(cause)
  const own = text.startsWith(String(cause)) ? text : `${String(cause)}\n${text}`
  return own
    .split("\n")
    .slice(0, MAX_CAUSE_LINES)
    .map((line) => `  ${line}`)
}
