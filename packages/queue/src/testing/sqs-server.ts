import { type Clock, systemClock } from "@ashlar/core"
import { answerSqs, type SqsRequest } from "./sqs-actions.ts"
import { SqsFault, type SqsQueue } from "./sqs-queue.ts"

/** A server in this process that speaks SQS's JSON protocol, with its limits. Not Amazon's: it is for tests. */
export interface SqsServer {
  /** For `endpoint=` in a URL of a queue. */
  readonly url: string
  readonly queues: ReadonlyMap<string, SqsQueue>
  stop(): Promise<void>
}

/**
 * Starts it on a free port: queues, standard and FIFO, with visibility timeouts, receive counts, delays of at most 15 minutes, messages
 * and batches of at most 256 KiB, batches of at most 10, groups and deduplication of FIFO queues.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html
 */
export function startSqsServer({
  clock = systemClock,
  port = 0,
}: {
  readonly clock?: Clock
  readonly port?: number
} = {}): SqsServer {
  const queues = new Map<string, SqsQueue>()
  const server = Bun.serve({
    port,
    hostname: "127.0.0.1",
    async fetch(request) {
      const action = request.headers.get("x-amz-target")?.replace(/^AmazonSQS\./, "") ?? ""
      try {
        if (!request.headers.get("authorization")?.startsWith("AWS4-HMAC-SHA256 "))
          throw new SqsFault("MissingAuthenticationToken", "The request is not signed.", 403)
        const given = (await request.json()) as SqsRequest
        return answer(200, await answerSqs(action, given, { queues, clock, origin: new URL(request.url).origin }))
      } catch (error) {
        const { type, message, status } =
          error instanceof SqsFault ? error : new SqsFault("InternalFailure", String(error), 500)
        return answer(status, { __type: `com.amazonaws.sqs#${type}`, message })
      }
    },
  })
  return { url: `http://127.0.0.1:${server.port}`, queues, stop: async () => void (await server.stop(true)) }
}

function answer(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/x-amz-json-1.0" } })
}
