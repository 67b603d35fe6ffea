import type { Message } from "./issue.ts"
import type { AsyncSchema, Schema } from "./schema.ts"

/** A file that is in memory: what `@ashlar/http/uploads` makes with `toMemory()`, or anything else of this shape. */
export interface BytesFile {
  readonly bytes: Uint8Array
  /** Where it was stored under a name of its own, `originalName` is the sender's. */
  readonly name?: string
  readonly originalName?: string
}

/** A file: JSON can make none, so nobody sends one by JSON. */
export type FileLike = Blob | BytesFile

export interface ImageRules {
  /** In pixels, as all of these. */
  readonly minWidth?: number
  readonly maxWidth?: number
  readonly minHeight?: number
  readonly maxHeight?: number
  readonly message?: Message
}

/** A file. Rules about its content have to wait, because a `Blob` has to be read; the others answer at once. */
export interface FileSchema extends Schema<FileLike> {
  minBytes(bytes: number, message?: Message): this
  maxBytes(bytes: number, message?: Message): this
  /** The endings its name may have: `.png`, `.tar.gz`; case does not count. */
  extensions(endings: readonly string[], message?: Message): this
  /**
   * The media types its content may have, as its first 8 KiB show them: `image/png`, or `image/*` for all of a kind but what
   * browsers run as a page (SVG must be named). What the sender called it plays no part.
   */
  types(types: readonly string[], message?: Message): AsyncFileSchema
  /** A PNG, JPEG, GIF or WebP image, of a size within these bounds. Read from its header: no proof that the rest is whole. */
  image(rules?: ImageRules): AsyncFileSchema
}

/** The same, once there are rules about its content. */
export interface AsyncFileSchema extends AsyncSchema<FileLike> {
  minBytes(bytes: number, message?: Message): this
  maxBytes(bytes: number, message?: Message): this
  extensions(endings: readonly string[], message?: Message): this
  types(types: readonly string[], message?: Message): this
  image(rules?: ImageRules): this
}
