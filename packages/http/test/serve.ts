import app from "./conformance-app.ts"

const server = await app.listen({ port: Number(process.env.PORT ?? 0) })
console.log(JSON.stringify({ url: server.url }))
process.on("SIGTERM", async () => {
  await app.stop(2000)
  console.log(JSON.stringify({ stopped: true }))
  process.exit(0)
})
