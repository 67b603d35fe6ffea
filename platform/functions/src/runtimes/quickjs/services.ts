import { createHash, createHmac, randomBytes } from "node:crypto"
import type { HostOperation } from "./prelude/host.ts"
import { unwrapped, wrapped } from "./prelude/host.ts"

const hashes: ReadonlyMap<string, string> = new Map([
  ["SHA-1", "sha1"],
  ["SHA-256", "sha256"],
  ["SHA-384", "sha384"],
  ["SHA-512", "sha512"],
])
const urlParts = new Set("href protocol username password host hostname port pathname search hash".split(" "))
const strict = new TextDecoder("utf-8", { fatal: true })
const lenient = new TextDecoder("utf-8")

/**
 * What the runner does for the guest at once: the parts of the Web platform that QuickJS has not, and that would be slow
 * or large inside it. Nothing here holds a right. What cannot be done is `undefined`.
 */
export function answerSync(
  operation: HostOperation,
  text: string = "",
  body?: string | ArrayBuffer,
): string | ArrayBuffer | undefined {
  const bytes = body instanceof ArrayBuffer ? new Uint8Array(body) : new Uint8Array(0)
  switch (operation) {
    case "url":
      return urlOf(JSON.parse(text))
    case "encode":
      return bufferOf(Buffer.from(unwrapped(text)))
    case "decode":
      return wrapped((text === "fatal" ? strict : lenient).decode(bytes))
    case "btoa":
      return base64Of(unwrapped(text))
    case "atob":
      return textOfBase64(unwrapped(text))
    case "random":
      return bufferOf(randomBytes(Math.min(65536, Number(text))))
    case "digest":
      return hashes.has(text) ? bufferOf(createHash(hashes.get(text)!).update(bytes).digest()) : undefined
    case "hmac":
      return hmacOf(JSON.parse(text), bytes)
    default:
      return undefined
  }
}

interface UrlQuestion {
  readonly url: string
  readonly base?: string
  readonly part?: string
  readonly value?: string
}

function urlOf(question: UrlQuestion): string | undefined {
  const url = URL.parse(question.url, question.base)
  if (!url) return undefined
  if (question.part !== undefined && urlParts.has(question.part)) Reflect.set(url, question.part, question.value ?? "")
  const { href, origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url
  return JSON.stringify({ href, origin, protocol, username, password, host, hostname, port, pathname, search, hash })
}

function base64Of(text: string): string | undefined {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 255) return undefined
  return Buffer.from(text, "latin1").toString("base64")
}

function textOfBase64(text: string): string | undefined {
  try {
    return wrapped(atob(text))
  } catch {
    return undefined
  }
}

function hmacOf(question: { hash: string; keyBytes: number }, bytes: Uint8Array): ArrayBuffer | undefined {
  const hash = hashes.get(question.hash)
  if (!hash) return undefined
  return bufferOf(
    createHmac(hash, bytes.subarray(0, question.keyBytes)).update(bytes.subarray(question.keyBytes)).digest(),
  )
}

function bufferOf(bytes: Buffer): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}
