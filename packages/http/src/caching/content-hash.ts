import type { MaybePromise } from "../step.ts"

/** The characters of a tag: 132 bits of SHA-256. */
const TAG_LENGTH = 22

type Hash = (algorithm: string, data: string | Uint8Array, encoding: "base64url") => string

/** What stands for a content: the same for the same bytes only. Synchronous wherever the runtime can. */
export function contentHash(content: string | Uint8Array): MaybePromise<string> {
  if ("Bun" in globalThis)
    return new Bun.CryptoHasher("sha256").update(content).digest("base64url").slice(0, TAG_LENGTH)
  hash ??= nodeHash() ?? "none"
  return hash === "none" ? webHash(content) : hash("sha256", content, "base64url").slice(0, TAG_LENGTH)
}
let hash: Hash | "none" | undefined

function nodeHash(): Hash | undefined {
  if (typeof process === "undefined" || process.getBuiltinModule === undefined) return undefined
  return (process.getBuiltinModule("node:crypto") as { hash?: Hash } | undefined)?.hash
}

async function webHash(content: string | Uint8Array): Promise<string> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>))
  const text = btoa(String.fromCharCode(...digest))
  return text.replaceAll("+", "-").replaceAll("/", "_").slice(0, TAG_LENGTH)
}
