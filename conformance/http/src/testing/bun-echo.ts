/** Bun's own WebSocket server, echoing: what the suite's client is tried on. */
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch(request, self) {
    const { pathname } = new URL(request.url)
    if (pathname === "/ok") return new Response("ok")
    if (pathname !== "/echo") return new Response("nothing here", { status: 404 })
    return self.upgrade(request) ? undefined : new Response("no upgrade", { status: 426, headers: VERSION })
  },
  websocket: {
    maxPayloadLength: 16 * 1024 * 1024,
    backpressureLimit: 64 * 1024 * 1024,
    message(socket, message) {
      socket.send(message)
    },
  },
})
const VERSION: Record<string, string> = { "sec-websocket-version": "13" }
console.log(JSON.stringify({ url: server.url.href.replace(/\/$/, "") }))
