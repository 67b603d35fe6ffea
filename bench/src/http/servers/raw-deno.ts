/** Deno.serve by hand: the path cut out of the address, and no options for a response that needs none. */
import { join } from "node:path"
import { EVENTS, FILE_NAME, HEADERS, HEADERS_IN, HEADERS_OUT, readSettings } from "../profile.ts"
import type { DenoRuntime } from "./deno.ts"
import { isOrder, isUser, userOf } from "./raw-check.ts"
import { findRoute, findWide } from "./raw-router.ts"
import { readSession } from "./raw-session.ts"

const { Deno: deno } = globalThis as unknown as { Deno: DenoRuntime }
const { port, profile, files } = readSettings()
const file = join(files, FILE_NAME)
const encoder = new TextEncoder()

type Handle = (request: Request, path: string, query: string | undefined) => Response | Promise<Response>
const root = (): Response => new Response("hi")
const notFound = (): Response => new Response("Not Found", { status: 404 })
const invalid = (): Response => Response.json({ error: "invalid" }, { status: 400 })

function userIn(path: string, query: string | undefined): { id: string; name: string | null } {
  return { id: path.slice(7), name: query === undefined ? null : new URLSearchParams(query).get("name") }
}

const plain: Handle = (request, path, query) => {
  if (path === "/") return root()
  if (request.method === "GET" && path.startsWith("/users/")) return Response.json(userIn(path, query))
  return request.method === "POST" && path === "/users" ? createUser(request) : notFound()
}

async function createUser(request: Request): Promise<Response> {
  const body: unknown = await request.json()
  return isUser(body) ? Response.json(userOf(body)) : invalid()
}

const layers: Handle = (_request, path, query) => {
  if (path === "/") return root()
  if (!path.startsWith("/users/")) return notFound()
  const response = Response.json(userIn(path, query))
  response.headers.set("access-control-allow-origin", "*")
  response.headers.set("x-request-id", crypto.randomUUID())
  return response
}

const routes: Handle = (_request, path) => {
  const found = findRoute(path)
  if (found !== undefined) return Response.json(found)
  return path === "/" ? root() : notFound()
}

const wide: Handle = (_request, path) => {
  const found = findWide(path)
  if (found !== undefined) return Response.json(found)
  return path === "/" ? root() : notFound()
}

const more: Handle = (request, path) => {
  switch (path) {
    case "/session": {
      const found = readSession(request.headers.get("cookie"))
      if (found === undefined) return new Response("Unauthorized", { status: 401 })
      const response = Response.json({ user: found.session.user })
      response.headers.set("set-cookie", found.setCookie)
      return response
    }
    case "/headers": {
      const headers: [string, string][] = []
      for (let at = 0; at < HEADERS; at++) headers.push([HEADERS_OUT[at]!, request.headers.get(HEADERS_IN[at]!) ?? ""])
      return new Response("ok", { headers })
    }
    case "/orders":
      return createOrder(request)
    case `/static/${FILE_NAME}`:
      return sendFile()
    case "/events":
      return new Response(events(), { headers: { "content-type": "text/event-stream" } })
    default:
      return path === "/" ? root() : notFound()
  }
}

async function createOrder(request: Request): Promise<Response> {
  const body: unknown = await request.json()
  return isOrder(body) ? Response.json({ items: body.items.length }) : invalid()
}

async function sendFile(): Promise<Response> {
  const response = new Response((await deno.readFile(file)) as Uint8Array<ArrayBuffer>)
  response.headers.set("content-type", "text/plain")
  return response
}

function events(): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let n = 0; n < EVENTS; n++)
        controller.enqueue(encoder.encode(`id: ${n}\ndata: ${JSON.stringify({ n })}\n\n`))
      controller.close()
    },
  })
}

const handle = { plain, layers, routes, wide, more }[profile]
deno.serve({ port, hostname: "127.0.0.1", onListen: () => undefined }, (request) => {
  const { url } = request
  const start = url.indexOf("/", 8)
  const end = url.indexOf("?", start)
  if (end === -1) return handle(request, url.slice(start), undefined)
  return handle(request, url.slice(start, end), url.slice(end + 1))
})
