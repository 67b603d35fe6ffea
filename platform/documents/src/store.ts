import { type Clock, type IdSource, Internal } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { collectionNotFound, type DocumentCollection, isCollectionName } from "./collection.ts"
import type { Collections } from "./collections.ts"
import { SqliteCollection } from "./dialects/sqlite/collection.ts"
import { SqliteCollections } from "./dialects/sqlite/collections.ts"
import { Reader } from "./dialects/sqlite/reader.ts"
import { rewrapFields } from "./dialects/sqlite/rewrap.ts"
import { rulebookOf } from "./dialects/sqlite/rulebook.ts"
import { encryptCollection } from "./encrypted-collection.ts"
import type { FieldCipher } from "./encrypted-fields.ts"
import type { Filter } from "./filter.ts"
import { guardCollection } from "./guarded-collection.ts"
import { defaultLimits, type StoreLimits } from "./limits.ts"
import { type Action, checkAllowed, isAllowed, type RuleCaller, userRuleOf } from "./rules.ts"
import { filterFor } from "./user-rule.ts"

/** What a caller who was let in may do besides. */
export interface Admission {
  /** Whether the caller may also create documents: to replace one that is not there creates it. */
  readonly mayCreate: boolean
  /** The collection as far as this caller reaches it, for this action. */
  readonly collection: DocumentCollection
}

/** The documents of one project. */
export interface DocumentStore {
  readonly collections: Collections

  /** @throws {DOCUMENTS_COLLECTION_NOT_FOUND} for what cannot be a name; else the first method called throws it. */
  collection(name: string): DocumentCollection

  /**
   * Lets a caller in, or refuses what the rules of the collection do not allow. For every request: the rules are in memory, and those
   * of the latest acknowledged change.
   *
   * @throws {DOCUMENTS_FORBIDDEN} naming the rule to change. @throws {DOCUMENTS_COLLECTION_NOT_FOUND}
   */
  admit(collection: string, action: Action, caller: RuleCaller): Admission

  /**
   * Rebuilds indexes whose keys an earlier release made in another way; to be called once after the file was opened. Without it
   * answers stay right, but come without those indexes.
   *
   * @returns the names of the collections that were changed
   */
  upgrade(): Promise<readonly string[]>

  /** Seals encrypted fields by the current version of their key. @returns how many documents were changed */
  rewrap(): Promise<number>
}

export interface DocumentsOptions {
  /** The project's file, opened with `documentsFeature`. The caller closes it. */
  readonly file: SqliteFile
  readonly clock: Clock
  /** Makes the ids of new documents; the order without a sort is theirs. */
  readonly ids: IdSource
  /** Signs cursors; at least 16 bytes. Another key makes the cursors of before invalid, and nothing else. */
  readonly cursorKey: Uint8Array
  readonly limits?: Partial<StoreLimits>
  /** Seals encrypted fields. Without it collections that have some cannot be written or read. */
  readonly cipher?: FieldCipher
}

/**
 * The documents in a project's file.
 *
 * @example
 * const file = await sqlite.open(path, { kind: "project", features: [documentsFeature] })
 * const store = openDocuments({ file, clock: systemClock, ids: uuidv7, cursorKey })
 * await store.collections.create({ name: "countries", rules: { read: "public" }, indexes: ["region"] })
 * await store.collection("countries").insert({ name: "Chad", region: "Africa" })
 */
export function openDocuments({ file, clock, ids, cursorKey, limits, cipher }: DocumentsOptions): DocumentStore {
  if (cursorKey.length < 16) throw new Internal(`Expected a cursorKey of at least 16 bytes, got ${cursorKey.length}.`)
  const reader = new Reader(file)
  const rulebook = rulebookOf(file)
  const shared = { file, reader, clock, ids, cursorKey, limits: { ...defaultLimits, ...limits } }
  return {
    collections: new SqliteCollections(file, clock),
    collection(name) {
      if (!isCollectionName(name)) throw collectionNotFound(name)
      const plain = new SqliteCollection({ ...shared, name })
      return encryptCollection(plain, {
        ...{ cipher, ids, maxDocumentBytes: shared.limits.maxDocumentBytes },
        encrypted: () => rulebook.encryptedOf(name),
        insertAs: (documents) => plain.insertAs(documents),
      })
    },
    admit(collection, action, caller) {
      const rules = rulebook.rulesOf(collection)
      checkAllowed(collection, rules, { action, caller })
      const mayCreate = isAllowed(rules, "create", caller)
      const whole = this.collection(collection)
      if (typeof caller === "string") return { mayCreate, collection: whole }
      const reached = (of: Action): Filter | undefined => {
        const rule = userRuleOf(rules, of, caller)
        return rule && filterFor(rule, caller.user)
      }
      const guard = {
        action,
        held: reached(action),
        created: reached("create"),
        maxDocumentBytes: shared.limits.maxDocumentBytes,
      }
      return { mayCreate, collection: guardCollection(whole, guard) }
    },
    upgrade: () => file.call("documents.upgrade", {}),
    rewrap: async () => (cipher === undefined ? 0 : await rewrapFields(file, cipher)),
  }
}
