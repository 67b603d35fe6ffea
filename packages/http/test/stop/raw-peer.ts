import { connect, type Socket } from "node:net"

/** One connection, byte by byte: for clients that do what `fetch` never would. */
export interface RawPeer {
  readonly socket: Socket
  write(text: string | Uint8Array): void
  /** Waits until this has come; gives all that came so far. @throws TypeError when the connection ends before */
  until(text: string): Promise<string>
  /** All that came, once the connection is over. */
  readonly ended: Promise<string>
  /** When it was over, in milliseconds since it was opened. */
  endedMs(): number | undefined
}

/** Opens a connection; `allowHalfOpen`: it stays open for reading when this side has ended. */
export async function openRaw(url: string): Promise<RawPeer> {
  const { hostname, port } = new URL(url)
  const openedMs = performance.now()
  let text = ""
  let endedMs: number | undefined
  const waiting = new Set<() => void>()
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true })
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  const over = (): void => {
    endedMs ??= performance.now() - openedMs
    resolve(text)
    for (const wake of waiting) wake()
  }
  socket.on("data", (bytes) => {
    text += (bytes as Buffer).toString("latin1")
    for (const wake of waiting) wake()
  })
  socket.on("error", over)
  socket.on("end", over)
  socket.on("close", over)
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve)
    socket.once("error", reject)
  })
  return {
    socket,
    write: (data) => void socket.write(data),
    async until(wanted) {
      while (!text.includes(wanted)) {
        if (endedMs !== undefined) throw new TypeError(`Expected ${wanted}, and the connection ended: ${text}`)
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.add(resolve)
        await promise
        waiting.delete(resolve)
      }
      return text
    },
    ended,
    endedMs: () => endedMs,
  }
}

export function get(path: string, more = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
}

/** Whether nobody listens there any more. */
export async function isRefused(url: string): Promise<boolean> {
  try {
    const peer = await openRaw(url)
    peer.socket.destroy()
    return false
  } catch {
    return true
  }
}
