import { Writable } from "node:stream"

/** What came over the stream of one invocation. */
export interface Streamed {
  /** The head that `HttpResponseStream.from` sent in front; undefined when nothing was ever written. */
  readonly head:
    | { readonly statusCode: number; readonly headers: Record<string, string>; readonly cookies: string[] }
    | undefined
  readonly contentType: string
  readonly body: Buffer
  /** The most that waited to be taken at any time, in bytes. */
  readonly mostWaiting: number
}

interface ResponseStream extends Writable {
  setContentType(type: string): void
  _onBeforeFirstWrite?: (write: (chunk: string | Uint8Array) => void) => void
}

export type Invoke = (
  event: object,
  context: unknown,
  options?: { readonly takeMs?: number; readonly leaveAfterBytes?: number },
) => Promise<Streamed>

/**
 * What Lambda's Node runtime puts into its globals, as its published client does it: the head is written before the first
 * `write`, and never when a stream is only ended; a chunk that is neither text nor bytes becomes JSON.
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/HttpResponseStream.js
 * @see https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/ResponseStream.js
 */
export function installAwsLambda(): { uninstall(): void } {
  const awslambda = {
    streamifyResponse: (
      handler: (event: object, stream: ResponseStream, context: unknown) => Promise<void>,
    ): Invoke => {
      return async (event, context, { takeMs = 0, leaveAfterBytes = Number.POSITIVE_INFINITY } = {}) => {
        const chunks: Buffer[] = []
        let [contentType, mostWaiting, taken] = ["application/octet-stream", 0, 0]
        const stream = new Writable({
          highWaterMark: 16 * 1024,
          write(chunk: Buffer, _encoding, done) {
            mostWaiting = Math.max(mostWaiting, stream.writableLength)
            chunks.push(chunk)
            taken += chunk.byteLength
            if (taken > leaveAfterBytes) stream.destroy()
            else if (takeMs === 0) done()
            else setTimeout(done, takeMs)
          },
        }) as ResponseStream
        stream.setContentType = (type) => {
          contentType = type
        }
        const write = stream.write.bind(stream) as (chunk: string | Uint8Array) => boolean
        let written = false
        stream.write = (chunk: string | Uint8Array): boolean => {
          const first = !written
          written = true
          if (first) stream._onBeforeFirstWrite?.((one) => write(one))
          const isPlain = typeof chunk === "string" || Buffer.isBuffer(chunk) || chunk.constructor === Uint8Array
          return write(isPlain ? chunk : JSON.stringify(chunk))
        }
        const closed = new Promise((resolve) => stream.on("close", resolve))
        await handler(event, stream, context)
        if (!stream.destroyed) await closed
        const whole = Buffer.concat(chunks)
        const end = whole.indexOf(Buffer.alloc(8))
        const head = end === -1 ? undefined : (JSON.parse(whole.subarray(0, end).toString()) as Streamed["head"])
        return { head, contentType, body: end === -1 ? whole : whole.subarray(end + 8), mostWaiting }
      }
    },
    HttpResponseStream: {
      from(stream: ResponseStream, head: object): ResponseStream {
        stream.setContentType("application/vnd.awslambda.http-integration-response")
        stream._onBeforeFirstWrite = (write) => {
          write(JSON.stringify(head))
          write(new Uint8Array(8))
        }
        return stream
      },
    },
  }
  Object.assign(globalThis, { awslambda })
  return {
    uninstall: () => {
      delete (globalThis as { awslambda?: unknown }).awslambda
    },
  }
}
