import { createServer, type Server } from "node:http"

/** One request that came. */
export interface Recorded {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Stands for a provider: keeps what it is asked, and answers what the test says. */
export interface RecordingServer {
  readonly url: string
  readonly seen: Recorded[]
  /** The next answers; then 200 and `{}`. */
  readonly answers: {
    readonly status: number
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly cut?: true
  }[]
  close(): Promise<void>
}

export async function startRecordingServer(): Promise<RecordingServer> {
  const seen: Recorded[] = []
  const answers: RecordingServer["answers"] = []
  const server: Server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { method = "", url = "", headers } = request
    seen.push({ method, path: url, headers: headers as Record<string, string>, body: Buffer.concat(pieces) })
    const { status, headers: said, body = "{}", cut } = answers.shift() ?? { status: 200 }
    if (cut) return void request.socket.destroy()
    response.writeHead(status, { "content-type": "application/json", ...said }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    seen,
    answers,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
