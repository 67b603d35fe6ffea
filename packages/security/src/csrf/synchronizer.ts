import { createHash, randomBytes } from "node:crypto"
import type { AnyLayer, BaseContext, ProvidedBy } from "@ashlar/http"
import { CsrfInvalid } from "../errors.ts"
import { type CsrfTokens, carriedToken, type TokenPlace } from "./csrf-tokens.ts"
import { isMasked, mask } from "./mask.ts"

export interface SynchronizerOptions<N extends readonly AnyLayer[] = readonly []> extends TokenPlace {
  /** Layers that must run before, whose fields `secret` sees. */
  readonly needs?: N
  /**
   * The secret that the session keeps: what {@link csrfSecret} made when it began. `undefined` where there is no session: then every
   * request that needs a token is refused.
   * @example secret: (ctx) => ctx.session?.csrf
   */
  readonly secret: (ctx: BaseContext & ProvidedBy<N>) => string | undefined
}

const MIN_SECRET = 22

/** A new secret for a session: 256 random bits. */
export function csrfSecret(): string {
  return randomBytes(32).toString("base64url")
}

/**
 * Tokens whose secret the session keeps on the server.
 * @example
 * const tokens = synchronizer({ needs: [sessions], secret: (ctx) => ctx.session?.csrf })
 */
export function synchronizer<const N extends readonly AnyLayer[] = readonly []>(
  options: SynchronizerOptions<N>,
): CsrfTokens<N> {
  const { needs, secret } = options
  const heldBy = (ctx: BaseContext & ProvidedBy<N>): Uint8Array | undefined => {
    const text = secret(ctx)
    if (text === undefined) return undefined
    if (text.length < MIN_SECRET)
      throw new CsrfInvalid(`Expected a secret of ${MIN_SECRET} characters or more. Make it with csrfSecret().`)
    return createHash("sha256").update(text).digest()
  }
  return {
    ...(needs !== undefined && { needs }),
    of(ctx) {
      const held = heldBy(ctx)
      if (held === undefined)
        throw new CsrfInvalid("Expected a session with a secret where a token is asked for, got none.")
      return mask(held)
    },
    async verify(ctx) {
      const held = heldBy(ctx)
      const token = held && (await carriedToken(ctx, options))
      return held !== undefined && token !== undefined && isMasked(token, held)
    },
  }
}
