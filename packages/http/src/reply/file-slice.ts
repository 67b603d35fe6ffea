/** A file, or a part of one, as a body: each runtime sends it in its own cheapest way, without reading it into memory. */
export class FileSlice {
  readonly path: string
  /** First byte, from 0. */
  readonly start: number
  /** One past the last byte. */
  readonly end: number
  readonly type: string | undefined

  constructor({ path, start, end, type }: { path: string; start: number; end: number; type?: string | undefined }) {
    this.path = path
    this.start = start
    this.end = end
    this.type = type
  }

  get size(): number {
    return this.end - this.start
  }

  get [Symbol.toStringTag](): string {
    return "FileSlice"
  }
}
