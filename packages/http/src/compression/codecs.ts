import type { Transform } from "node:stream"
import type { BrotliOptions, ZlibOptions, ZstdOptions } from "node:zlib"

/** A coding that this package makes. */
export type Encoding = "zstd" | "br" | "gzip"

/** How hard each coding tries: gzip 1 to 9, brotli 0 to 11, zstd 1 to 19. */
export type Levels = Readonly<Record<Encoding, number>>

/** One coding, as the runtime makes it. */
export interface Codec {
  /** A whole body, at once, where the runtime can. */
  readonly whole: ((bytes: string | Uint8Array) => Uint8Array) | undefined
  /** A whole body, on another thread. */
  large(bytes: Uint8Array): Promise<Uint8Array>
  /** A body that comes in pieces, each of which can be read by the caller as soon as it comes out, where the runtime can. */
  readonly stream: (() => Transform) | undefined
}

/** Streams remember less than whole bodies: thousands of them may be open, each with a window of this size (256 KiB). */
const STREAM_WINDOW_BITS = 18

/** Cloudflare compresses by itself what says that it is compressed, and would do it twice. */
const isWorkers = globalThis.navigator?.userAgent === "Cloudflare-Workers"

/** The codings that this runtime can make: those of its `node:zlib`, or else gzip as the web has it. */
export function createCodecs(levels: Levels): ReadonlyMap<Encoding, Codec> {
  const codecs = new Map<Encoding, Codec>()
  if (isWorkers) return codecs
  const zlib = builtinZlib()
  if (zlib === undefined) return typeof CompressionStream === "function" ? codecs.set("gzip", webGzip()) : codecs
  codecs.set("gzip", gzip(zlib, levels.gzip))
  codecs.set("br", brotli(zlib, levels.br))
  if (typeof zlib.zstdCompressSync === "function") codecs.set("zstd", zstd(zlib, levels.zstd))
  return codecs
}

/** At a level of its own. What comes in pieces it gives out when it likes, so that is not compressed. */
export function webGzip(): Codec {
  return {
    whole: undefined,
    large: async (bytes) => {
      const plain = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
      return new Uint8Array(await new Response(plain.pipeThrough(new CompressionStream("gzip"))).arrayBuffer())
    },
    stream: undefined,
  }
}

/** Bun's own functions cost a quarter less than those that it has for Node's sake. */
const isBun = "Bun" in globalThis

function toBun(bytes: string | Uint8Array): string | Uint8Array<ArrayBuffer> {
  return bytes as string | Uint8Array<ArrayBuffer>
}

type Zlib = typeof import("node:zlib")

function builtinZlib(): Zlib | undefined {
  if (typeof process === "undefined" || process.getBuiltinModule === undefined) return undefined
  return process.getBuiltinModule("node:zlib") as Zlib | undefined
}

type Done = (error: Error | null, bytes: Uint8Array) => void

function later(run: (done: Done) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => run((error, bytes) => (error === null ? resolve(bytes) : reject(error))))
}

function gzip(zlib: Zlib, level: number): Codec {
  const options: ZlibOptions = { level }
  return {
    whole: isBun
      ? (bytes) => Bun.gzipSync(toBun(bytes), { level: level as 6 })
      : (bytes) => zlib.gzipSync(bytes, options),
    large: (bytes) => later((done) => zlib.gzip(bytes, options, done)),
    stream: () => zlib.createGzip({ level, flush: zlib.constants.Z_SYNC_FLUSH }),
  }
}

function brotli(zlib: Zlib, level: number): Codec {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_OPERATION_FLUSH } = zlib.constants
  const options: BrotliOptions = { params: { [BROTLI_PARAM_QUALITY]: level } }
  const params = { [BROTLI_PARAM_QUALITY]: level, [BROTLI_PARAM_LGWIN]: STREAM_WINDOW_BITS }
  return {
    whole: (bytes) => zlib.brotliCompressSync(bytes, options),
    large: (bytes) => later((done) => zlib.brotliCompress(bytes, options, done)),
    stream: () => zlib.createBrotliCompress({ params, flush: BROTLI_OPERATION_FLUSH }),
  }
}

function zstd(zlib: Zlib, level: number): Codec {
  const { ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_e_flush } = zlib.constants
  const options: ZstdOptions = { params: { [ZSTD_c_compressionLevel]: level } }
  const params = { [ZSTD_c_compressionLevel]: level, [ZSTD_c_windowLog]: STREAM_WINDOW_BITS }
  return {
    whole: isBun
      ? (bytes) => Bun.zstdCompressSync(toBun(bytes), { level })
      : (bytes) => zlib.zstdCompressSync(bytes, options),
    large: (bytes) => later((done) => zlib.zstdCompress(bytes, options, done)),
    stream: () => zlib.createZstdCompress({ params, flush: ZSTD_e_flush }),
  }
}
