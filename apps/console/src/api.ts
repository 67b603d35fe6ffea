import { createTransport, followEvents, functionPath, type LogLine, path, type Transport } from "@ashlar/sdk"
import { admin, consoleFetch } from "./session.ts"

/*
 * What the console needs beyond the operator's client: to see each connection of a log stream, and to call a function
 * as nobody and get every answer, refusals too, as it came.
 */
const asMe = createTransport({ url: admin.url, fetch: consoleFetch, authorizer: admin.auth.authorizer })
const asNobody = createTransport({ url: admin.url, fetch: consoleFetch })

export interface FollowOptions {
  /** The last line that is here already. */
  readonly after: number
  readonly signal: AbortSignal
  /** Called with each connection, so also with the one after a lost one. */
  readonly onOpen: () => void
  readonly onLost: () => void
}

const FOLLOW_TRIES = 1_000

/** Log lines as they are written; a lost connection is taken up again after the last line seen. */
export async function* followLogs(project: string, name: string, options: FollowOptions): AsyncGenerator<LogLine> {
  const events = followEvents({
    lastEventId: String(options.after),
    signal: options.signal,
    maxTries: FOLLOW_TRIES,
    async open(lastEventId, signal) {
      try {
        const answer = await asMe.send({
          path: path`/v1/projects/${project}/functions/${name}/logs`,
          query: { follow: 1 },
          headers: { accept: "text/event-stream", "last-event-id": lastEventId },
          signal,
          retry: false,
        })
        if (answer.ok) options.onOpen()
        return answer
      } catch (error) {
        options.onLost()
        throw error
      }
    },
  })
  for await (const { event, data } of events) if (event === "log") yield JSON.parse(data) as LogLine
}

export interface Call {
  readonly as: "me" | "anonymous"
  readonly method: string
  /** What follows the function's URL. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly signal: AbortSignal
}

/** Longer than the longest wall limit a function may have. */
const CALL_TIMEOUT_MS = 70_000

/** Calls a function once. */
export function callFunction(project: string, name: string, call: Call): Promise<Response> {
  const transport: Transport = call.as === "me" ? asMe : asNobody
  return transport.send({
    method: call.method,
    path: functionPath(project, name, call.path),
    headers: call.headers,
    body: call.body,
    signal: call.signal,
    timeoutMs: CALL_TIMEOUT_MS,
    retry: false,
  })
}
