import { AnswerWrong, ResponseParser } from "./response-parser.ts"

export interface SampleOptions {
  readonly port: number
  /** The server's process, whose processor time is read. */
  readonly pid: number
  readonly request: Uint8Array
  readonly status: number
  readonly connections: number
  /** Milliseconds of the same load before the measured ones. */
  readonly warmMs: number
  readonly measureMs: number
  readonly cpuClock: (pid: number) => number
}

export interface Sample {
  readonly answers: number
  /** Processor microseconds of the server per answer. */
  readonly cpuUs: number
  readonly perSecond: number
}

interface Connection {
  readonly parser: ResponseParser
  /** The bytes of the request that the socket has taken. */
  sent: number
}
type Socket = Bun.Socket<Connection>

/**
 * Asks one question over and over on keep-alive connections, each of which asks again as soon as it is answered, and
 * counts what the server's process needed for it. The load and its parsing run here, in another process than the server.
 */
export async function takeSample(options: SampleOptions): Promise<Sample> {
  const { request, status, cpuClock, pid } = options
  let answers = 0
  let isOver = false
  const failed = Promise.withResolvers<never>()
  failed.promise.catch(() => undefined)
  const push = (socket: Socket): void => {
    const { data } = socket
    data.sent += socket.write(data.sent === 0 ? request : request.subarray(data.sent))
  }
  const handlers: Bun.SocketHandler<Connection> = {
    open: push,
    drain(socket) {
      if (socket.data.sent < request.length) push(socket)
    },
    data(socket, bytes) {
      try {
        if (socket.data.parser.feed(bytes) === "more") return
        if (socket.data.parser.status !== status)
          throw new AnswerWrong(`Expected ${status}, got ${bytes.toString("latin1", 0, 400)}`)
      } catch (error) {
        failed.reject(error)
        return
      }
      answers++
      socket.data.sent = 0
      if (!isOver) push(socket)
    },
    close() {
      if (!isOver) failed.reject(new AnswerWrong("The server closed a connection under load"))
    },
    error: (_socket, error) => failed.reject(error),
  }
  const sockets = await Promise.all(
    Array.from({ length: options.connections }, () =>
      Bun.connect<Connection>({
        hostname: "127.0.0.1",
        port: options.port,
        data: { parser: new ResponseParser(), sent: 0 },
        socket: handlers,
      }),
    ),
  )
  try {
    await Promise.race([failed.promise, Bun.sleep(options.warmMs)])
    const [answersBefore, cpuBefore, started] = [answers, cpuClock(pid), performance.now()]
    await Promise.race([failed.promise, Bun.sleep(options.measureMs)])
    const [counted, cpu, ms] = [answers - answersBefore, cpuClock(pid) - cpuBefore, performance.now() - started]
    if (counted === 0) throw new AnswerWrong(`No answer came within ${options.measureMs} ms`)
    return { answers: counted, cpuUs: cpu / 1000 / counted, perSecond: (counted / ms) * 1000 }
  } finally {
    isOver = true
    for (const socket of sockets) socket.terminate()
  }
}
