import { connect, type Socket } from "node:net"
import { type Case, checked, type Group, request } from "../case.ts"
import type { Server } from "../server.ts"

/** Long bodies under way: whoever is slow is waited for, and what waits is not kept in memory. */

const MiB = 1024 * 1024
/** What the sockets of both ends and the streams between them may hold. */
const MOST_AHEAD = 24 * MiB

const aside = (check: (server: Server) => Promise<readonly string[]>): Case["expect"] =>
  checked((_, server) => check(server), { answers: 1, quietMs: 0 })

/** Asks for a stream of 256 MiB, and reads none of it. */
async function readNothing(server: Server): Promise<readonly string[]> {
  const token = "unread-stream"
  const socket = await open(server)
  socket.pause()
  socket.write(request(`GET /made/stream/${token}`))
  await Bun.sleep(1500)
  const { hits } = (await (await fetch(`${server.url}/hits/${token}`)).json()) as { hits: number }
  socket.destroy()
  return [
    ...(hits > 0 ? [] : ["Expected the stream to start"]),
    ...(hits <= MOST_AHEAD ? [] : [`${Math.round(hits / MiB)} MiB were made for a client that reads nothing`]),
  ]
}

/** Sends 96 MiB to a handler that takes the first part, and the rest after two seconds. */
async function sendAhead(server: Server): Promise<readonly string[]> {
  const total = 96 * MiB
  const socket = await open(server)
  const answer = new Promise<string>((resolve) => {
    let text = ""
    socket.on("data", (data) => {
      text += data.toString("latin1")
      if (text.includes('{"length":')) resolve(text)
    })
    socket.on("close", () => resolve(text))
  })
  socket.write(request("POST /count/late", [`Content-Length: ${total}`]))
  const part = Buffer.alloc(MiB)
  let sent = 0
  const more = (): void => {
    while (sent < total) {
      sent += part.length
      if (!socket.write(part)) return
    }
  }
  socket.on("drain", more)
  more()
  await Bun.sleep(1000)
  const ahead = socket.bytesWritten - socket.writableLength
  const text = await answer
  socket.destroy()
  return [
    ...(ahead <= MOST_AHEAD
      ? []
      : [`${Math.round(ahead / MiB)} MiB were taken from a client before the handler read them`]),
    ...(text.includes(`{"length":${total}}`) ? [] : [`Expected the whole body, got ${text.slice(-200)}`]),
  ]
}

/** Sends 256 MiB to a handler that counts them. */
async function sendMuch(server: Server): Promise<readonly string[]> {
  const total = 256 * MiB
  const before = server.memoryMb()
  const body = new ReadableStream<Uint8Array>({
    type: "direct",
    async pull(controller: { write(part: Uint8Array): number | Promise<number>; close(): void }) {
      const part = new Uint8Array(MiB)
      for (let sent = 0; sent < total; sent += part.length) await controller.write(part)
      controller.close()
    },
  } as never)
  const response = await fetch(`${server.url}/count`, { method: "POST", body })
  const { length } = (await response.json()) as { length: number }
  const grown = server.memoryMb() - before
  return [
    ...(length === total ? [] : [`Expected ${total} bytes to be counted, got ${length}`]),
    ...(grown < 128 ? [] : [`The process has grown by ${Math.round(grown)} MB`]),
  ]
}

function open(server: Server): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: server.port })
    socket.on("error", reject)
    socket.on("connect", () => {
      socket.off("error", reject)
      socket.on("error", () => undefined) // the end of a connection is no surprise here
      resolve(socket)
    })
  })
}

const cases: readonly (readonly [name: string, check: (server: Server) => Promise<readonly string[]>])[] = [
  ["a stream that nobody reads is not made", readNothing],
  ["a body that nobody reads is not taken", sendAhead],
  ["a body of 256 MiB is counted without being kept", sendMuch],
]

export const memory: Group = {
  name: "long bodies",
  about: "connection",
  cases: cases.map(([name, check]) => ({ name, send: request("GET /ok"), expect: aside(check) })),
}
