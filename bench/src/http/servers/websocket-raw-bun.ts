/** WebSockets of Bun.serve by hand: what a client sends goes to all, by Bun's own topics. */
import { readSettings } from "../profile.ts"

const TOPIC = "all"
const { port } = readSettings()
const server = Bun.serve({
  port,
  hostname: "127.0.0.1",
  fetch(request, self) {
    if (self.upgrade(request)) return undefined
    return new Response("hi")
  },
  websocket: {
    idleTimeout: 960,
    open: (socket) => void socket.subscribe(TOPIC),
    message: (_socket, message) => void server.publish(TOPIC, message),
  },
})
