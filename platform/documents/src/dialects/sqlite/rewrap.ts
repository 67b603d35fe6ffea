import type { SqliteFile } from "@ashlar/sqlite"
import { type FieldCipher, mapReached } from "../../encrypted-fields.ts"
import { type Path, pathText } from "../../path.ts"
import type { JsonObject } from "../../value.ts"
import { type CollectionRow, listCollectionsSql, toCollection } from "./catalogue.ts"
import { nameSql } from "./key.ts"
import { tableName } from "./names.ts"

const PAGE = 100

/**
 * Seals what older versions of the key sealed by the current one. Documents stay at their revision, for they say the same. One at a time,
 * and only what nobody changed meanwhile: it may be stopped or killed anywhere and run again.
 *
 * @returns how many documents were changed
 */
export async function rewrapFields(file: SqliteFile, cipher: FieldCipher): Promise<number> {
  let changed = 0
  for (let after = ""; ; ) {
    const [row] = file.all<CollectionRow>(listCollectionsSql, [after, 1])
    if (row === undefined) return changed
    const { name, encrypted = [] } = toCollection(row)
    if (encrypted.length > 0) changed += await rewrapCollection(file, cipher, { name, encrypted })
    after = name
  }
}

async function rewrapCollection(
  file: SqliteFile,
  cipher: FieldCipher,
  { name, encrypted }: { readonly name: string; readonly encrypted: readonly Path[] },
): Promise<number> {
  const table = nameSql(tableName(name))
  const sql = `SELECT n, id, doc FROM ${table} WHERE n > ? ORDER BY n LIMIT ${PAGE}`
  let changed = 0
  for (let after = 0; ; ) {
    const rows = file.all<{ n: number; id: string; doc: string }>(sql, [after])
    for (const { n, id, doc } of rows) {
      after = n
      const data: JsonObject = JSON.parse(doc)
      const fresh = await mapReached(data, encrypted, async (sealed, path) => {
        if (typeof sealed !== "string" || !(await cipher.isOld(sealed))) return sealed
        const place = { collection: name, id, path: pathText(path) }
        const text = await cipher.open(sealed, place)
        return text === undefined ? sealed : await cipher.seal(text, place)
      })
      const text = JSON.stringify(fresh)
      if (text === doc) continue
      const update = `UPDATE ${table} SET doc=? WHERE n=? AND doc=?`
      const [written] = await file.write([{ sql: update, params: [text, n, doc] }])
      changed += written?.changes ?? 0
    }
    if (rows.length < PAGE) return changed
  }
}
