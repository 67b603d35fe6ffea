const shelf = new Map([["1", { id: "1", title: "Emma" }]])
let last = 1

/** Books, and what may be done with them. */
export default async function books(fastify, options) {
  fastify.get("/", async () => [...shelf.values()])

  fastify.get("/:id", async (request, reply) => {
    const book = shelf.get(request.params.id)
    if (!book) {
      reply.code(404)
      return { error: "no such book" }
    }
    reply.header("x-todo", book.id)
    return book
  })

  fastify.post("/", async (request, reply) => {
    const { title } = request.body
    if (!title) return reply.code(400).send({ error: "a title, please" })
    const book = { id: String(++last), title }
    shelf.set(book.id, book)
    return reply.code(201).header("location", `/books/${book.id}`).send(book)
  })

  fastify.delete("/:id", (request, reply) => {
    if (shelf.delete(request.params.id)) {
      reply.code(204).send()
    } else {
      reply.status(404).send({ error: "gone" })
    }
  })
}
