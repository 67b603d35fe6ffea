import { FrameCounter, OPENING_REQUEST } from "./frames.ts"

/** Many open WebSockets to one server, on which frames are counted. */
export interface Crowd {
  /** Frames that came on all connections together. */
  readonly frames: number
  /** Sends bytes on the first connection. */
  send(frame: Buffer): void
  /** Called for each frame that comes on the first connection. */
  onFirst: () => void
  close(): void
}

/** How many connections are opened at once: more than a server's queue of new ones would be refused. */
const OPENED_AT_ONCE = 200
const OPEN_MS = 30_000

/** Opens so many WebSockets, and waits until the server has agreed to all of them. */
export async function gatherCrowd(port: number, size: number): Promise<Crowd> {
  let [frames, open] = [0, 0]
  let isClosing = false
  const sockets: Bun.Socket<FrameCounter>[] = []
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  const crowd: Crowd = {
    get frames() {
      return frames
    },
    send: (frame) => void sockets[0]?.write(frame),
    onFirst: () => undefined,
    close() {
      isClosing = true
      for (const socket of sockets) socket.terminate()
    },
  }
  const handlers: Bun.SocketHandler<FrameCounter> = {
    open: (socket) => void socket.write(OPENING_REQUEST),
    data(socket, bytes) {
      const counter = socket.data
      const wasOpen = counter.isOpen
      try {
        const ended = counter.feed(bytes)
        if (!wasOpen && counter.isOpen) open++
        frames += ended
        if (socket === sockets[0]) for (let turn = 0; turn < ended; turn++) crowd.onFirst()
      } catch (error) {
        failed.reject(error)
      }
    },
    close() {
      if (!isClosing) failed.reject(new Error(`The server closed a WebSocket after ${open} of ${size} were open`))
    },
    error: (_socket, error) => failed.reject(error),
  }
  const deadline = performance.now() + OPEN_MS
  try {
    while (sockets.length < size || open < size) {
      if (performance.now() > deadline) throw new Error(`Only ${open} of ${size} WebSockets opened in ${OPEN_MS} ms`)
      const more = Math.min(OPENED_AT_ONCE, size - sockets.length)
      const next = Array.from({ length: more }, () =>
        Bun.connect({ hostname: "127.0.0.1", port, data: new FrameCounter(), socket: handlers }),
      )
      sockets.push(...(await Promise.race([Promise.all(next), failed.promise])))
      await Promise.race([Bun.sleep(more === 0 ? 5 : 0), failed.promise])
    }
  } catch (error) {
    crowd.close()
    throw error
  }
  return crowd
}
