import { fileChunks } from "../reply/body-stream.ts"
import { FileSlice } from "../reply/file-slice.ts"
import { Reply, type ReplyHeaders } from "../reply/reply.ts"
import type { FoundFile } from "./file-cache.ts"
import type { ByteRange } from "./ranges.ts"

export interface MultipartRanges {
  readonly file: FoundFile
  readonly type: string
  readonly headers: ReplyHeaders
  readonly ranges: readonly ByteRange[]
}

/** Several parts of a file in one body. @see https://www.rfc-editor.org/rfc/rfc9110#section-14.6 */
export function multipartRanges({ file, type, headers, ranges }: MultipartRanges): Reply {
  const boundary = crypto.randomUUID()
  const head = ({ start, end }: ByteRange): string =>
    `--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${start}-${end - 1}/${file.size}\r\n\r\n`
  async function* parts(): AsyncGenerator<Uint8Array | string> {
    for (const range of ranges) {
      yield head(range)
      if (file.bytes === undefined) yield* fileChunks(new FileSlice({ path: file.path, ...range }))
      else yield file.bytes.subarray(range.start, range.end)
      yield "\r\n"
    }
    yield `--${boundary}--\r\n`
  }
  return new Reply(206, parts(), `multipart/byteranges; boundary=${boundary}`, headers)
}
