import { connect, type Socket } from "node:net"
import { USER } from "../http/user.ts"

/** Something a client does, well or badly behaved. @throws when the server answers another thing than it must. */
export type Action = (server: { readonly port: number; readonly url: string }, random: () => number) => Promise<void>

const JSON_BODY = { "content-type": "application/json" }
const UPLOAD = new Uint8Array(1024 * 1024).fill(97)
const DOWNLOAD_BYTES = 1024 * 1024
/** How long an action may take before it counts as failed. */
const PATIENCE_MS = 20_000

/** Each with how often it is taken, relative to the others. */
export const ACTIONS: Readonly<Record<string, readonly [weight: number, action: Action]>> = {
  get: [12, ({ url }) => expectStatus(url, "/", {}, 200)],
  post: [6, ({ url }) => expectStatus(url, "/users", post(JSON.stringify(USER)), 200)],
  invalid: [3, ({ url }) => expectStatus(url, "/users", post(JSON.stringify({ ...USER, age: -1 })), 422)],
  malformed: [2, ({ url }) => expectStatus(url, "/users", post("{"), 400)],
  unknown: [3, ({ url }, random) => expectStatus(url, `/nowhere/${random()}`, {}, 404)],
  defect: [2, ({ url }) => expectStatus(url, "/fail", {}, 500)],
  upload: [2, (server, random) => upload(server, random)],
  "upload broken off": [2, (server, random) => breakUpload(server, random)],
  download: [2, (server, random) => download(server, random)],
  "download abandoned": [2, ({ url }) => abandon(url, "/download", 1)],
  "events abandoned": [2, ({ url }, random) => abandon(url, "/events", 1 + Math.floor(random() * 10))],
  "connect only": [3, ({ port }) => talk(port, [])],
  "half a head": [2, ({ port }) => talk(port, ["GET / HTTP/1.1\r\nhost: 127.0"])],
  garbage: [1, ({ port }) => talk(port, ["\u0000\u0001\u0002 no HTTP at all\r\n\r\n"])],
}

function post(body: string): RequestInit {
  return { method: "POST", headers: JSON_BODY, body }
}

async function expectStatus(url: string, path: string, init: RequestInit, status: number): Promise<void> {
  const answer = await fetch(url + path, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) })
  await answer.arrayBuffer()
  if (answer.status !== status) throw new Error(`${path}: expected ${status}, got ${answer.status}`)
}

const upload: Action = async ({ url }, random) => {
  const body = UPLOAD.subarray(0, Math.ceil(random() * UPLOAD.length))
  const answer = await fetch(`${url}/upload`, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE_MS) })
  const { bytes } = (await answer.json()) as { bytes: number }
  if (bytes !== body.length) throw new Error(`/upload: sent ${body.length} bytes, the server counted ${bytes}`)
}

const download: Action = async ({ url }) => {
  const answer = await fetch(`${url}/download`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  const { byteLength } = await answer.arrayBuffer()
  if (byteLength !== DOWNLOAD_BYTES) throw new Error(`/download: expected ${DOWNLOAD_BYTES} bytes, got ${byteLength}`)
}

const breakUpload: Action = ({ port }, random) => {
  const head = `POST /upload HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${UPLOAD.length}\r\n\r\n`
  return talk(port, [head, UPLOAD.subarray(0, Math.floor(random() * (UPLOAD.length / 2)))])
}

/** Reads some pieces of a stream, and goes away in the middle of it. */
async function abandon(url: string, path: string, pieces: number): Promise<void> {
  const gone = new AbortController()
  const timer = setTimeout(() => gone.abort(), PATIENCE_MS)
  try {
    const answer = await fetch(url + path, { signal: gone.signal })
    const reader = answer.body!.getReader()
    for (let piece = 0; piece < pieces; piece++) await reader.read()
  } finally {
    clearTimeout(timer)
    gone.abort()
  }
}

/** Connects, says these things and hangs up without listening. */
async function talk(port: number, words: readonly (string | Uint8Array)[]): Promise<void> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect({ host: "127.0.0.1", port }, () => resolve(opened))
    opened.once("error", reject)
  })
  socket.on("error", () => undefined) // the server may hang up first, as it should
  for (const word of words) await new Promise<void>((resolve) => void socket.write(word, () => resolve()))
  socket.destroy()
}

/** Picks actions by their weights. */
export function createPicker(random: () => number): () => readonly [name: string, action: Action] {
  const all = Object.entries(ACTIONS)
  const total = all.reduce((sum, [, [weight]]) => sum + weight, 0)
  return () => {
    let left = random() * total
    for (const [name, [weight, action]] of all) {
      left -= weight
      if (left < 0) return [name, action]
    }
    return ["get", ACTIONS.get![1]]
  }
}
