import { ClientError, clientError, type Problem } from "./client-error.ts"

/** Reads JSON, and leaves out the one key that could set a prototype. @throws {CLIENT_ANSWER_INVALID} */
export function parseJson(text: string): unknown {
  try {
    const isSuspect = /__proto__|\\u/.test(text) // an escape could spell it too
    return JSON.parse(text, isSuspect ? (key, value) => (key === "__proto__" ? undefined : value) : undefined)
  } catch (cause) {
    throw clientError("CLIENT_ANSWER_INVALID", "Expected JSON.", { cause })
  }
}

/** Reads a body as text, up to a limit. @throws {CLIENT_ANSWER_INVALID} */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ""
  let bytes = 0
  for await (const chunk of chunksOf(response)) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw clientError("CLIENT_ANSWER_INVALID", `Larger than ${maxBytes} bytes.`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** The chunks of a body; whoever stops in the middle ends the connection. Not every browser iterates streams by itself. */
export async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  if (reader === undefined) return
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** The media type of an answer, without its parameters. */
export function typeOf({ headers }: Response): string {
  return /^[^;\s]*/.exec(headers.get("content-type") ?? "")![0].toLowerCase()
}

/** The error that an answer tells: one of the route's, or one that it does not declare. */
export async function toError(response: Response, codes: readonly string[], maxBytes: number): Promise<ClientError> {
  const { status, headers } = response
  const problem = toProblem(await readText(response, maxBytes))
  const { code = "", detail = code } = problem ?? {}
  const facts = { status, problem, retryAfterMs: retryAfter(headers.get("retry-after")) }
  const isDeclared = codes.includes(code)
  return new ClientError(isDeclared ? code : "CLIENT_UNDECLARED", isDeclared ? detail : `${status} ${detail}`, facts)
}

function toProblem(text: string): Problem | undefined {
  try {
    const value = parseJson(text) as Problem | null
    return typeof value?.code === "string" ? value : undefined
  } catch {
    return undefined
  }
}

/** Seconds or a date. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  return Math.max(0, Number(value) * 1000 || Date.parse(value) - Date.now() || 0)
}
