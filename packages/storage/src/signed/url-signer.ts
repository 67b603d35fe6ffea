import { createHmac, timingSafeEqual } from "node:crypto"
import { type Clock, Secret } from "@ashlar/core"
import { StorageOptionInvalid, StorageSignatureInvalid } from "../errors.ts"
import type { SigningOptions } from "../options.ts"

/** What an address is for. All of it is signed. */
export interface SignedGrant {
  readonly method: "GET" | "PUT"
  readonly key: string
  /** Seconds since the epoch. */
  readonly expires: number
  readonly download?: string | undefined
  readonly contentType?: string | undefined
  readonly maxBytes?: number | undefined
}

export interface UrlSigner {
  sign(grant: SignedGrant): string
  publicUrl(key: string): string
  /** @throws {STORAGE_SIGNATURE_INVALID} */
  verify(method: string, key: string, query: URLSearchParams): SignedGrant
}

const MIN_SECRET = 32
/** Told apart from whatever else may be signed with the same secret; and versioned. */
const PURPOSE = "ashlar-storage-url-v1"
const NAMES = ["m", "e", "d", "t", "b", "s"] as const

/** Signs addresses of objects that the app serves, by HMAC-SHA-256. @throws {STORAGE_OPTION_INVALID} */
export function createUrlSigner({ secret, baseUrl }: SigningOptions, clock: Clock): UrlSigner {
  const keys = secretsOf(secret)
  const base = checkBase(baseUrl)
  const urlOf = (key: string): string => `${base}/${key.split("/").map(encodeURIComponent).join("/")}`
  return {
    publicUrl: urlOf,
    sign(grant) {
      const { method, expires, download, contentType, maxBytes } = grant
      const query = new URLSearchParams({ m: method, e: String(expires) })
      if (download !== undefined) query.set("d", download)
      if (contentType !== undefined) query.set("t", contentType)
      if (maxBytes !== undefined) query.set("b", String(maxBytes))
      query.set("s", macOf(keys[0]!, grant).toString("base64url"))
      return `${urlOf(grant.key)}?${query}`
    },
    verify(method, key, query) {
      const grant = readGrant(method, key, query)
      const given = Buffer.from(query.get("s") ?? "", "base64url")
      // Each of them, whichever fits: how long it takes says nothing.
      let isValid = false
      for (const one of keys) {
        const mac = macOf(one, grant)
        if (given.length === mac.length && timingSafeEqual(given, mac)) isValid = true
      }
      // Only after the signature: an address that nobody signed does not learn what the clock says.
      if (!isValid) throw new StorageSignatureInvalid("The address is not signed, or not for this.")
      if (grant.expires * 1000 <= clock.now()) throw new StorageSignatureInvalid("The time of the address is over.")
      return grant
    },
  }
}

function secretsOf(secret: SigningOptions["secret"]): readonly [string, ...string[]] {
  const list = (Array.isArray(secret) ? secret : [secret]) as readonly (string | Secret<string>)[]
  const texts = list.map((one) => (one instanceof Secret ? one.reveal() : one))
  if (texts.length === 0 || texts.some((text) => typeof text !== "string" || text.length < MIN_SECRET))
    throw new StorageOptionInvalid(`Expected \`signing.secret\` of at least ${MIN_SECRET} characters, each.`)
  return texts as unknown as readonly [string, ...string[]]
}

function checkBase(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "")
    throw new StorageOptionInvalid("Expected `signing.baseUrl` to be an http: or https: address without query.")
  return baseUrl.replace(/\/+$/, "")
}

/** As JSON, so that no two grants are the same text. */
function macOf(secret: string, { method, key, expires, download, contentType, maxBytes }: SignedGrant): Buffer {
  const parts = [PURPOSE, method, key, expires, download ?? null, contentType ?? null, maxBytes ?? null]
  return createHmac("sha256", secret).update(JSON.stringify(parts)).digest()
}

function readGrant(method: string, key: string, query: URLSearchParams): SignedGrant {
  const names = [...query.keys()]
  const isKnown = names.every((name) => (NAMES as readonly string[]).includes(name))
  if (!isKnown || new Set(names).size !== names.length)
    throw new StorageSignatureInvalid("The address has something in it that was not signed.")
  const granted = query.get("m") ?? ""
  // HEAD tells less than GET does.
  if ((granted !== "GET" && granted !== "PUT") || granted !== (method === "HEAD" ? "GET" : method))
    throw new StorageSignatureInvalid("The address is not signed, or not for this.")
  const maxBytes = query.get("b")
  return {
    method: granted,
    key,
    expires: wholeOf(query.get("e")),
    download: query.get("d") ?? undefined,
    contentType: query.get("t") ?? undefined,
    maxBytes: maxBytes === null ? undefined : wholeOf(maxBytes),
  }
}

function wholeOf(text: string | null): number {
  if (text === null || !/^\d{1,15}$/.test(text))
    throw new StorageSignatureInvalid("The address is not signed, or not for this.")
  return Number(text)
}
