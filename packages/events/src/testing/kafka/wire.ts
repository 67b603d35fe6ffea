/* Kafka's flexible encoding, written from its own description and not from a client's: two readings of it must agree. */

/** Reads what a client sent. @see https://kafka.apache.org/protocol#protocol_types */
export class WireReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get at(): number {
    return this.#at
  }
  int8(): number {
    return this.#bytes.readInt8(this.#step(1))
  }
  int16(): number {
    return this.#bytes.readInt16BE(this.#step(2))
  }
  int32(): number {
    return this.#bytes.readInt32BE(this.#step(4))
  }
  int64(): bigint {
    return this.#bytes.readBigInt64BE(this.#step(8))
  }
  bool(): boolean {
    return this.int8() !== 0
  }
  uvarint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes.readUInt8(this.#step(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return value
    }
  }
  /** Zigzag, of at most 53 bits. */
  varint(): number {
    const raw = this.uvarint()
    return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
  }
  uuid(): string {
    const at = this.#step(16)
    return this.#bytes.toString("hex", at, at + 16)
  }
  /** With a length of two bytes: in headers and in what consumers tell each other. */
  shortString(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.raw(length).toString()
  }
  string(): string | null {
    return this.bytes()?.toString() ?? null
  }
  bytes(): Buffer | null {
    const length = this.uvarint()
    return length === 0 ? null : this.raw(length - 1)
  }
  raw(length: number): Buffer {
    const at = this.#step(length)
    return this.#bytes.subarray(at, at + length)
  }
  array<T>(one: () => T): T[] {
    const length = this.uvarint()
    return Array.from({ length: Math.max(0, length - 1) }, one)
  }
  tags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint()
      this.raw(this.uvarint())
    }
  }
  #step(length: number): number {
    const at = this.#at
    if (length < 0 || at + length > this.#bytes.length) throw new RangeError("A request is shorter than it says.")
    this.#at += length
    return at
  }
}

/** Writes an answer. */
export class WireWriter {
  readonly #parts: Buffer[] = []

  int8(value: number): this {
    return this.#number(1, (bytes) => bytes.writeInt8(value))
  }
  int16(value: number): this {
    return this.#number(2, (bytes) => bytes.writeInt16BE(value))
  }
  int32(value: number): this {
    return this.#number(4, (bytes) => bytes.writeInt32BE(value))
  }
  int64(value: bigint): this {
    return this.#number(8, (bytes) => bytes.writeBigInt64BE(value))
  }
  bool(value: boolean): this {
    return this.int8(value ? 1 : 0)
  }
  uvarint(value: number): this {
    const bytes: number[] = []
    let left = value
    while (left >= 0x80) {
      bytes.push((left % 0x80) | 0x80)
      left = Math.floor(left / 0x80)
    }
    bytes.push(left)
    return this.raw(Buffer.from(bytes))
  }
  uuid(hex: string): this {
    return this.raw(Buffer.from(hex, "hex"))
  }
  string(text: string | null): this {
    return this.bytes(text === null ? null : Buffer.from(text))
  }
  bytes(bytes: Buffer | null): this {
    if (bytes === null) return this.uvarint(0)
    return this.uvarint(bytes.length + 1).raw(bytes)
  }
  raw(bytes: Buffer): this {
    this.#parts.push(bytes)
    return this
  }
  array<T>(items: readonly T[], one: (item: T) => void): this {
    this.uvarint(items.length + 1)
    for (const item of items) one(item)
    return this
  }
  /** None. */
  tags(): this {
    return this.uvarint(0)
  }
  toBuffer(): Buffer {
    return Buffer.concat(this.#parts)
  }
  #number(length: number, write: (bytes: Buffer) => void): this {
    const bytes = Buffer.alloc(length)
    write(bytes)
    return this.raw(bytes)
  }
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value >>> 0
})

/** CRC-32C. @see https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}
