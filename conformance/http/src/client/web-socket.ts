import { createHash } from "node:crypto"
import { inflateRawSync } from "node:zlib"
import { type Answer, fieldOf } from "./answer.ts"
import { decodeFrames, FrameMalformed, type Received } from "./frames.ts"

/** The opening handshake of WebSocket. @see https://www.rfc-editor.org/rfc/rfc6455#section-4 */

export const KEY = "dGhlIHNhbXBsZSBub25jZQ=="

/** The bytes that ask for an upgrade; `fields` replace those of the same name, and an empty value leaves one out. */
export function openingRequest(path: string, fields: Readonly<Record<string, string>> = {}, line?: string): string {
  const all: Record<string, string> = {
    Host: "a",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...fields,
  }
  const lines = Object.entries(all).flatMap(([name, value]) => (value === "" ? [] : [`${name}: ${value}`]))
  return `${[line ?? `GET ${path} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`
}

/** What is wrong with the answer to the handshake. */
export function handshakeFaults(answer: Answer | undefined, offered: { extensions?: boolean } = {}): string[] {
  if (answer === undefined) return ["The handshake was not answered"]
  if (answer.status !== 101) return [`Expected status 101, got ${answer.status}`]
  const accept = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64")
  const faults: string[] = []
  if (fieldOf(answer, "sec-websocket-accept") !== accept) faults.push("Sec-WebSocket-Accept is wrong")
  if (fieldOf(answer, "upgrade")?.toLowerCase() !== "websocket") faults.push("Upgrade is not websocket")
  if (fieldOf(answer, "connection")?.toLowerCase() !== "upgrade") faults.push("Connection is not upgrade")
  const extensions = fieldOf(answer, "sec-websocket-extensions")
  if (extensions !== undefined && offered.extensions !== true) faults.push(`Nobody offered ${extensions}`)
  return faults
}

/** What a server sent on an open connection, or why it is no WebSocket. */
export interface Heard {
  readonly received: readonly Received[]
  readonly faults: readonly string[]
}

export function hear(bytes: Buffer): Heard {
  try {
    const { received, rest } = decodeFrames(bytes)
    return { received, faults: rest.length === 0 ? [] : [`${rest.length} bytes are no whole frame`] }
  } catch (error) {
    if (!(error instanceof FrameMalformed)) throw error
    return { received: [], faults: [error.message] }
  }
}

/** A message's payload, inflated when it is compressed. @see https://www.rfc-editor.org/rfc/rfc7692#section-7.2.2 */
export function payloadOf({ payload, compressed }: Received): Buffer {
  return compressed ? inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), TAIL) : payload
}
const TAIL = { finishFlush: 2 } as const // Z_SYNC_FLUSH: the message has no final block

/** The code of a close frame; 1005 when it has none. */
export function closeCodeOf({ payload }: Received): number {
  return payload.length < 2 ? 1005 : payload.readUInt16BE(0)
}
