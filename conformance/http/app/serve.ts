import app from "./app.ts"

/** Bun, Node and Deno: listens, and says where in its first line. */
const server = await app.listen({ port: Number(process.env.PORT ?? 0) })
console.log(JSON.stringify({ url: server.url }))
