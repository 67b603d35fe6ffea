/** How a token may be signed. Never `none`. The words of RFC 7518, RFC 8037 and RFC 9864. */
export type JwtAlgorithm =
  | "EdDSA"
  | "Ed25519"
  | "ES256"
  | "ES384"
  | "ES512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "RS256"
  | "RS384"
  | "RS512"
  | "HS256"
  | "HS384"
  | "HS512"

/** What kind of key each algorithm takes, and of a secret how many bytes at least (RFC 7518, section 3.2). */
export const ALGORITHMS: Readonly<Record<JwtAlgorithm, { readonly kty: string; readonly secretBytes?: number }>> = {
  EdDSA: { kty: "OKP" },
  Ed25519: { kty: "OKP" },
  ES256: { kty: "EC" },
  ES384: { kty: "EC" },
  ES512: { kty: "EC" },
  PS256: { kty: "RSA" },
  PS384: { kty: "RSA" },
  PS512: { kty: "RSA" },
  RS256: { kty: "RSA" },
  RS384: { kty: "RSA" },
  RS512: { kty: "RSA" },
  HS256: { kty: "oct", secretBytes: 32 },
  HS384: { kty: "oct", secretBytes: 48 },
  HS512: { kty: "oct", secretBytes: 64 },
}

export function isAlgorithm(name: unknown): name is JwtAlgorithm {
  return typeof name === "string" && Object.hasOwn(ALGORITHMS, name)
}
