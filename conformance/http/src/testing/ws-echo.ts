import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { WebSocketServer } from "ws"

/** The `ws` package on Node, echoing: the implementation that the suite's cases are tried on. */
const server = createServer((request, answer) => {
  answer.statusCode = request.url === "/ok" || request.url === "/echo" ? 200 : 404
  answer.end("ok")
})
const sockets = new WebSocketServer({ server, path: "/echo", maxPayload: 16 * 1024 * 1024, perMessageDeflate: true })
sockets.on("connection", (socket) => {
  socket.on("error", () => undefined) // `ws` has closed the connection with the code already
  socket.on("message", (data, isBinary) => socket.send(data as Uint8Array, { binary: isBinary }))
})
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }))
})
