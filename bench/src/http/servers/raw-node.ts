/** node:http by hand: a flat list of headers, one `writeHead`, one `end`. */
import type { IncomingMessage, ServerResponse } from "node:http"
import { join } from "node:path"
import { EVENTS, FILE_NAME, HEADERS, HEADERS_IN, HEADERS_OUT, readSettings } from "../profile.ts"
import { isOrder, isUser, userOf } from "./raw-check.ts"
import { findRoute, findWide } from "./raw-router.ts"
import { readSession } from "./raw-session.ts"

const { createServer } = process.getBuiltinModule("node:http")
const { readFile } = process.getBuiltinModule("node:fs")
const { port, profile, files } = readSettings()
const file = join(files, FILE_NAME)

type Handle = (message: IncomingMessage, answer: ServerResponse, path: string, query: string | undefined) => void
const NOTHING: readonly string[] = []
const CORS = ["access-control-allow-origin", "*", "x-request-id"]

function text(answer: ServerResponse, status: number, body: string): void {
  answer.writeHead(status, ["content-type", "text/plain", "content-length", String(body.length)])
  answer.end(body)
}

function json(answer: ServerResponse, status: number, value: unknown, headers: readonly string[] = NOTHING): void {
  const body = JSON.stringify(value)
  const length = String(Buffer.byteLength(body))
  answer.writeHead(status, ["content-type", "application/json", "content-length", length, ...headers])
  answer.end(body)
}

function readJson(message: IncomingMessage, then: (body: unknown) => void): void {
  const chunks: Buffer[] = []
  message.on("data", (chunk: Buffer) => chunks.push(chunk))
  message.on("end", () => {
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
    let body: unknown
    try {
      body = JSON.parse(bytes.toString("utf8"))
    } catch {
      body = undefined
    }
    then(body)
  })
}

function userIn(path: string, query: string | undefined): { id: string; name: string | null } {
  return { id: path.slice(7), name: query === undefined ? null : new URLSearchParams(query).get("name") }
}

const plain: Handle = (message, answer, path, query) => {
  if (path === "/") text(answer, 200, "hi")
  else if (message.method === "GET" && path.startsWith("/users/")) json(answer, 200, userIn(path, query))
  else if (message.method === "POST" && path === "/users")
    readJson(message, (body) =>
      isUser(body) ? json(answer, 200, userOf(body)) : json(answer, 400, { error: "invalid" }),
    )
  else text(answer, 404, "Not Found")
}

const layers: Handle = (_message, answer, path, query) => {
  if (path === "/") text(answer, 200, "hi")
  else if (path.startsWith("/users/")) json(answer, 200, userIn(path, query), [...CORS, crypto.randomUUID()])
  else text(answer, 404, "Not Found")
}

const routes: Handle = (_message, answer, path) => {
  const found = findRoute(path)
  if (found !== undefined) json(answer, 200, found)
  else if (path === "/") text(answer, 200, "hi")
  else text(answer, 404, "Not Found")
}

const wide: Handle = (_message, answer, path) => {
  const found = findWide(path)
  if (found !== undefined) json(answer, 200, found)
  else if (path === "/") text(answer, 200, "hi")
  else text(answer, 404, "Not Found")
}

const more: Handle = (message, answer, path) => {
  switch (path) {
    case "/session": {
      const found = readSession(message.headers.cookie)
      if (found === undefined) return text(answer, 401, "Unauthorized")
      return json(answer, 200, { user: found.session.user }, ["set-cookie", found.setCookie])
    }
    case "/headers": {
      const headers = ["content-type", "text/plain", "content-length", "2"]
      for (let at = 0; at < HEADERS; at++)
        headers.push(HEADERS_OUT[at]!, (message.headers[HEADERS_IN[at]!] as string | undefined) ?? "")
      answer.writeHead(200, headers)
      answer.end("ok")
      return
    }
    case "/orders":
      return readJson(message, (body) =>
        isOrder(body) ? json(answer, 200, { items: body.items.length }) : json(answer, 400, { error: "invalid" }),
      )
    case `/static/${FILE_NAME}`:
      return sendFile(answer)
    case "/events": {
      answer.writeHead(200, ["content-type", "text/event-stream"])
      answer.cork()
      for (let n = 0; n < EVENTS; n++) answer.write(`id: ${n}\ndata: ${JSON.stringify({ n })}\n\n`)
      answer.uncork()
      answer.end()
      return
    }
    default:
      return path === "/" ? text(answer, 200, "hi") : text(answer, 404, "Not Found")
  }
}

function sendFile(answer: ServerResponse): void {
  readFile(file, (error, bytes) => {
    if (error !== null) return text(answer, 404, "Not Found")
    answer.writeHead(200, ["content-type", "text/plain", "content-length", String(bytes.length)])
    answer.end(bytes)
  })
}

const handle = { plain, layers, routes, wide, more }[profile]
createServer((message, answer) => {
  const url = message.url ?? "/"
  const start = url.indexOf("?")
  if (start === -1) handle(message, answer, url, undefined)
  else handle(message, answer, url.slice(0, start), url.slice(start + 1))
}).listen(port, "127.0.0.1")
