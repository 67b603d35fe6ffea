import { createHash } from "node:crypto"
import type { Index } from "../../indexes.ts"
import { idDirection } from "../../sort.ts"
import { keySql } from "./key.ts"

/** The table of a collection. A collection's name has no colon and no slash, so no two of these names meet. */
export function tableName(collection: string): string {
  return `documents:${collection}`
}

/**
 * The index, or the table of members, of a declared index. It holds a hash of the columns' SQL: when the key expression changes
 * with a release, the old index has another name and is rebuilt.
 */
export function indexName(collection: string, index: Index): string {
  const made = createHash("sha256")
    .update(`${index.kind} ${columnsSql(index)}`)
    .digest("hex")
    .slice(0, 16)
  return `${tableName(collection)}/${made}`
}

/** The columns of an index, always with the id last so that ties are in order too. */
export function columnsSql({ fields }: Index): string {
  return [...fields.map(({ path, direction }) => `${keySql(path)} ${direction}`), `id ${idDirection(fields)}`].join(
    ", ",
  )
}

/** Changes when keys are made or compared in another way: cursors of before are refused. */
export const keyVersion: string = createHash("sha256")
  .update(keySql(["a", "b"]))
  .digest("hex")
  .slice(0, 8)
