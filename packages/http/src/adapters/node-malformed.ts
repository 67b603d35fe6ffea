import type { IncomingMessage, ServerResponse } from "node:http"
import { isHost } from "../context/target.ts"
import { BadRequest } from "../errors.ts"
import { Failure } from "../failure.ts"
import { toProblem } from "../problem.ts"
import { PROBLEM_TYPE } from "../reply/reply.ts"

/**
 * What Node lets through and RFC 9110 and 9112 do not: another version of HTTP, `*` for a path, a Host that is none, and
 * more than one. A second Host is the classic way to make two servers see two requests.
 */
export function isMalformed({ httpVersionMajor, method, url, headers, rawHeaders }: IncomingMessage): boolean {
  if (httpVersionMajor !== 1 || (url === "*" && method !== "OPTIONS")) return true
  if (headers.host !== undefined && !isHost(headers.host)) return true
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === "host" && ++hosts > 1) return true
  }
  return false
}

/** Says so, and ends the connection: who knows what comes next on it. */
export function refuseMalformed(answer: ServerResponse): void {
  const body = JSON.stringify(toProblem(new Failure(BadRequest, "The request line or the Host header is malformed")))
  answer.writeHead(400, ["content-type", PROBLEM_TYPE, "connection", "close"])
  answer.end(body)
}
