import { createHash } from "node:crypto"
import type { AnyLayer, BaseContext, ProvidedBy } from "@ashlar/http"
import { LimitInvalid } from "../errors.ts"
import { clientOf } from "./client-address.ts"

/** Who is counted as one. */
export interface KeyOptions<N extends readonly AnyLayer[] = readonly []> {
  /** Layers that must run before, whose fields the functions see. */
  readonly needs?: N
  /**
   * Who is counted as one: a user, an API key, a tenant. `undefined` is whoever has the address. Default: the address, as `trustedProxies`
   * tell it. What it gives is hashed before it is kept.
   * @example by: (ctx) => ctx.user?.id
   */
  readonly by?: (ctx: BaseContext & ProvidedBy<N>) => string | undefined
  /** Count each route apart. Default: all that the layer covers together. */
  readonly perRoute?: boolean
  /** Of an IPv6 address, the bits that are one client's network: 32 to 128. Default: 64. */
  readonly ipv6Bits?: number
}

/** @throws {SECURITY_LIMIT_INVALID} */
export function checkKeyOptions({ ipv6Bits = 64 }: Pick<KeyOptions, "ipv6Bits">): void {
  if (!Number.isInteger(ipv6Bits) || ipv6Bits < 32 || ipv6Bits > 128)
    throw new LimitInvalid(`Expected ipv6Bits to be an integer from 32 to 128, got ${ipv6Bits}.`)
}

/** The key of whoever asks. Of users, addresses and routes none can be taken for another's. */
export function keyOf(ctx: BaseContext, { by, perRoute, ipv6Bits }: KeyOptions<readonly AnyLayer[]>): string {
  const whose = by?.(ctx as never)
  const client = whose === undefined ? `a:${clientOf(ctx.address, ipv6Bits)}` : `k:${hash(whose)}`
  return perRoute === true ? `${client}:${hash(`${ctx.route.method} ${ctx.route.path}`)}` : client
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url")
}
