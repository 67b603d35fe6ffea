/** What one request to a receiver was. */
export interface Received {
  readonly path: string
  readonly headers: Headers
  readonly body: string
}

/** A server on this machine that takes webhooks, and answers as it is told to. */
export interface Receiver {
  readonly url: string
  readonly received: Received[]
  /** Answers for the next requests, in turn; 204 when there are none left. */
  readonly answers: (() => Response | Promise<Response>)[]
  stop(): Promise<void>
}

export function startReceiver(): Receiver {
  const received: Received[] = []
  const answers: (() => Response | Promise<Response>)[] = []
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      received.push({ path: new URL(request.url).pathname, headers: request.headers, body: await request.text() })
      return (await answers.shift()?.()) ?? new Response(null, { status: 204 })
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    received,
    answers,
    stop: () => server.stop(true),
  }
}

/** Waits until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let at = 0; at < 2_000; at++) {
    if (await isSo()) return
    await Bun.sleep(10)
  }
  throw new RangeError(`waited too long: ${what}`)
}
