import Fastify from "fastify"
import books from "./routes/books.mjs"

const app = Fastify()

app.get("/", async () => "library")

app.get("/hello/:name", async (request, reply) => {
  return { hello: request.params.name, agent: request.headers["user-agent"] }
})

app.get("/search", (request, reply) => {
  const { q, tag } = request.query
  reply.send({ q, tags: tag ?? null, url: request.url, method: request.method })
})

app.get("/page", (_request, reply) => reply.type("text/html").send("<h1>Library</h1>"))

app.get("/old", (request, reply) => reply.redirect("/books"))

app.get("/older", async (request, reply) => {
  return reply.redirect("/books", 301)
})

app.post("/echo", async (request) => ({ sent: request.body }))

app.register(books, { prefix: "/books" })

app.listen({ port: Number(process.env.PORT ?? 3000) })
