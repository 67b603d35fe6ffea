import { AshlarError } from "@ashlar/core"
import { CiphertextInvalid, KeyDestroyed, KeyExists, KeyNotFound, type Keys } from "@ashlar/crypto"
import { type FieldCipher, type FieldPlace, FieldUnreadable } from "@ashlar/documents"
import type { FieldUse } from "@ashlar/kms"
import type { ProjectRooms } from "./project-rooms.ts"

/** The key of the encrypted fields of a project's documents, made with the first value. */
const DOCUMENTS_KEY = "ashlar.documents"

/**
 * Encrypted fields by the project's own key.
 * @param onUse Is told of each value that was sealed or opened, and of each that was not.
 */
export function createFieldCipher(keys: Keys, onUse: (use: FieldUse) => void): FieldCipher {
  const used = (action: FieldUse["action"], { collection }: FieldPlace, error?: unknown): void =>
    onUse({ action, key: DOCUMENTS_KEY, collection, ...(error instanceof AshlarError && { refused: error.code }) })
  const seal = async (text: string, place: FieldPlace): Promise<string> => {
    const sealed = await keys.encrypt(DOCUMENTS_KEY, text, contextOf(place))
    used("encrypt", place)
    return Buffer.from(sealed).toString("base64")
  }
  return {
    async seal(text, place) {
      try {
        return await seal(text, place)
      } catch (error) {
        if (!(error instanceof KeyNotFound)) {
          used("encrypt", place, error)
          throw error
        }
        await keys.create({ name: DOCUMENTS_KEY }).catch((cause: unknown) => {
          if (!(cause instanceof KeyExists)) throw cause // made by another meanwhile
        })
        return await seal(text, place)
      }
    },
    async open(sealed, place) {
      try {
        const text = await keys.decryptText(DOCUMENTS_KEY, Buffer.from(sealed, "base64"), contextOf(place))
        used("decrypt", place)
        return text
      } catch (error) {
        used("decrypt", place, error)
        if (error instanceof KeyDestroyed) return undefined
        if (error instanceof CiphertextInvalid || error instanceof KeyNotFound)
          throw new FieldUnreadable(undefined, { cause: error })
        throw error
      }
    },
    isOld: (sealed) => keys.isOld(DOCUMENTS_KEY, Buffer.from(sealed, "base64")),
  }
}

/** Seals the encrypted fields of a project by the current version of their key. @returns how many documents were changed */
export function rewrapDocuments(rooms: () => ProjectRooms): (projectId: string, key: string) => Promise<number> {
  return async (projectId, key) =>
    key === DOCUMENTS_KEY ? await (await rooms().open(projectId)).documents.rewrap() : 0
}

function contextOf({ collection, id, path }: FieldPlace): Readonly<Record<string, string>> {
  return { purpose: "document field", collection, id, path }
}
