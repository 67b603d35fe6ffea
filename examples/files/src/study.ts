import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import type { ServerEvent } from "@ashlar/http/sse"
import { type Schema, v } from "@ashlar/validation"

/** What a study of a file finds. */
export interface Findings {
  readonly sha256: string
  readonly lines: number
  /** What stands between spaces and line ends. */
  readonly words: number
}

export const Findings: Schema<Findings> = v
  .object({ sha256: v.string(), lines: v.integer(), words: v.integer() })
  .meta({ id: "Findings" })
/** How far a study is, from 0 to 1. */
export const Progress: Schema<{ readonly done: number }> = v.object({ done: v.number() })

const NEWLINE = 10
/** No caller needs more often than this to hear how far it is. */
const STEPS = 100

/**
 * Reads a file once, and tells how far it is: events named `progress` with `{ done }` from 0 to 1, and `findings` at the
 * end. It reads only as fast as its events are taken, and lets go of the file when nobody takes them any more.
 */
export async function* study(path: string, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  const { size } = await stat(path)
  const hash = createHash("sha256")
  let [read, told, lines, words] = [0, 0, 0, 0]
  let inWord = false
  yield progress(0)
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 64 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    for (const byte of chunk) {
      if (byte === NEWLINE) lines++
      const isSpace = byte === 32 || (byte >= 9 && byte <= 13)
      if (!isSpace && !inWord) words++
      inWord = !isSpace
    }
    read += chunk.length
    if (read / size < told + 1 / STEPS) continue
    told = read / size
    yield progress(told)
  }
  const findings: Findings = { sha256: hash.digest("hex"), lines, words }
  yield { event: "findings", data: findings }
}

function progress(done: number): ServerEvent {
  return { event: "progress", data: { done } }
}
