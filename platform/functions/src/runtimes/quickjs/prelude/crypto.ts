import { call } from "./host.ts"
import { bufferOf } from "./text.ts"

type Source = ArrayBuffer | ArrayBufferView
type Named = string | { name: string; hash?: string | { name: string } }

const POOL_BYTES = 512
let pool = new Uint32Array(0)
let used = 0

/** Forgets what was drawn: the memory that a call starts from is the same every time, its random numbers must not be. */
export function forgetRandom(): void {
  pool = new Uint32Array(0)
  used = 0
}

/** `Math.random` from the host: QuickJS's own would give every call the same numbers. */
export function random(): number {
  if (used + 2 > pool.length) {
    pool = new Uint32Array(call("random", String(POOL_BYTES)) as ArrayBuffer)
    used = 0
  }
  const high = pool[used++]! >>> 5
  const low = pool[used++]! >>> 6
  return (high * 0x4000000 + low) / 0x20000000000000
}

/** An HMAC key. */
class CryptoKey {
  readonly type = "secret"
  readonly algorithm: { name: "HMAC"; hash: { name: string } }
  readonly #bytes: ArrayBuffer

  constructor(bytes: ArrayBuffer, hash: string) {
    this.algorithm = { name: "HMAC", hash: { name: hash } }
    this.#bytes = bytes
  }

  static mac(key: CryptoKey, data: Source): ArrayBuffer {
    const body = joined(key.#bytes, bufferOf(data))
    return must(call("hmac", JSON.stringify({ hash: key.algorithm.hash.name, keyBytes: key.#bytes.byteLength }), body))
  }
}

const mac = CryptoKey.mac
Reflect.deleteProperty(CryptoKey, "mac")

interface Subtle {
  digest(algorithm: Named, data: Source): Promise<ArrayBuffer>
  importKey(format: "raw", data: Source, algorithm: Named): Promise<CryptoKey>
  sign(algorithm: Named, key: CryptoKey, data: Source): Promise<ArrayBuffer>
  verify(algorithm: Named, key: CryptoKey, signature: Source, data: Source): Promise<boolean>
}

const subtle: Subtle = {
  async digest(algorithm: Named, data: Source): Promise<ArrayBuffer> {
    return must(call("digest", nameOf(algorithm), bufferOf(data)))
  },
  async importKey(format: "raw", data: Source, algorithm: Named): Promise<CryptoKey> {
    const hash = typeof algorithm === "string" ? undefined : algorithm.hash
    if (format !== "raw" || nameOf(algorithm) !== "HMAC" || hash === undefined)
      throw new DOMException("Only raw HMAC keys are supported", "NotSupportedError")
    return new CryptoKey(bufferOf(data).slice(0), nameOf(hash))
  },
  async sign(_algorithm: Named, key: CryptoKey, data: Source): Promise<ArrayBuffer> {
    return mac(key, data)
  },
  async verify(_algorithm: Named, key: CryptoKey, signature: Source, data: Source): Promise<boolean> {
    const expected = new Uint8Array(mac(key, data))
    const given = new Uint8Array(bufferOf(signature))
    let difference = expected.length ^ given.length
    for (let at = 0; at < expected.length; at++) difference |= expected[at]! ^ (given[at] ?? 0)
    return difference === 0
  },
}

export const crypto: {
  subtle: Subtle
  getRandomValues<View extends ArrayBufferView>(view: View): View
  randomUUID(): string
} = {
  subtle,
  getRandomValues<View extends ArrayBufferView>(view: View): View {
    if (view.byteLength > 65536) throw new RangeError("At most 65536 random bytes at once")
    const bytes = new Uint8Array(call("random", String(view.byteLength)) as ArrayBuffer)
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(bytes)
    return view
  },
  randomUUID(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16))
    bytes[6] = (bytes[6]! & 0x0f) | 0x40
    bytes[8] = (bytes[8]! & 0x3f) | 0x80
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
  },
}

function nameOf(algorithm: Named): string {
  return (typeof algorithm === "string" ? algorithm : algorithm.name).toUpperCase()
}

function must(result: ReturnType<typeof call>): ArrayBuffer {
  if (!(result instanceof ArrayBuffer)) throw new DOMException("The algorithm is not supported", "NotSupportedError")
  return result
}

function joined(first: ArrayBuffer, second: ArrayBuffer): ArrayBuffer {
  const bytes = new Uint8Array(first.byteLength + second.byteLength)
  bytes.set(new Uint8Array(first))
  bytes.set(new Uint8Array(second), first.byteLength)
  return bytes.buffer
}
