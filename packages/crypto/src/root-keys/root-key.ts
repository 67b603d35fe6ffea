import type { KeyContext } from "../context.ts"

/**
 * What every other key hangs on. It wraps keys, and never shows itself: a `file:` or `env:` key is in this process's memory, the others
 * stay in the module or service that has them.
 *
 * A driver MUST authenticate the context, MUST give another wrapping each time, MUST refuse what was changed by one bit with
 * `CRYPTO_UNWRAP_FAILED`, and MUST NOT put a key, a login or what a service said into a message.
 */
export interface RootKey {
  /** Which root it is, for those who changed it: kept beside what it wrapped. Says nothing of the key. */
  readonly id: string
  /** @param key 1 to 3,072 bytes. @throws {CRYPTO_ROOT_KEY_UNAVAILABLE} {CRYPTO_ROOT_KEY_REFUSED} {CRYPTO_CONTEXT_INVALID} */
  wrap(key: Uint8Array, context: KeyContext): Promise<Uint8Array>
  /**
   * The bytes are the caller's own: overwrite them after use.
   * @throws {CRYPTO_UNWRAP_FAILED} {CRYPTO_ROOT_KEY_UNAVAILABLE} {CRYPTO_ROOT_KEY_REFUSED} {CRYPTO_CONTEXT_INVALID}
   */
  unwrap(wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array>
  /** Overwrites what is in memory, and ends sessions. */
  close(): Promise<void>
}

/** What a root key wraps at most: an RSA key of 4,096 bits has less, and AWS takes 4,096 bytes. */
export const MAX_WRAPPED_KEY_BYTES = 3_072
