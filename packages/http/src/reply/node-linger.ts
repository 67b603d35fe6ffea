import type { IncomingMessage } from "node:http"

/** How long a client may go on to send a body that nobody wants, once it is answered. */
const LINGER_MS = 5_000

/**
 * Has the connection of a request end only when its client has stopped sending, or after a while. Node would close it with
 * the answer; what the client sends from then on is refused by the network, and with the refusal it loses the answer.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function lingerAfterAnswer(message: IncomingMessage): void {
  const { socket } = message
  // Node calls this when the last byte of a connection's last answer was given away. It throws away what still comes.
  socket.destroySoon = () => {
    Reflect.deleteProperty(socket, "destroySoon")
    if (message.complete || socket.destroyed) {
      socket.destroySoon()
      return
    }
    const end = (): void => void socket.destroy()
    const timer = setTimeout(end, LINGER_MS)
    message.once("end", end)
    socket.once("close", () => clearTimeout(timer))
    socket.end()
  }
}
