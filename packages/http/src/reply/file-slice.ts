export interface FileSliceParts {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly type?: string | undefined
  readonly total?: number | undefined
}

/** A file, or a part of one, as a body: each runtime sends it in its own cheapest way, without reading it into memory. */
export class FileSlice {
  readonly path: string
  /** First byte, from 0. */
  readonly start: number
  /** One past the last byte. */
  readonly end: number
  readonly type: string | undefined
  /** The size of the whole file, where it is known. */
  readonly total: number | undefined

  constructor({ path, start, end, type, total }: FileSliceParts) {
    this.path = path
    this.start = start
    this.end = end
    this.type = type
    this.total = total
  }

  /** Whether this is all of the file, which Bun sends twice as fast as a part. */
  get isWhole(): boolean {
    return this.start === 0 && this.end === this.total
  }

  get size(): number {
    return this.end - this.start
  }

  get [Symbol.toStringTag](): string {
    return "FileSlice"
  }
}
