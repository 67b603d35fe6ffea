/** Bun.serve by hand: native routes, or one map behind `fetch` where there are too many siblings for them. */
import { join } from "node:path"
import { EVENTS, FILE_NAME, HEADERS, HEADERS_IN, HEADERS_OUT, readSettings } from "../profile.ts"
import { isOrder, isUser, userOf } from "./raw-check.ts"
import { findRoute, findWide } from "./raw-router.ts"
import { readSession } from "./raw-session.ts"

type Routes = Bun.Serve.Routes<undefined, string>
const { port, profile, files } = readSettings()
const hostname = "127.0.0.1"
const notFound = (): Response => new Response("Not Found", { status: 404 })
const invalid = (): Response => Response.json({ error: "invalid" }, { status: 400 })
const root = (): Response => new Response("hi")

function nameIn(url: string): string | null {
  const start = url.indexOf("?")
  return start === -1 ? null : new URLSearchParams(url.slice(start + 1)).get("name")
}

function pathOf(url: string): string {
  const start = url.indexOf("/", 8)
  const end = url.indexOf("?", start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}

const plain: Routes = {
  "/": root,
  "/users/:id": { GET: (request) => Response.json({ id: request.params.id, name: nameIn(request.url) }) },
  "/users": {
    POST: async (request) => {
      const body: unknown = await request.json()
      return isUser(body) ? Response.json(userOf(body)) : invalid()
    },
  },
}

const layers: Routes = {
  "/": root,
  "/users/:id": {
    GET: (request) =>
      Response.json(
        { id: request.params.id, name: nameIn(request.url) },
        { headers: { "access-control-allow-origin": "*", "x-request-id": crypto.randomUUID() } },
      ),
  },
}

const more: Routes = {
  "/": root,
  "/session": {
    GET: (request) => {
      const found = readSession(request.headers.get("cookie"))
      if (found === undefined) return new Response("Unauthorized", { status: 401 })
      return Response.json({ user: found.session.user }, { headers: { "set-cookie": found.setCookie } })
    },
  },
  "/headers": {
    GET: (request) => {
      const headers: Record<string, string> = {}
      for (let at = 0; at < HEADERS; at++) headers[HEADERS_OUT[at]!] = request.headers.get(HEADERS_IN[at]!) ?? ""
      return new Response("ok", { headers })
    },
  },
  "/orders": {
    POST: async (request) => {
      const body: unknown = await request.json()
      return isOrder(body) ? Response.json({ items: body.items.length }) : invalid()
    },
  },
  [`/static/${FILE_NAME}`]: { GET: () => new Response(Bun.file(join(files, FILE_NAME))) },
  "/events": { GET: () => new Response(events(), { headers: { "content-type": "text/event-stream" } }) },
}

function events(): ReadableStream {
  return new ReadableStream({
    type: "direct",
    pull(controller: ReadableStreamDirectController) {
      for (let n = 0; n < EVENTS; n++) controller.write(`id: ${n}\ndata: ${JSON.stringify({ n })}\n\n`)
      controller.close()
    },
  } as unknown as UnderlyingSource)
}

const byHand = {
  routes: (request: Request): Response => {
    const path = pathOf(request.url)
    const found = findRoute(path)
    if (found !== undefined) return Response.json(found)
    return path === "/" ? root() : notFound()
  },
  wide: (request: Request): Response => {
    const path = pathOf(request.url)
    const found = findWide(path)
    if (found !== undefined) return Response.json(found)
    return path === "/" ? root() : notFound()
  },
}

if (profile === "routes" || profile === "wide") Bun.serve({ port, hostname, fetch: byHand[profile] })
else Bun.serve({ port, hostname, routes: { plain, layers, more }[profile], fetch: notFound })
