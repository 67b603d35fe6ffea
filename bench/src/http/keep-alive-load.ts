import { AnswerWrong, ResponseParser } from "./response-parser.ts"

export interface LoadOptions {
  readonly port: number
  readonly request: Uint8Array
  /** The status every answer must have. */
  readonly status: number
  readonly connections: number
  /** How long the server may stay silent before it is given up. Default 10,000. */
  readonly patienceMs?: number
}

/** One question, asked over and over on keep-alive connections: each asks again as soon as it is answered. */
export interface KeepAliveLoad {
  /** Whole answers so far. */
  readonly answers: number
  /** @throws what broke the load meanwhile */
  wait(ms: number): Promise<void>
  /** Waits until there are so many answers. @throws what broke the load, or that the server is too slow */
  waitFor(answers: number): Promise<void>
  close(): void
}

interface Connection {
  readonly parser: ResponseParser
  /** The bytes of the request that the socket has taken. */
  sent: number
}

/** Opens the connections and asks at once. */
export async function openLoad(options: LoadOptions): Promise<KeepAliveLoad> {
  const { request, status, patienceMs = 10_000 } = options
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
  const wait = (ms: number): Promise<void> => Promise.race([failed.promise, Bun.sleep(ms)])
  return {
    get answers() {
      return answers
    },
    wait,
    async waitFor(count) {
      const deadline = performance.now() + patienceMs
      while (answers < count) {
        if (performance.now() > deadline) throw new AnswerWrong(`Only ${answers} answers came in ${patienceMs} ms`)
        await wait(5)
      }
    },
    close() {
      isOver = true
      for (const one of sockets) one.terminate()
    },
  }
}
