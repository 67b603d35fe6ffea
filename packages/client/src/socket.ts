import { parseJson } from "./answer.ts"
import { clientError } from "./client-error.ts"
import type { ClientSocket } from "./contract.ts"

/** Messages that wait for who iterates; one more closes the connection with 1008. */
const MAX_WAITING = 10_000

/** Opens a WebSocket connection; resolves once it is there. @throws {CLIENT_NETWORK} */
export function openSocket(url: string, isJson: boolean, signal: AbortSignal): Promise<ClientSocket<unknown, unknown>> {
  const socket = new WebSocket(url.replace(/^http/, "ws"))
  socket.binaryType = "arraybuffer"
  const waiting: unknown[] = []
  let wake = (): void => undefined
  let isOver = false
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.addEventListener("close", ({ code, reason }) => {
      isOver = true
      wake()
      resolve({ code, reason })
    })
  })
  socket.addEventListener("message", ({ data }) => {
    if (waiting.length >= MAX_WAITING) return socket.close(1008, "Too many messages wait")
    waiting.push(typeof data === "string" ? (isJson ? parseJson(data) : data) : new Uint8Array(data))
    wake()
  })
  async function* messages(): AsyncGenerator<unknown> {
    while (true) {
      while (waiting.length > 0) yield waiting.shift()
      if (isOver) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const opened: ClientSocket<unknown, unknown> = {
    get protocol() {
      return socket.protocol
    },
    closed,
    send: (message) => socket.send(isJson ? JSON.stringify(message) : (message as string)),
    close: (code = 1000, reason) => socket.close(code, reason),
    [Symbol.asyncIterator]: messages,
  }
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      socket.close()
      reject(signal.reason)
    }
    signal.addEventListener("abort", stop)
    if (signal.aborted) stop()
    socket.addEventListener("open", () => resolve(opened))
    void closed.then(({ code }) => {
      signal.removeEventListener("abort", stop)
      reject(clientError("CLIENT_NETWORK", `The connection could not be opened (${code}).`))
    })
  })
}
