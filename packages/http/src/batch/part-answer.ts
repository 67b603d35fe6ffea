import { BatchTooLarge } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { toProblem } from "../problem.ts"
import { PROBLEM_TYPE } from "../reply/reply.ts"
import { isJsonType } from "./part.ts"

/** The answer to one part. */
export interface BatchAnswer {
  readonly id?: string
  readonly status: number
  /** By name, in lower case. Cookies are not among them: they are the batch's own. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON as its value, other text as text, anything else in base64; absent when the answer has none. */
  readonly body?: unknown
  readonly encoding?: "base64"
}

/** So many bytes may still come, for all parts together. */
export interface Budget {
  left: number
  readonly maxAnswerBytes: number
}

/** Headers of a connection, not of an answer; and the length, which is another one in here. */
const DROPPED: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "set-cookie",
  "trailer",
  "transfer-encoding",
  "upgrade",
])

export function failedPart(failure: Failure): BatchAnswer {
  return { status: failure.status, headers: { "content-type": PROBLEM_TYPE }, body: toProblem(failure) }
}

/** Reads an answer into the batch's. A body beyond the budget is given up, and its part says so. */
export async function answeredPart(response: Response, budget: Budget, signal: AbortSignal): Promise<BatchAnswer> {
  const bytes = await readWithin(response, budget, signal)
  if (bytes === undefined)
    return failedPart(
      fail(
        BatchTooLarge,
        `The answers are larger than ${budget.maxAnswerBytes} bytes together. Ask for this one alone`,
        {
          maxAnswerBytes: budget.maxAnswerBytes,
        },
      ),
    )
  const headers: Record<string, string> = {}
  for (const [name, value] of response.headers) if (!DROPPED.has(name)) headers[name] = value
  return { status: response.status, headers, ...bodyOf(bytes, response.headers.get("content-type") ?? "") }
}

async function readWithin({ body }: Response, budget: Budget, signal: AbortSignal): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = body?.getReader()
  const stop = (): void => void reader?.cancel().catch(() => undefined)
  signal.addEventListener("abort", stop) // a stream without end ends with the batch
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done) break
    size += value!.byteLength
    budget.left -= value!.byteLength
    if (budget.left < 0) {
      stop()
      return undefined
    }
    chunks.push(value!)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

const TEXTUAL = /^(?:text\/|application\/(?:xml|yaml|x-www-form-urlencoded|x-ndjson|.*\+(?:xml|yaml)))/i

function bodyOf(bytes: Uint8Array, type: string): Pick<BatchAnswer, "body" | "encoding"> {
  if (bytes.byteLength === 0) return {}
  if (isJsonType(type)) {
    try {
      return { body: JSON.parse(new TextDecoder().decode(bytes)) }
    } catch {
      // It is not what it says: passed on as bytes.
    }
  } else if (TEXTUAL.test(type)) {
    try {
      return { body: new TextDecoder("utf-8", { fatal: true }).decode(bytes) }
    } catch {
      // In another charset: passed on as bytes.
    }
  }
  let binary = ""
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return { body: btoa(binary), encoding: "base64" }
}
