import { connect } from "node:net"

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  /** Names in lower case; lines of one name joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
  readonly text: string
  /** Whether the body came to its proper end. */
  readonly isWhole: boolean
}

/** Sends a path as it is, which `fetch` would tidy up first, and reads until the server closes. */
export function askRaw(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<RawAnswer> {
  const lines = Object.entries({ host: "x", connection: "close", ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  )
  return new Promise((resolve) => {
    const pieces: Buffer[] = []
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"))
    })
    socket.setTimeout(5000, () => socket.destroy())
    socket.on("data", (bytes) => pieces.push(bytes as Buffer))
    socket.on("error", () => undefined)
    socket.on("close", () => resolve(parse(Buffer.concat(pieces), method)))
  })
}

function parse(answer: Buffer, method: string): RawAnswer {
  const end = answer.indexOf("\r\n\r\n")
  const [first = "", ...rest] = answer.toString("latin1", 0, end).split("\r\n")
  const headers: Record<string, string> = {}
  for (const line of rest) {
    const colon = line.indexOf(":")
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  const raw = answer.subarray(end + 4)
  const isChunked = headers["transfer-encoding"]?.toLowerCase() === "chunked"
  const bytes = isChunked ? unchunked(raw) : raw
  const isWhole = isChunked
    ? raw.subarray(-5).toString() === "0\r\n\r\n"
    : method === "HEAD" || Number(headers["content-length"] ?? 0) === bytes.length
  return { status: Number(first.split(" ")[1]), headers, bytes, text: bytes.toString(), isWhole }
}

function unchunked(raw: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0; ; ) {
    const end = raw.indexOf("\r\n", at)
    const size = end === -1 ? 0 : Number.parseInt(raw.toString("latin1", at, end), 16)
    if (!(size > 0)) return Buffer.concat(pieces)
    pieces.push(raw.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}
