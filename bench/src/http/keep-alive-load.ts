import { AnswerWrong, ResponseParser } from "./response-parser.ts"

export interface LoadOptions {
  readonly port: number
  readonly request: Uint8Array
  /** The status every answer must have. */
  readonly status: number
  readonly connections: number
  /** How long the load waits for what it waits for. Default 20,000. */
  readonly patienceMs?: number
}

/** One question, asked over and over on keep-alive connections: each asks again as soon as it is answered. */
export interface KeepAliveLoad {
  /** Whole answers so far. */
  readonly answers: number
  /** Waits until something is so. @throws what broke the load, or that it was not so within `patienceMs` */
  waitFor(isSo: () => boolean): Promise<void>
  close(): void
}

/** How often the load looks whether it has waited enough. */
const LOOK_MS = 2

interface Connection {
  readonly parser: ResponseParser
  /** The bytes of the request that the socket has taken. */
  sent: number
}

/** Opens the connections and asks at once. */
export async function openLoad(options: LoadOptions): Promise<KeepAliveLoad> {
  const { request, status, patienceMs = 20_000 } = options
  let answers = 0
  let isOver = false
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  const push = (socket: Bun.Socket<Connection>): void => {
    const { data } = socket
    data.sent += socket.write(data.sent === 0 ? request : request.subarray(data.sent))
  }
  const socket: Bun.SocketHandler<Connection> = {
    open: push,
    drain: (one) => (one.data.sent < request.length ? push(one) : undefined),
    data(one, bytes) {
      const { parser } = one.data
      try {
        if (parser.feed(bytes) === "more") return
        if (parser.status !== status)
          throw new AnswerWrong(`Expected ${status}, got ${bytes.toString("latin1", 0, 400)}`)
      } catch (error) {
        failed.reject(error)
        return
      }
      answers++
      one.data.sent = 0
      if (!isOver) push(one)
    },
    close: () => failed.reject(new AnswerWrong("The server closed a connection under load")),
    error: (_one, error) => failed.reject(error),
  }
  const connect = (): Promise<Bun.Socket<Connection>> =>
    Bun.connect({ hostname: "127.0.0.1", port: options.port, data: { parser: new ResponseParser(), sent: 0 }, socket })
  const sockets = await Promise.all(Array.from({ length: options.connections }, connect))
  return {
    get answers() {
      return answers
    },
    async waitFor(isSo) {
      const deadline = performance.now() + patienceMs
      while (!isSo()) {
        if (performance.now() > deadline) throw new AnswerWrong(`Only ${answers} answers came in ${patienceMs} ms`)
        await Promise.race([failed.promise, Bun.sleep(LOOK_MS)])
      }
    },
    close() {
      isOver = true
      for (const one of sockets) one.terminate()
    },
  }
}
