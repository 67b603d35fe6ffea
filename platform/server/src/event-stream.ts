/** One server-sent event. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerEvent {
  readonly event: string
  readonly id: string
  /** One line. */
  readonly data: string
}

/** How often a silent stream shows that it lives, in milliseconds. Proxies close what says nothing for a minute. */
const PING_MS = 15_000

/**
 * An answer that sends events as they come, and a ping while there are none. It takes the next event only when the
 * caller has room for it; it ends, and frees its source, with the source, the caller or the signal.
 */
export function eventStream(signal: AbortSignal, source: () => AsyncGenerator<ServerEvent>): Response {
  const events = source()
  const encoder = new TextEncoder()
  let timer: ReturnType<typeof setInterval> | undefined
  const end = (): void => {
    clearInterval(timer)
    void events.return(undefined)
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(": open\n\n"))
      timer = setInterval(() => controller.enqueue(encoder.encode("event: ping\ndata: \n\n")), PING_MS)
      signal.addEventListener("abort", end, { once: true })
    },
    async pull(controller) {
      const { done, value } = await events.next().catch(() => ({ done: true, value: undefined }) as const)
      if (!done && value !== undefined) {
        controller.enqueue(encoder.encode(`event: ${value.event}\nid: ${value.id}\ndata: ${value.data}\n\n`))
        return
      }
      end()
      controller.close()
    },
    cancel: end,
  })
  return new Response(body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } })
}
