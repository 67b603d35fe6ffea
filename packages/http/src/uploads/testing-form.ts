import { bytesOf, concat, randomOf } from "@ashlar/core/testing/bytes"
import type { UploadContext } from "./multipart.ts"

export { bytesOf, concat, randomOf }

/** Forms by hand, so that a test can send what no client would. */

export const BOUNDARY = "----test4d2f"
export const TYPE: string = `multipart/form-data; boundary=${BOUNDARY}`

export interface TestPart {
  readonly name: string
  readonly filename?: string
  readonly type?: string
  readonly content: string | Uint8Array
}

export function headerOf({ name, filename, type }: Omit<TestPart, "content">): string {
  const file = filename === undefined ? "" : `; filename="${filename}"`
  const declared = type === undefined ? "" : `\r\nContent-Type: ${type}`
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}${declared}\r\n\r\n`
}

export function formOf(...parts: readonly TestPart[]): Uint8Array {
  return concat(...parts.flatMap((part) => [headerOf(part), part.content, "\r\n"]), `--${BOUNDARY}--\r\n`)
}

export interface TestContext extends UploadContext {
  /** How many chunks were asked for. */
  readonly asked: () => number
  /** Whether the source was let go before its end. */
  readonly released: () => boolean
  /** The limits that the source was asked with. */
  readonly limits: (number | undefined)[]
  readonly deferred: (() => void | Promise<void>)[]
}

/** A context whose body is these chunks; an `Error` among them is thrown when it is its turn. */
export function contextOf(chunks: Iterable<Uint8Array | Error>, contentType: string | null = TYPE): TestContext {
  let [asked, released] = [0, false]
  const limits: (number | undefined)[] = []
  const deferred: (() => void | Promise<void>)[] = []
  return {
    headers: { get: (name) => (name === "content-type" ? contentType : null) },
    async *chunks(maxBodyBytes) {
      limits.push(maxBodyBytes)
      let isDone = false
      try {
        for (const chunk of chunks) {
          asked++
          if (chunk instanceof Error) throw chunk
          yield chunk
        }
        isDone = true
      } finally {
        released = !isDone
      }
    },
    defer: (cleanup) => void deferred.push(cleanup),
    asked: () => asked,
    released: () => released,
    limits,
    deferred,
  }
}

export function* chunked(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}

/** The code of the error that this ends with. */
export async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
    return "none"
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}
