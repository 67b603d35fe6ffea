import { SqliteClosed, SqliteProcedureInvalid } from "../errors.ts"
import { isCloneable, toErrorWire } from "../faults.ts"
import {
  type GroupReply,
  type ReplyEnvelope,
  type RequestEnvelope,
  resultTag,
  type WriterRequest,
} from "../protocol.ts"
import { Session } from "./session.ts"

/*
 * The writer thread: keeps the sessions of its files and answers every request with exactly one reply. The calling
 * side never has two requests for one file under way.
 */

declare const self: Worker

const sessions = new Map<string, Session>()

self.onmessage = (event: MessageEvent<RequestEnvelope>): void => {
  const { id, request } = event.data
  if (request.type === "group") sendGroup(id, applyGroup(request))
  else void answer(id, request)
}

function applyGroup(request: Extract<WriterRequest, { type: "group" }>): GroupReply {
  const session = sessions.get(request.path)
  if (session !== undefined) return session.apply(request.ops)
  const failure = toErrorWire(new SqliteClosed(), request.path)
  return { results: [], failure, fault: "none", full: false, commitMs: 0 }
}

async function answer(id: number, request: Exclude<WriterRequest, { type: "group" }>): Promise<void> {
  try {
    if (request.type === "open") {
      sessions.set(request.path, await Session.open(request))
    } else {
      const session = sessions.get(request.path)
      sessions.delete(request.path)
      session?.close()
    }
    send({ id, value: undefined })
  } catch (error) {
    send({ id, error: toErrorWire(error, request.path) })
  }
}

function sendGroup(id: number, reply: GroupReply): void {
  try {
    send({ id, value: reply })
  } catch {
    // A procedure returned something that cannot be cloned. The group is committed, so only that result is replaced.
    const results = [...reply.results]
    for (let index = 1; index < results.length; index++) {
      if (isCloneable(results[index])) continue
      results[index - 1] = resultTag.error
      results[index] = toErrorWire(
        new SqliteProcedureInvalid("Expected a procedure to return plain data. The write itself was committed."),
        "",
      )
    }
    send({ id, value: { ...reply, results } })
  }
}

function send(reply: ReplyEnvelope): void {
  postMessage(reply)
}
