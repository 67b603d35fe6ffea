import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { InvalidCursor, InvalidInput } from "./errors.ts"

const NONCE_BYTES = 12
const TAG_BYTES = 16
const MAX_CURSOR_CHARACTERS = 128
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

export interface PageRequest {
  /** 1 to 1000. Default 50. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly cursor?: string
}

export interface Page<T> {
  readonly items: readonly T[]
  /** The cursor of the next page, or null on the last. */
  readonly next: string | null
}

/** A row that a list can go on from. */
interface Positioned {
  readonly n: number
}

/** Cuts lists into pages. */
export interface Pager {
  /**
   * One page of the list called `list`, newest first. `read` gives up to `limit` rows with `n` below `before`, in
   * descending order of `n`.
   *
   * @throws {CONTROL_INVALID_CURSOR} when the cursor was not given out for this very list
   * @throws {CONTROL_INVALID_INPUT} when `limit` is out of bounds
   */
  cut<Row extends Positioned, T>(
    list: string,
    page: PageRequest,
    read: (before: number, limit: number) => readonly Row[],
    toItem: (row: Row) => T,
  ): Page<T>
}

/**
 * Cursors are encrypted row numbers: row numbers count over all projects, so in clear they would tell what others do.
 *
 * @param cursorKey 32 bytes
 */
export function createPager(cursorKey: Uint8Array): Pager {
  return {
    cut(list, { limit = DEFAULT_LIMIT, cursor }, read, toItem) {
      if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
        throw new InvalidInput(`Expected \`limit\` to be a whole number from 1 to ${MAX_LIMIT}, got ${limit}.`, {
          details: { field: "limit" },
        })
      }
      const before = cursor === undefined ? Number.MAX_SAFE_INTEGER : open(cursorKey, cursor, list)
      // One row more than asked for tells whether there is a next page.
      const rows = read(before, limit + 1)
      const last = rows.length > limit ? rows[limit - 1] : undefined
      return { items: rows.slice(0, limit).map(toItem), next: last ? seal(cursorKey, last.n, list) : null }
    },
  }
}

function seal(key: Uint8Array, n: number, list: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.from(list))
  const body = Buffer.concat([cipher.update(String(n)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url")
}

function open(key: Uint8Array, cursor: string, list: string): number {
  const bytes = Buffer.from(cursor.slice(0, MAX_CURSOR_CHARACTERS), "base64url")
  if (bytes.byteLength <= NONCE_BYTES + TAG_BYTES) throw new InvalidCursor()
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(list))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    const body = bytes.subarray(NONCE_BYTES + TAG_BYTES)
    return Number(Buffer.concat([decipher.update(body), decipher.final()]).toString())
  } catch (cause) {
    throw new InvalidCursor(undefined, { cause })
  }
}
