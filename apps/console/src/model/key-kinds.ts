import type { KmsAlgorithm, KmsKey } from "@ashlar/sdk"

/** What each kind of key does, in words. */
export const keyKinds: readonly (readonly [KmsAlgorithm, string])[] = [
  ["AES-256-GCM", "Encrypts, with AES-256-GCM"],
  ["EdDSA", "Signs, with Ed25519"],
  ["ES256", "Signs, with ECDSA over P-256"],
  ["ES384", "Signs, with ECDSA over P-384"],
  ["PS256", "Signs, with RSA-PSS"],
  ["RS256", "Signs, with RSA of PKCS #1"],
  ["HS256", "Authenticates, with HMAC SHA-256"],
  ["HS384", "Authenticates, with HMAC SHA-384"],
  ["HS512", "Authenticates, with HMAC SHA-512"],
]

export function kindText(algorithm: KmsAlgorithm): string {
  return keyKinds.find(([one]) => one === algorithm)?.[1] ?? algorithm
}

/** Keys that the platform made for what it encrypts itself; what it is. */
export function platformUse({ name }: Pick<KmsKey, "name">): string | undefined {
  if (!name.startsWith("ashlar.")) return undefined
  return { "ashlar.secrets": "the secrets of this project", "ashlar.documents": "encrypted fields of documents" }[name]
}

/** How a key is, and how that looks. */
export const stateTags: Readonly<Record<KmsKey["state"], readonly [text: string, look: string]>> = {
  enabled: ["enabled", "tag ok"],
  disabled: ["disabled", "tag warn"],
  "pending-deletion": ["to be destroyed", "tag bad"],
  destroyed: ["destroyed", "tag"],
}
