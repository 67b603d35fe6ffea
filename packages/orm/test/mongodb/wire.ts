import type { Socket } from "node:net"
import { type Document, deserialize, Int32, serialize } from "bson"

/* MongoDB's wire protocol. @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/ */

const OP_REPLY = 1
const OP_QUERY = 2004
const OP_MSG = 2013

/** Reads one message, and sends what `run` says to its command. */
export function answer(socket: Socket, message: Buffer, run: (command: Document) => Document): void {
  const [requestId, code] = [message.readInt32LE(4), message.readInt32LE(12)]
  if (code === OP_QUERY) {
    const start = message.indexOf(0, 20) + 1 + 8
    const body = serialize(run(deserialize(message.subarray(start))))
    const head = Buffer.alloc(20)
    head.writeInt32LE(8, 0)
    head.writeInt32LE(1, 16)
    send(socket, [requestId, OP_REPLY], Buffer.concat([head, body]))
    return
  }
  if (code !== OP_MSG) return void socket.destroy()
  const body = serialize(run(readMessage(message)))
  send(socket, [requestId, OP_MSG], Buffer.concat([Buffer.alloc(5), body]))
}

function send(socket: Socket, [answersTo, code]: readonly [number, number], body: Buffer): void {
  const head = Buffer.alloc(16)
  head.writeInt32LE(16 + body.length, 0)
  head.writeInt32LE(answersTo, 8)
  head.writeInt32LE(code, 12)
  socket.write(Buffer.concat([head, body]))
}

const TYPED = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const

/** A body, and lists of documents beside it that belong into it. */
function readMessage(message: Buffer): Document {
  const command: Document = {}
  let at = 20
  const end = message.readInt32LE(16) & 1 ? message.length - 4 : message.length
  while (at < end) {
    const kind = message.readUInt8(at++)
    const length = message.readInt32LE(at)
    const section = message.subarray(at, at + length)
    at += length
    if (kind === 0) Object.assign(command, plain(deserialize(section, TYPED)))
    else {
      const nameEnd = section.indexOf(0, 4)
      const documents: Document[] = []
      for (let from = nameEnd + 1; from < section.length; from += section.readInt32LE(from))
        documents.push(deserialize(section.subarray(from, from + section.readInt32LE(from)), TYPED))
      command[section.toString("utf8", 4, nameEnd)] = documents
    }
  }
  return command
}

/** The command's own words as plain values; documents in it keep their types. */
function plain(command: Document): Document {
  return Object.fromEntries(
    Object.entries(command).map(([name, value]) => [name, value instanceof Int32 ? value.value : value]),
  )
}
