import { basename } from "node:path"
import type { Connection } from "../connection.ts"
import { SqliteSettings } from "../errors.ts"
import type { Synchronous } from "../protocol.ts"

/**
 * Sets what durability and bounded files need, and reads each value back: a pragma that SQLite does not take is
 * silently ignored by it, and a file made elsewhere keeps its own page size.
 *
 * - `synchronous=FULL` syncs the log at every commit; NORMAL loses acknowledged writes at a power loss.
 * - `journal_size_limit` cuts the log back after a long reader let it grow.
 * - `analysis_limit` bounds ANALYZE to about so many rows of each index: the other writes of the group wait for it.
 *
 * @throws {SQLITE_SETTINGS} naming the pragma, the value wanted and the value found
 * @see https://www.sqlite.org/pragma.html
 */
export function applySettings(connection: Connection, synchronous: Synchronous): void {
  const settings: readonly (readonly [pragma: string, value: number | string])[] = [
    ["busy_timeout", 5000],
    ["page_size", 4096],
    ["journal_mode", "wal"],
    ["synchronous", synchronous === "FULL" ? 2 : 1],
    ["wal_autocheckpoint", 1000],
    ["journal_size_limit", 64 * 1024 * 1024],
    ["cache_size", -2000],
    ["mmap_size", 0],
    ["foreign_keys", 1],
    ["analysis_limit", 1000],
  ]
  for (const [pragma, value] of settings) {
    connection.controlValue(`PRAGMA ${pragma} = ${value}`)
    const found = connection.controlValue(`PRAGMA ${pragma}`)
    // Where SQLite was built without memory mapping, mmap_size answers no row at all.
    if (found === value || (pragma === "mmap_size" && found === null)) continue
    throw new SqliteSettings(
      `Expected ${pragma} = ${value} in "${basename(connection.path)}", got ${found}. Import its data into a new file.`,
    )
  }
}
