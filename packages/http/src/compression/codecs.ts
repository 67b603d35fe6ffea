import type { Transform } from "node:stream"
import type { BrotliOptions, ZlibOptions, ZstdOptions } from "node:zlib"

/** A coding that this package makes. */
export type Encoding = "zstd" | "br" | "gzip"

/** How hard each coding tries: gzip 1 to 9, brotli 0 to 11, zstd 1 to 19. */
export type Levels = Readonly<Record<Encoding, number>>

/** One coding, as the runtime makes it. */
export interface Codec {
  /** A whole body, at once. */
  whole(bytes: string | Uint8Array): Uint8Array
  /** A whole body, on another thread. */
  large(bytes: Uint8Array): Promise<Uint8Array>
  /** A body that comes in pieces; each piece can be read by the caller as soon as it comes out. */
  stream(): Transform
}

/** Streams remember less than whole bodies: thousands of them may be open, each with a window of this size (256 KiB). */
const STREAM_WINDOW_BITS = 18

/** The codings that this runtime can make, of those that are wanted. None where it has no `node:zlib`. */
export function createCodecs(levels: Levels): ReadonlyMap<Encoding, Codec> {
  const zlib = builtinZlib()
  const codecs = new Map<Encoding, Codec>()
  if (zlib === undefined) return codecs
  codecs.set("gzip", gzip(zlib, levels.gzip))
  codecs.set("br", brotli(zlib, levels.br))
  if (typeof zlib.zstdCompressSync === "function") codecs.set("zstd", zstd(zlib, levels.zstd))
  return codecs
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
    whole: (bytes) => zlib.gzipSync(bytes, options),
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
    whole: (bytes) => zlib.zstdCompressSync(bytes, options),
    large: (bytes) => later((done) => zlib.zstdCompress(bytes, options, done)),
    stream: () => zlib.createZstdCompress({ params, flush: ZSTD_e_flush }),
  }
}
