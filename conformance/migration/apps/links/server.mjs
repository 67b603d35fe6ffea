import { serve } from "@hono/node-server"
import { Hono } from "hono"
import tags from "./routes/tags.mjs"

const app = new Hono()
const links = new Map([["1", { id: "1", to: "https://example.org" }]])

app.get("/", (c) => c.text("links"))

app.get("/page", (c) => c.html("<h1>Links</h1>"))

app.get("/links", (c) => {
  const q = c.req.query("q")
  const all = [...links.values()]
  return c.json(q === undefined ? all : all.filter(({ to }) => to.includes(q)))
})

app.get("/links/:id", (c) => {
  const link = links.get(c.req.param("id"))
  if (!link) return c.json({ error: "no such link" }, 404)
  c.header("x-todo", link.id)
  return c.json(link)
})

app.post("/links", async (c) => {
  const { to } = await c.req.json()
  if (!to) {
    return c.json({ error: "where to?" }, 400)
  }
  const link = { id: String(links.size + 1), to }
  links.set(link.id, link)
  c.header("location", `/links/${link.id}`)
  return c.json(link, 201)
})

app.delete("/links/:id", (c) => (links.delete(c.req.param("id")) ? c.body(null, 204) : c.notFound()))

app.get("/go/:id", (c) => c.redirect(links.get(c.req.param("id"))?.to ?? "/links"))
app.get("/gone/:id", (c) => c.redirect("/links", 301))

app.get("/agent/:first?", (c) =>
  c.json({
    first: c.req.param("first") ?? null,
    agent: c.req.header("User-Agent"),
    none: c.req.header("x-none") ?? null,
    method: c.req.method,
  }),
)

app.post("/echo", async (c) => new Response(await c.req.text(), { headers: { "content-type": "text/plain" } }))

app.route("/tags", tags)

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) })
