import type { Clock } from "@ashlar/core"
import { EncryptJWT, errors, type JWTPayload, jwtDecrypt } from "jose"
import type { KeyRing } from "../keys/key-ring.ts"
import { Refusal } from "../wire/refusal.ts"

/** What a page of the server goes on with. One kind cannot pass for another. */
export type TransactionKind = "authorize" | "login" | "consent" | "device" | "device-consent" | "logout" | "nonce"

const MAX_LENGTH = 12_288

/** What a browser carries from page to page, sealed: nothing of it can be read or changed there, and nothing is kept here. */
export class Transactions {
  readonly #keys: KeyRing
  readonly #clock: Clock
  readonly #issuer: string

  constructor(keys: KeyRing, clock: Clock, issuer: string) {
    this.#keys = keys
    this.#clock = clock
    this.#issuer = issuer
  }

  async seal(kind: TransactionKind, data: object, seconds: number): Promise<string> {
    const { key, kid } = await this.#keys.own("A256GCM")
    const nowSeconds = Math.floor(this.#clock.now() / 1000)
    return await new EncryptJWT({ data })
      .setProtectedHeader({ alg: "dir", enc: "A256GCM", kid, typ: `ashlar-${kind}` })
      .setIssuer(this.#issuer)
      .setExpirationTime(nowSeconds + seconds)
      .encrypt(key)
  }
  /** @returns what was sealed, or undefined where it is over, of another kind, or not of this server. */
  async open<T>(kind: TransactionKind, sealed: string | undefined): Promise<T | undefined> {
    if (sealed === undefined || sealed.length > MAX_LENGTH) return undefined
    try {
      const { payload } = await jwtDecrypt<JWTPayload>(
        sealed,
        async ({ kid }) => {
          const secret = await this.#keys.secret(kid)
          if (secret === undefined) throw new errors.JWEInvalid()
          return secret
        },
        {
          issuer: this.#issuer,
          typ: `ashlar-${kind}`,
          requiredClaims: ["exp"],
          keyManagementAlgorithms: ["dir"],
          contentEncryptionAlgorithms: ["A256GCM"],
          currentDate: new Date(this.#clock.now()),
        },
      )
      return payload.data as T
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined
      throw error
    }
  }
  /** @throws {OAUTH_REFUSED} `invalid_request` */
  async require<T>(kind: TransactionKind, sealed: string | undefined): Promise<T> {
    const data = await this.open<T>(kind, sealed)
    if (data === undefined)
      throw new Refusal("invalid_request", "This page is too old, or of another browser. Begin again.")
    return data
  }
}
