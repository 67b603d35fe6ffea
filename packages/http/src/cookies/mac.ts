import { sha256 } from "./sha256.ts"

/** Makes the HMAC-SHA256 of a text, as 43 characters of base64url. */
export type Mac = (text: string) => string

const BLOCK_BYTES = 64
const encoder = new TextEncoder()

/**
 * A MAC under one key, each runtime's in its quickest way: `createHmac` costs 6 µs for a cookie on Node and 50 on Deno,
 * which is more than the rest of a request.
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
export function createMac(key: Uint8Array): Mac {
  if ("Bun" in globalThis) return (text) => new Bun.CryptoHasher("sha256", key).update(text).digest("base64url")
  const hash = "Deno" in globalThis ? undefined : nodeHash()
  return hash === undefined ? plainMac(key) : nodeMac(key, hash)
}

type Hash = (algorithm: string, data: Uint8Array, encoding: "buffer" | "base64url") => Uint8Array | string

/** Node's one-shot hash, since 20.12. */
function nodeHash(): Hash | undefined {
  if (typeof process === "undefined" || process.getBuiltinModule === undefined) return undefined
  return (process.getBuiltinModule("node:crypto") as { hash?: Hash } | undefined)?.hash
}

function nodeMac(key: Uint8Array, hash: Hash): Mac {
  const { inner, outer } = padsOf(key, (long) => hash("sha256", long, "buffer") as Uint8Array)
  return (text) => {
    const middle = hash("sha256", joined(inner, encoder.encode(text)), "buffer") as Uint8Array
    return hash("sha256", joined(outer, middle), "base64url") as string
  }
}

/** Without any help of the runtime. */
export function plainMac(key: Uint8Array): Mac {
  const { inner, outer } = padsOf(key, sha256)
  return (text) => toBase64Url(sha256(joined(outer, sha256(joined(inner, encoder.encode(text))))))
}

function padsOf(
  key: Uint8Array,
  shorten: (key: Uint8Array) => Uint8Array,
): { readonly inner: Uint8Array; readonly outer: Uint8Array } {
  const short = key.length > BLOCK_BYTES ? shorten(key) : key
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c)
  for (const [at, byte] of short.entries()) {
    inner[at] = inner[at]! ^ byte
    outer[at] = outer[at]! ^ byte
  }
  return { inner, outer }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
}
