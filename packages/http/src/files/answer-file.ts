import { preferredEncoding } from "../accept.ts"
import { isRangeWanted, weigh } from "../caching/preconditions.ts"
import type { Encoding } from "../compression/codecs.ts"
import type { BaseContext } from "../context/context.ts"
import { PreconditionFailed, RangeNotSatisfiable } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { remembered } from "../remembered.ts"
import { FileSlice } from "../reply/file-slice.ts"
import { Reply } from "../reply/reply.ts"
import type { FoundFile } from "./file-cache.ts"
import { type FileSettings, type PreparedFile, prepareFile } from "./file-settings.ts"
import { multipartRanges } from "./multipart-ranges.ts"
import { type ByteRange, parseRanges } from "./ranges.ts"

const prepared = new WeakMap<FoundFile, PreparedFile>()

/** Answers with a file: conditions first, then the part that is asked for, as RFC 9110 orders them. */
export function answerFile(ctx: BaseContext, found: FoundFile, settings: FileSettings): Reply | Failure {
  const encoding = found.variants.size === 0 ? undefined : encodingFor(ctx, found)
  const file = encoding === undefined ? found : found.variants.get(encoding)!
  const { known, type, headers, unchanged } = preparedOf(found, file, settings, encoding)
  const outcome = weigh(ctx.method, ctx.headers, known)
  if (outcome === "not modified") return new Reply(304, null, undefined, unchanged)
  if (outcome === "failed") return fail(PreconditionFailed, "The file is not in the state that the request names")
  const range = ctx.method === "GET" ? ctx.headers.get("range") : null
  if (range !== null && isRangeWanted(ctx.headers.get("if-range"), known)) {
    const ranges = parseRanges(range, file.size, settings.maxRanges)
    if (ranges !== undefined) return answerRanges(ctx, ranges, { file, type, headers })
  }
  return new Reply(200, file.bytes ?? sliceOf(file, { start: 0, end: file.size }), type, headers)
}

function preparedOf(
  found: FoundFile,
  file: FoundFile,
  settings: FileSettings,
  encoding: Encoding | undefined,
): PreparedFile {
  const known = prepared.get(file)
  if (known !== undefined && known.settings === settings) return known
  const name = found.path.slice(Math.max(found.path.lastIndexOf("/"), found.path.lastIndexOf("\\")) + 1)
  const made = prepareFile(file, settings, { encoding, name, varies: found.variants.size > 0 })
  prepared.set(file, made)
  return made
}

/** Lists of twins are few, and so are headers. */
const MAX_HEADERS = 200
const choose = remembered(MAX_HEADERS, (key) => {
  const [codings, header] = key.split("\n") as [string, string]
  return preferredEncoding(codings.split(",") as Encoding[], header)
})

/** The best twin for the caller; the file itself where there is none, or none that it takes. */
function encodingFor(ctx: BaseContext, { variants }: FoundFile): Encoding | undefined {
  const header = ctx.headers.get("accept-encoding")
  if (header === null) return undefined
  const chosen = choose(`${[...variants.keys()].join(",")}\n${header}`)
  return chosen === "identity" ? undefined : chosen
}

interface Parts {
  readonly file: FoundFile
  readonly type: string
  readonly headers: NonNullable<Reply["headers"]>
}

function answerRanges(ctx: BaseContext, ranges: readonly ByteRange[], { file, type, headers }: Parts): Reply | Failure {
  const [first, ...rest] = ranges
  if (first === undefined) {
    ctx.set("content-range", `bytes */${file.size}`)
    return fail(RangeNotSatisfiable, `The file has ${file.size} bytes`, { sizeBytes: file.size })
  }
  if (rest.length > 0) return multipartRanges({ file, type, headers, ranges })
  const { start, end } = first
  const range = { ...headers, "content-range": `bytes ${start}-${end - 1}/${file.size}` }
  return new Reply(206, file.bytes?.subarray(start, end) ?? sliceOf(file, first), type, range)
}

function sliceOf({ path, size }: FoundFile, { start, end }: ByteRange): FileSlice {
  return new FileSlice({ path, start, end, total: size })
}
