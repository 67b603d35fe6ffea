import type { DeclaredBy } from "@ashlar/core"
import { preferredEncoding } from "../accept.ts"
import type { BaseContext } from "../context/context.ts"
import type { RequestContext } from "../context/request-context.ts"
import { CompressionInvalid, NotAcceptable } from "../errors.ts"
import { type Failure, fail } from "../failure.ts"
import { type Layer, layer } from "../layer.ts"
import { remembered } from "../remembered.ts"
import { answerHeader } from "../reply/answer-header.ts"
import { type Body, kindOf, Reply, type ReplyHeaders, typeOf } from "../reply/reply.ts"
import { sourceOf } from "../reply/source.ts"
import { addVary } from "../reply/vary.ts"
import type { MaybePromise } from "../step.ts"
import { type Codec, createCodecs, type Encoding, type Levels } from "./codecs.ts"
import { CompressedBody } from "./compressed-body.ts"
import { isCompressible } from "./compressible.ts"

export interface CompressOptions {
  /** Bodies that are smaller, in bytes, are sent as they are. Streams have no size, and are compressed. Default 1,024. */
  readonly minBytes?: number
  /** The codings to use, the best first; where the caller likes several the same, the first is taken. Default all three. */
  readonly encodings?: readonly Encoding[]
  /** How hard each coding tries: gzip 1 to 9 (default 6), brotli 0 to 11 (default 4), zstd 1 to 19 (default 3). */
  readonly level?: Partial<Levels>
  /** Whether a body of this content type is worth it. Default: texts, JSON, XML and the like. */
  readonly types?: (contentType: string) => boolean
}

const DEFAULT_MIN_BYTES = 1024
const DEFAULT_ENCODINGS: readonly Encoding[] = ["zstd", "br", "gzip"]
const DEFAULT_LEVELS: Levels = { gzip: 6, br: 4, zstd: 3 }
const BOUNDS: Readonly<Record<Encoding, readonly [min: number, max: number]>> = {
  gzip: [1, 9],
  br: [0, 11],
  zstd: [1, 19],
}
/** Above this many bytes a body is compressed on another thread: it would hold other requests up for a millisecond. */
const SYNC_BYTES = 64 * 1024
/** Statuses without a body, or with a part of one, whose bytes count. */
const UNTOUCHED: ReadonlySet<number> = new Set([101, 103, 204, 205, 206, 304])
const NO_TRANSFORM = /(?:^|[\s,])no-transform(?:$|[\s,])/i

/**
 * A layer that compresses answers as their callers take it (`Accept-Encoding`). Streams are flushed piece by piece, so
 * events and lines arrive when they are sent. Left as they are: small bodies, types that are compressed already, answers
 * with a `Content-Encoding` or `Cache-Control: no-transform`, parts (206). A strong `ETag` gets the coding's name
 * behind it, for other bytes are another state to it; conditions of later requests know both.
 *
 * Do not compress what has a secret beside something that the caller chose (a token in a page that repeats the query):
 * its length tells about it (BREACH). Leave such routes out, or set `no-transform`.
 * @throws {HTTP_COMPRESSION_INVALID} when an option is out of range.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 * @example
 * const app = createApp({ layers: [compress()] })
 */
export function compress(options: CompressOptions = {}): Layer<unknown, DeclaredBy<typeof NotAcceptable>> {
  const compression = new Compression(options)
  return layer({
    name: "compress",
    errors: [NotAcceptable],
    after: (ctx, reply) => compression.compress(ctx, reply),
  })
}

/** What a caller takes: a coding, and whether it takes a body without one. */
interface Choice {
  readonly encoding: Encoding | "identity" | undefined
  readonly takesPlain: boolean
}

/** Different headers that are remembered; browsers send a handful. */
const MAX_CHOICES = 100

class Compression {
  readonly #minBytes: number
  readonly #encodings: readonly Encoding[]
  readonly #levels: Levels
  readonly #isWorth: (contentType: string) => boolean
  #codecs: ReadonlyMap<Encoding, Codec> | undefined
  readonly #choose: (header: string) => Choice

  constructor({
    minBytes = DEFAULT_MIN_BYTES,
    encodings = DEFAULT_ENCODINGS,
    level,
    types = isCompressible,
  }: CompressOptions) {
    if (!Number.isSafeInteger(minBytes) || minBytes < 0)
      throw new CompressionInvalid(`Expected minBytes to be whole bytes, 0 or more, got ${minBytes}`)
    const levels = { ...DEFAULT_LEVELS, ...level }
    for (const encoding of encodings) checkLevel(encoding, levels[encoding])
    this.#minBytes = minBytes
    this.#encodings = encodings
    this.#levels = levels
    this.#isWorth = types
    this.#codecs = undefined
    this.#choose = remembered(MAX_CHOICES, (header) => this.#choiceFor(header))
  }

  compress(ctx: BaseContext, reply: Reply): MaybePromise<Reply | Failure | undefined> {
    const { status, value } = reply
    if (status === 304) return nameTag(ctx, reply)
    const kind = kindOf(value)
    if (kind === "none" || UNTOUCHED.has(status)) return undefined
    const type = answerHeader(ctx, reply, "content-type") ?? reply.contentType ?? typeOf(kind, value)
    if (!this.#isWorth(type) || isLeftAlone(ctx, reply)) return undefined
    addVary(ctx, reply, "accept-encoding")
    const choice = this.#choose(ctx.headers.get("accept-encoding") ?? "")
    if (choice.encoding === "identity") return undefined
    if (choice.encoding === undefined)
      return fail(NotAcceptable, `This address can be had as ${this.#encodings.join(", ")}, or as it is`, {
        encodings: [...this.#encodings, "identity"],
      })
    const codec = this.#available().get(choice.encoding)
    if (codec === undefined) return undefined
    const minBytes = choice.takesPlain ? this.#minBytes : 0
    if (kind === "text" || kind === "json" || kind === "bytes")
      return this.#whole(ctx, reply, { ...choice, codec, minBytes })
    const { stream } = codec
    if (stream === undefined) return undefined
    const size = (value as { readonly size?: number }).size
    if (size !== undefined && size < minBytes) return undefined
    const body = new CompressedBody(() => sourceOf(value as Body), stream)
    return encoded(ctx, reply.withBody(body, type), choice.encoding)
  }

  #whole(ctx: BaseContext, reply: Reply, how: Whole): MaybePromise<Reply> {
    const { codec, encoding, minBytes, takesPlain } = how
    const plain = reply.encode()
    const bytes =
      plain.value instanceof ArrayBuffer ? new Uint8Array(plain.value) : (plain.value as string | Uint8Array)
    if (bytes.length < minBytes) return plain
    const finish = (small: Uint8Array): Reply =>
      takesPlain && small.byteLength >= bytes.length ? plain : encoded(ctx, plain.withBody(small), encoding as Encoding)
    if (codec.whole !== undefined && bytes.length <= SYNC_BYTES) return finish(codec.whole(bytes))
    return codec.large(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes).then(finish)
  }

  #available(): ReadonlyMap<Encoding, Codec> {
    this.#codecs ??= createCodecs(this.#levels)
    return this.#codecs
  }
  #choiceFor(header: string): Choice {
    const can = this.#encodings.filter((encoding) => this.#available().has(encoding))
    return { encoding: preferredEncoding(can, header), takesPlain: preferredEncoding([], header) !== undefined }
  }
}

interface Whole extends Choice {
  readonly codec: Codec
  readonly minBytes: number
}

function checkLevel(encoding: Encoding, level: number): void {
  const bounds = BOUNDS[encoding] as readonly [number, number] | undefined
  if (bounds === undefined) throw new CompressionInvalid(`Expected encodings of zstd, br and gzip, got "${encoding}"`)
  const [min, max] = bounds
  if (!Number.isSafeInteger(level) || level < min || level > max)
    throw new CompressionInvalid(`Expected the level of ${encoding} to be ${min} to ${max}, got ${level}`)
}

function isLeftAlone(ctx: BaseContext, reply: Reply): boolean {
  const coding = answerHeader(ctx, reply, "content-encoding")
  if (coding !== undefined && coding !== "identity") return true
  return NO_TRANSFORM.test(answerHeader(ctx, reply, "cache-control") ?? "")
}

/** Headers that speak of the plain body. */
const OF_PLAIN: ReadonlySet<string> = new Set([
  "content-length",
  "content-md5",
  "accept-ranges",
  "digest",
  "repr-digest",
])

function encoded(ctx: BaseContext, reply: Reply, encoding: Encoding): Reply {
  const headers: Record<string, ReplyHeaders[string]> = { "content-encoding": encoding }
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    const lower = name.toLowerCase()
    if (!OF_PLAIN.has(lower) && lower !== "content-encoding") headers[lower] = value
  }
  dropPlain(ctx as RequestContext)
  const tag = answerHeader(ctx, reply, "etag")
  if (tag?.startsWith('"') === true) {
    headers.etag = coded(tag, encoding)
    ctx.set("etag", headers.etag)
  }
  return new Reply(reply.status, reply.value, reply.contentType, headers)
}

function dropPlain(ctx: RequestContext): void {
  const { answerHeaders } = ctx
  if (answerHeaders === undefined) return
  for (let at = answerHeaders.length - 2; at >= 0; at -= 2)
    if (OF_PLAIN.has(answerHeaders[at]!)) answerHeaders.splice(at, 2)
}

function coded(tag: string, encoding: string): string {
  return `${tag.slice(0, -1)}--${encoding}"`
}

/** A 304 speaks of the body that the caller has, and that was compressed. */
function nameTag(ctx: BaseContext, reply: Reply): undefined {
  addVary(ctx, reply, "accept-encoding")
  const tag = answerHeader(ctx, reply, "etag")
  if (tag?.startsWith('"') !== true) return undefined
  const asked = ctx.headers.get("if-none-match") ?? ""
  for (const encoding of DEFAULT_ENCODINGS)
    if (asked.includes(coded(tag, encoding))) {
      ctx.set("etag", coded(tag, encoding))
      return undefined
    }
  return undefined
}
