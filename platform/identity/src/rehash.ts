import type { SqliteFile } from "@ashlar/sqlite"
import type { PasswordHasher } from "./passwords.ts"

/**
 * The password is here in clear only now: the chance to keep it under today's parameters. Guarded by the old hash, so that a password
 * that was changed meanwhile is left alone.
 *
 * @param known Whose password it is, and by which hash it was found right.
 * @returns what is kept of it now, by whoever signed in at once as well; `known.hash` when it is another one's by now
 */
export async function rehash(
  { file, passwords }: { readonly file: SqliteFile; readonly passwords: PasswordHasher },
  known: { readonly id: string; readonly hash: string; readonly password: string },
): Promise<string> {
  const { id, hash, password } = known
  if (!passwords.isOutdated(hash)) return hash
  const next = await passwords.hash(password)
  const sql = "UPDATE identity_accounts SET password_hash = ? WHERE id = ? AND password_hash = ?"
  const [written] = await file.write([{ sql, params: [next, id, hash] }])
  if (written?.changes === 1) return next
  const row = file.get<{ kept: string }>("SELECT password_hash AS kept FROM identity_accounts WHERE id = ?", [id])
  return row !== undefined && (await passwords.verify(password, row.kept)) ? row.kept : hash
}
