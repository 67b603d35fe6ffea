const fastify = require("fastify")()
const notes = ["one"]

function routes(instance, options, done) {
  instance.get("/notes", (req, reply) => {
    reply.send(notes)
  })
  instance.post("/notes", async (req, reply) => {
    notes.push(req.body.text)
    const answer = { count: notes.length }
    reply.status(201).send(answer)
  })
  done()
}

function health(request, reply) {
  reply.send("well")
}

fastify.get("/health", health)
fastify.register(routes)
fastify.register((fastify, opts, done) => {
  fastify.get("/versions", async () => ({ version: 2 }))
  done()
}, { prefix: "/v2" })

const start = async () => {
  await fastify.listen({ port: process.env.PORT, host: "127.0.0.1" })
}
start()
