import type { KeyContext } from "../context.ts"
import { CiphertextInvalid } from "../errors.ts"
import type { KeyOperations } from "./keys.ts"

export interface SealedItem<Id> {
  readonly id: Id
  readonly sealed: Uint8Array
  readonly context: KeyContext
}

export interface RewrapProgress {
  readonly seen: number
  readonly rewrapped: number
  /** Changed by others meanwhile: look at them again. */
  readonly missed: number
  /** Those that do not open. They are left as they are. */
  readonly broken: number
}

export interface RewrapOptions<Id> {
  readonly items: AsyncIterable<SealedItem<Id>> | Iterable<SealedItem<Id>>
  /** Puts the new bytes in place of the old, and only of them. @returns false when they are not there any more. */
  readonly replace: (item: SealedItem<Id>, sealed: Uint8Array) => boolean | Promise<boolean>
  readonly onProgress?: (progress: RewrapProgress) => void
  readonly signal?: AbortSignal
}

/**
 * Puts everything under the key's current version, before older ones are refused. Each item is changed alone, by `replace`, so that it
 * may be stopped or killed anywhere and started again: what is done is passed over.
 *
 * @example
 * await rewrapAll(keys, "customers", {
 *   items: readRows(),
 *   replace: async ({ id, sealed }, fresh) => (await db.sql`update c set iban = ${fresh} where id = ${id} and iban = ${sealed}`.run()).changes === 1,
 * })
 */
export async function rewrapAll<Id>(
  keys: KeyOperations,
  name: string,
  { items, replace, onProgress, signal }: RewrapOptions<Id>,
): Promise<RewrapProgress> {
  const counts = { seen: 0, rewrapped: 0, missed: 0, broken: 0 }
  for await (const item of items) {
    signal?.throwIfAborted()
    counts.seen++
    try {
      if (await keys.isOld(name, item.sealed)) {
        const fresh = await keys.rewrap(name, item.sealed, item.context)
        if (await replace(item, fresh)) counts.rewrapped++
        else counts.missed++
      }
    } catch (error) {
      if (!(error instanceof CiphertextInvalid)) throw error
      counts.broken++
    }
    onProgress?.({ ...counts })
  }
  return { ...counts }
}
