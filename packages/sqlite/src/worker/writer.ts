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
  const { data } = event
  if (Array.isArray(data)) answerGroup(data)
  else void answer(data.id, data.request)
}

function answerGroup(message: unknown[]): void {
  const id = message.pop() as number
  const path = message.pop() as string
  const session = sessions.get(path)
  if (session !== undefined) {
    sendGroup(id, session.apply(message))
    return
  }
  const failure = toErrorWire(new SqliteClosed(), path)
  send({ id, value: { results: [], failure, fault: "none", full: false, commitMs: 0 } satisfies GroupReply })
}

async function answer(id: number, request: WriterRequest): Promise<void> {
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
  if (reply.failure !== undefined) {
    send({ id, value: reply })
    return
  }
  const { results, commitMs, full } = reply
  try {
    send([...results, commitMs, full, id])
  } catch {
    // A procedure returned something that cannot be cloned. The group is committed, so only that result is replaced.
    const crossing = [...results]
    for (let index = 1; index < crossing.length; index++) {
      if (isCloneable(crossing[index])) continue
      crossing[index - 1] = resultTag.error
      crossing[index] = toErrorWire(
        new SqliteProcedureInvalid("Expected a procedure to return plain data. The write itself was committed."),
        "",
      )
    }
    send([...crossing, commitMs, full, id])
  }
}

function send(reply: ReplyEnvelope): void {
  postMessage(reply)
}
