/** A small HTTP load: connections that each send the next request when the answer to the last has come. */

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly durationMs: number
  /** The request of one connection's nth turn: its head and body as one text. */
  readonly request: (turn: number) => string
  /** The status every answer must have; another one ends the benchmark with what came. */
  readonly status: number
}

export interface LoadResult {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

/** A request as it goes over the wire. One without a body says nothing of its length. */
export function wireRequest(
  method: string,
  path: string,
  host: string,
  headers: Record<string, string>,
  body = "",
): string {
  const length = body === "" ? {} : { "content-length": String(Buffer.byteLength(body)) }
  const lines = Object.entries({ host, ...headers, ...length })
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n${body}`
}

export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { hostname, port } = new URL(options.url)
  const latencies: number[] = []
  const started = performance.now()
  const end = started + options.durationMs
  await Promise.all(
    Array.from({ length: options.connections }, () => connection(hostname, Number(port), options, end, latencies)),
  )
  latencies.sort((a, b) => a - b)
  const at = (part: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))] ?? 0
  return { perSecond: (latencies.length / (performance.now() - started)) * 1000, p50: at(0.5), p99: at(0.99) }
}

/** Whether the answer's body is all there: by its length, or by the last chunk. */
function isWhole(answer: string, bodyStart: number): boolean {
  const head = answer.slice(0, bodyStart)
  if (/transfer-encoding: chunked/i.test(head)) return answer.endsWith("\r\n0\r\n\r\n")
  return answer.length >= bodyStart + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
}

function connection(
  hostname: string,
  port: number,
  options: LoadOptions,
  end: number,
  latencies: number[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    let turn = 0
    let sent = 0
    let pending = ""
    const next = (socket: Bun.Socket): void => {
      if (performance.now() >= end) {
        socket.end()
        resolve()
        return
      }
      sent = performance.now()
      socket.write(options.request(turn++))
    }
    Bun.connect({
      hostname,
      port,
      socket: {
        open: next,
        data(socket, chunk) {
          pending += chunk.toString("latin1")
          const headEnd = pending.indexOf("\r\n\r\n")
          if (headEnd === -1) return
          if (!isWhole(pending, headEnd + 4)) return
          const status = Number(pending.slice(9, 12))
          if (status !== options.status) {
            reject(new Error(`Expected ${options.status}, got: ${pending.slice(0, 600)}`))
            socket.end()
            return
          }
          latencies.push(performance.now() - sent)
          pending = ""
          next(socket)
        },
        error: (_socket, error) => reject(error),
      },
    }).catch(reject)
  })
}
