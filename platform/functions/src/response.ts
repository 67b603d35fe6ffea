import { BadResponse } from "./errors.ts"
import type { InvokeAnswer } from "./messages.ts"

/** What a function may not say: cookies of the platform's origin, the frame of the message, the platform's own marks. */
const refusedHeaders = new Set(
  "set-cookie set-cookie2 connection keep-alive transfer-encoding content-length upgrade trailer te ashlar-invocation".split(
    " ",
  ),
)
const withoutBody = new Set([204, 205, 304])
const MAX_HEADER_BYTES = 64 * 1024

export interface ResponseHead {
  readonly status: number
  readonly headers: Headers
  readonly hasBody: boolean
}

/**
 * Checks the head of a function's response and takes out what a function may not say.
 *
 * @throws {FUNCTIONS_BAD_RESPONSE} when the status is not from 200 to 599, or a header is none.
 */
export function checkResponse(answer: InvokeAnswer, invocation: string): ResponseHead {
  const { status } = answer
  if (!Number.isInteger(status) || status < 200 || status > 599)
    throw new BadResponse(`Expected a status from 200 to 599, got ${JSON.stringify(status)}.`)
  const headers = new Headers()
  let bytes = 0
  try {
    for (const [name, value] of answer.headers) {
      bytes += name.length + value.length
      if (!refusedHeaders.has(name.toLowerCase())) headers.append(name, value)
    }
  } catch (cause) {
    throw new BadResponse("A header of the response is not valid.", { cause })
  }
  if (bytes > MAX_HEADER_BYTES)
    throw new BadResponse(`The headers of the response have more than ${MAX_HEADER_BYTES} bytes.`)
  headers.set("ashlar-invocation", invocation)
  return { status, headers, hasBody: answer.hasBody === true && !withoutBody.has(status) }
}
