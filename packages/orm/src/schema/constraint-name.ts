import { createHash } from "node:crypto"

const MAX_BYTES = 63

/** What indexes, keys and checks are named when nobody names them: `posts_user_id_foreign`. Too long ones end in a hash of the whole. */
export function constraintName(table: string, columns: readonly string[], kind: string): string {
  const name = [table, ...columns, kind].join("_")
  if (Buffer.byteLength(name) <= MAX_BYTES) return name
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8)
  let start = name
  while (Buffer.byteLength(start) > MAX_BYTES - kind.length - 10) start = start.slice(0, -1)
  return `${start.toWellFormed().replaceAll("\ufffd", "")}_${hash}_${kind}`
}
