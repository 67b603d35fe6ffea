import { call, unwrapped, wrapped } from "./host.ts"

/** The bytes of a view or a buffer, as a buffer of their own. */
export function bufferOf(source: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (!ArrayBuffer.isView(source)) return source
  return source.buffer.slice(source.byteOffset, source.byteOffset + source.byteLength) as ArrayBuffer
}

export function encodeText(text: string): ArrayBuffer {
  return call("encode", wrapped(text)) as ArrayBuffer
}

/** @throws {TypeError} when `fatal` and the bytes are no UTF-8. */
export function decodeText(bytes: ArrayBuffer, fatal = false): string {
  const text = call("decode", fatal ? "fatal" : "", bytes)
  if (typeof text !== "string") throw new TypeError("The bytes are no UTF-8 text")
  return unwrapped(text)
}

export class TextEncoder {
  readonly encoding = "utf-8"

  encode(text = ""): Uint8Array {
    return new Uint8Array(encodeText(String(text)))
  }
}

/** UTF-8 only, whole buffers only. */
export class TextDecoder {
  readonly encoding = "utf-8"
  readonly fatal: boolean

  constructor(label = "utf-8", options: { fatal?: boolean } = {}) {
    if (!/^utf-?8$/i.test(label)) throw new RangeError(`Only utf-8 is known, got ${label}`)
    this.fatal = options.fatal === true
  }

  decode(bytes?: ArrayBuffer | ArrayBufferView): string {
    return bytes === undefined ? "" : decodeText(bufferOf(bytes), this.fatal)
  }
}

export function btoa(text: string): string {
  const encoded = call("btoa", wrapped(String(text)))
  if (typeof encoded !== "string") throw new TypeError("btoa takes characters of one byte only")
  return encoded
}

export function atob(text: string): string {
  const decoded = call("atob", wrapped(String(text)))
  if (typeof decoded !== "string") throw new TypeError("The text is no base64")
  return unwrapped(decoded)
}
