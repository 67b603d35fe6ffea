/** `npm start`: on PORT. Runs as it is on Bun, Node and Deno. */
import { createHelloApp } from "./app.ts"

const app = createHelloApp()
const { url } = await app.listen({
  port: Number(process.env.PORT ?? 3000),
  host: process.env.HOST ?? "127.0.0.1",
  // On Deno every rule of WebSocket costs speed elsewhere; an echo is there to be tried, so it keeps them.
  strictWebSockets: true,
  signals: true,
})
console.log(`Hello at ${url}, on ${runtime()}`)

function runtime(): string {
  const { bun, deno, node } = process.versions
  return bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : `Node ${node}`
}
