import { CiphertextInvalid, KeyDestroyed, KeyExists, KeyNotFound, type Keys } from "@ashlar/crypto"
import { type FieldCipher, type FieldPlace, FieldUnreadable } from "@ashlar/documents"
import type { ProjectRooms } from "./project-rooms.ts"

/** The key of the encrypted fields of a project's documents, made with the first value. */
const DOCUMENTS_KEY = "ashlar.documents"

/** Encrypted fields by the project's own key. */
export function createFieldCipher(keys: Keys): FieldCipher {
  const seal = async (text: string, place: FieldPlace): Promise<string> =>
    Buffer.from(await keys.encrypt(DOCUMENTS_KEY, text, contextOf(place))).toString("base64")
  return {
    async seal(text, place) {
      try {
        return await seal(text, place)
      } catch (error) {
        if (!(error instanceof KeyNotFound)) throw error
        await keys.create({ name: DOCUMENTS_KEY }).catch((cause: unknown) => {
          if (!(cause instanceof KeyExists)) throw cause // made by another meanwhile
        })
        return await seal(text, place)
      }
    },
    async open(sealed, place) {
      try {
        return await keys.decryptText(DOCUMENTS_KEY, Buffer.from(sealed, "base64"), contextOf(place))
      } catch (error) {
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
