import type { KeyContext } from "../context.ts"
import { KeyDestroyed, KeyDisabled, KeyUseRefused, VersionRefused } from "../errors.ts"
import type { KeyGrant, KeyRecord, KeyUse } from "./key.ts"

export interface Wish {
  readonly use: KeyUse
  /** Null for the program itself. */
  readonly caller: string | null
  readonly context?: KeyContext
  readonly nowMs: number
}

/**
 * Whether a key may be used so. What does not exist for a caller and what they may not do look alike to those without any grant.
 * @throws {CRYPTO_KEY_DISABLED} {CRYPTO_KEY_DESTROYED} {CRYPTO_KEY_USE_REFUSED}
 */
export function checkUse(record: KeyRecord, wish: Wish): void {
  if (wish.caller !== null && !record.grants.some((grant) => isGranted(grant, wish))) throw new KeyUseRefused()
  if (record.state === "destroyed" || (record.deletesAtMs !== null && record.deletesAtMs <= wish.nowMs))
    throw new KeyDestroyed()
  if (record.state !== "enabled") throw new KeyDisabled()
  if (!record.uses.includes(wish.use)) throw new KeyUseRefused()
}

function isGranted(grant: KeyGrant, { use, caller, context, nowMs }: Wish): boolean {
  if (grant.grantee !== caller || !grant.uses.includes(use)) return false
  if (grant.expiresAtMs !== undefined && grant.expiresAtMs <= nowMs) return false
  return Object.entries(grant.context ?? {}).every(
    ([name, value]) => context !== undefined && Object.hasOwn(context, name) && context[name] === value,
  )
}

/** @throws {CRYPTO_VERSION_REFUSED} {CRYPTO_KEY_DESTROYED} */
export function checkVersion(record: KeyRecord, version: number): void {
  const found = record.versions.find((one) => one.version === version)
  if (found === undefined) throw new VersionRefused("The key has no such version.")
  if (version < record.minimum) throw new VersionRefused(`Versions below ${record.minimum} of this key are refused.`)
  if (found.material === null) throw new KeyDestroyed("This version of the key was destroyed.")
}
