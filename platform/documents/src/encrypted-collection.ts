import type { IdSource } from "@ashlar/core"
import type { DocumentCollection } from "./collection.ts"
import { type Document, toStoredDocument } from "./document.ts"
import { checkFilter, checkQuery, type FieldCipher, mapReached, mapUpdate } from "./encrypted-fields.ts"
import { FieldUnreadable } from "./errors.ts"
import { type Path, pathText } from "./path.ts"
import type { JsonObject } from "./value.ts"

export interface Encryption {
  readonly cipher: FieldCipher | undefined
  /** The encrypted fields of the collection, which are those it was made with. */
  readonly encrypted: () => readonly Path[]
  readonly ids: IdSource
  readonly maxDocumentBytes: number
  /** Stores new documents under ids that are given, all or none. */
  readonly insertAs: (
    documents: readonly { readonly id: string; readonly data: unknown }[],
  ) => Promise<readonly Document[]>
}

/** A collection whose encrypted fields are stored sealed, and read in clear. Below it nothing has them in clear, nor has the file. */
export function encryptCollection(inner: DocumentCollection, encryption: Encryption): DocumentCollection {
  const { cipher, encrypted, ids, maxDocumentBytes, insertAs } = encryption
  const { name } = inner
  const place = (id: string, path: Path) => ({ collection: name, id, path: pathText(path) })
  const need = (): FieldCipher => {
    if (cipher === undefined) throw new FieldUnreadable("This store was opened without keys for encrypted fields.")
    return cipher
  }

  const seal = async (id: string, data: unknown): Promise<JsonObject> => {
    const { value } = toStoredDocument(data, { maxDocumentBytes })
    const sealed = await mapReached(value, encrypted(), (reached, path) =>
      need().seal(JSON.stringify(reached), place(id, path)),
    )
    return sealed as JsonObject
  }
  const open = async (document: Document): Promise<Document> => {
    const data = await mapReached(document.data, encrypted(), async (reached, path) => {
      if (typeof reached !== "string") throw new FieldUnreadable()
      const text = await need().open(reached, place(document.id, path))
      return text === undefined ? null : JSON.parse(text)
    })
    return { ...document, data: data as JsonObject }
  }

  return {
    name,
    async insert(data) {
      if (encrypted().length === 0) return await inner.insert(data)
      return (await this.insertMany([data]))[0]!
    },
    async insertMany(data) {
      if (encrypted().length === 0) return await inner.insertMany(data)
      const sealed: { id: string; data: JsonObject }[] = []
      for (const each of data) {
        const id = ids()
        sealed.push({ id, data: await seal(id, each) })
      }
      const made = await insertAs(sealed)
      return await Promise.all(made.map(open))
    },
    async get(id) {
      const found = await inner.get(id)
      return found === undefined || encrypted().length === 0 ? found : await open(found)
    },
    async replace(id, data, precondition) {
      if (encrypted().length === 0) return await inner.replace(id, data, precondition)
      return await open(await inner.replace(id, await seal(id, data), precondition))
    },
    async patch(id, update, precondition) {
      if (encrypted().length === 0) return await inner.patch(id, update, precondition)
      const sealed = await mapUpdate(update, encrypted(), (value, path) =>
        need().seal(JSON.stringify(value), place(id, path)),
      )
      return await open(await inner.patch(id, sealed, precondition))
    },
    delete: (id, precondition) => inner.delete(id, precondition),
    async query(query) {
      const fields = encrypted()
      if (fields.length === 0) return await inner.query(query)
      checkQuery(query, fields)
      const page = await inner.query(query)
      return { ...page, items: await Promise.all(page.items.map(open)) }
    },
    async explain(query) {
      checkQuery(query, encrypted())
      return await inner.explain(query)
    },
    async count(where) {
      if (where !== undefined) checkFilter(where, encrypted())
      return await inner.count(where)
    },
  }
}
