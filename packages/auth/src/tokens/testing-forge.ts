import { createHmac, createSign } from "node:crypto"

/** Writes tokens by hand, as attackers do: any header, any payload, any signature. For tests. */
export interface Forgery {
  readonly header: string | object
  readonly payload: string | object
  /** Default: nothing that is one. */
  readonly sign?: (input: string) => Buffer
}

export function forge({ header, payload, sign = () => Buffer.from("no signature") }: Forgery): string {
  const part = (value: string | object) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")
  const input = `${part(header)}.${part(payload)}`
  return `${input}.${sign(input).toString("base64url")}`
}

export const hmac =
  (secret: string | Uint8Array, hash = "sha256"): ((input: string) => Buffer) =>
  (input: string) =>
    createHmac(hash, secret).update(input).digest()

export const rsa =
  (pem: string, hash = "RSA-SHA256"): ((input: string) => Buffer) =>
  (input: string) =>
    createSign(hash).update(input).sign(pem)
